"""What a tick of the sensor costs where there are many tiles and much is new.

Run: ``python -m benchmarks.sensor_scale [--json] [--tiles 10000] [--items 20000]``.

A STAC API in a process of its own serves the items in pages of 200, without assets as the sensor
asks for them. The project has all tiles, none is mapped, all are registered. Two ticks of
``new_scenes`` in a fresh process: one with everything new, and one with nothing new (which reads
the overlap again). ``tick_s`` is the longer of the two, loading the project file included; it
should stay below 30 s.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

from benchmarks.measuring import alone
from benchmarks.sensor_scale.api import serve
from benchmarks.sensor_scale.ticks import run_ticks
from lulc_assets.core.errors import InvalidTileKey
from lulc_assets.core.tile_keys import validate_tile

MOST_S = 30.0
_BANDS, _COLUMNS, _ROWS = "KLMNPQRSTU", "ABCDEFGHJKLMNPQRSTUVWXYZ", "ABCDEFGHJKLMNPQRSTUV"
_PROJECT = """
name = "scale"
years = [2024]
store = "store"
[catalog]
location = "{url}"
collection = "sentinel-2-l2a"
allow_private = true
[watch]
first_days = 3000
most_runs = 1000000
[labels]
path = "labels.gpkg"
[training]
tiles = ["{tile}"]
years = [2024]
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--tiles", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    tiles = list(islice(tiles_of_earth(), chosen.tiles))
    with tempfile.TemporaryDirectory(prefix="scale-") as name, _api(tiles, chosen.items) as api:
        url, counted = api
        file = Path(name) / "project.toml"
        sections = "".join(f"[tiles.{tile}]\n" for tile in tiles)
        file.write_text(_PROJECT.format(url=url, tile=tiles[0]) + sections)
        found, peak_mb = alone(run_ticks, file, tiles)
        figures = {
            "tiles": len(tiles),
            "items": chosen.items,
            "tick_s": max(found["new_s"], found["nothing_new_s"]),
            **found,
            "requests": counted.value,
            "peak_mb": peak_mb,
        }
    if chosen.json:
        print(json.dumps(figures, indent=2))
        return
    for key, value in figures.items():
        print(f"{key:16} {value:,.1f}" if isinstance(value, float) else f"{key:16} {value:,}")


def tiles_of_earth() -> Iterator[str]:
    """Squares that exist, zone by zone."""
    for zone, band, column, row in product(range(1, 61), _BANDS, _COLUMNS, _ROWS):
        try:
            yield validate_tile(f"{zone:02d}{band}{column}{row}")
        except InvalidTileKey:
            continue


@contextmanager
def _api(tiles: list[str], items: int) -> Iterator[tuple[str, Any]]:
    """The API in a process of its own: its address, and the number of requests that it had."""
    fresh = multiprocessing.get_context("spawn")
    port, counted = fresh.Value("i", 0), fresh.Value("i", 0)
    ready = fresh.Event()
    stamp = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    process = fresh.Process(target=serve, args=(tiles, items, stamp, port, counted, ready))
    process.start()
    try:
        ready.wait(120)
        yield f"http://127.0.0.1:{port.value}", counted
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    main()
