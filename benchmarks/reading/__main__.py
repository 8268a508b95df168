"""How fast a scene is read: six bands and SCL to reflectance, local and over loopback HTTP.

Run: ``python -m benchmarks.reading [--size 5490] [--repeats 3]``.

The scene is a simulated one (a landscape of 1098 pixels a side, repeated to the size asked
for), in COGs as the demo writes them. Compared, on the same windows:

* ours: ``SceneReader.read`` – decode, 20 m bands to 10 m, validity, offset, scale, clip;
* limit: plain ``rasterio.read`` of the same windows of the same seven files, decode only,
  with one thread and with as many threads as ours;
* peer: ``odc.stac.load`` of the seven assets onto the same grid (bilinear, SCL by nearest),
  which gives digital numbers, not reflectance.

Over HTTP the files come from nginx (system package ``nginx-light``); the limit is then
GDAL's own client. The best of the repeats counts; the first pass warms the page cache and
is not measured. MB are those of the files, Mpx pixels of the 10 m grid.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pystac

from benchmarks.limits.reading import BLOCK_PX, read_plain
from benchmarks.measuring import need_peers
from benchmarks.simulated.scene import make_scene
from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.imagery.reader import READ_THREADS, SceneReader
from lulc_assets.core.scene.recipe import SceneRecipe

TARGET_OF_LIMIT = 0.8


def read_ours(recipe: SceneRecipe, grid: PixelGrid) -> float:
    """Read all blocks as the platform does; returns the mean reflectance, to be compared."""
    total = 0.0
    with SceneReader(recipe, grid) as reader:
        for window in grid.blocks(BLOCK_PX):
            total += float(reader.read(window).reflectance[0].mean())
    return total


def read_peer(item: dict[str, Any], root: str, grid: PixelGrid) -> float:
    """Load the seven assets onto the grid with odc-stac."""
    import odc.stac  # a peer, needed here only
    from odc.geo.geobox import GeoBox

    document = json.loads(json.dumps(item))
    for asset in document["assets"].values():
        asset["href"] = f"{root}/{asset['href'].removeprefix('./')}"
    bands = ["B04", "B03", "B02", "B08", "B11", "B12", "SCL"]
    with gdal_env():
        loaded = odc.stac.load(
            [pystac.Item.from_dict(document)],
            bands=bands,
            geobox=GeoBox(grid.shape, grid.transform, f"EPSG:{grid.epsg}"),
            resampling={"*": "bilinear", "SCL": "nearest"},
            pool=READ_THREADS,
        )
    return float(loaded["B04"].values[0, 0, 0])


def measure(read: Callable[[], float], repeats: int) -> float:
    """Best wall time of the repeats, after one pass that is not measured, seconds."""
    read()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        read()
        times.append(time.perf_counter() - started)
    return min(times)


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """The folder over nginx on loopback; gives its root."""
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        raise SystemExit("nginx is missing: apt-get install nginx-light")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; "
        + ("user root; " if os.geteuid() == 0 else "")
        + f"events {{}} http {{ access_log off; sendfile on; {temporary} "
        f"server {{ listen 127.0.0.1:{port}; root {folder}/scene; }} }}"
    )
    process = subprocess.Popen([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def compare(item: dict[str, Any], root: str, grid: PixelGrid, repeats: int) -> dict[str, Any]:
    """Seconds and ratios of one place of the files."""
    catalog = f"{root}/item.json"
    recipe = recipe_from_item(item, catalog, HrefPolicy(catalog))
    seconds = {
        "ours": measure(lambda: read_ours(recipe, grid), repeats),
        "limit_1_thread": measure(lambda: read_plain(recipe, grid, 1), repeats),
        f"limit_{READ_THREADS}_threads": measure(
            lambda: read_plain(recipe, grid, READ_THREADS), repeats
        ),
        "peer_odc_stac": measure(lambda: read_peer(item, root, grid), repeats),
    }
    ours = seconds["ours"]
    return {
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "ours_of_limit_1_thread": round(seconds["limit_1_thread"] / ours, 2),
        "ours_of_limit_same_threads": round(seconds[f"limit_{READ_THREADS}_threads"] / ours, 2),
        "ours_of_peer": round(seconds["peer_odc_stac"] / ours, 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", type=int, default=5490, help="pixels a side, even")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    need_peers("odc")
    os.environ["NO_PROXY"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        item, grid = make_scene(folder, arguments.size)
        megabytes = sum(path.stat().st_size for path in (folder / "scene").glob("*.tif")) / 1e6
        figures = {"local": compare(item, str(folder / "scene"), grid, arguments.repeats)}
        with web_server(folder) as root:
            figures["http"] = compare(item, root, grid, arguments.repeats)
    megapixels = grid.height * grid.width / 1e6
    for place in figures.values():
        place["ours_mb_s"] = round(megabytes / place["seconds"]["ours"], 1)
        place["ours_mpx_s"] = round(megapixels / place["seconds"]["ours"], 1)
        place["reaches_target"] = place["ours_of_limit_1_thread"] >= TARGET_OF_LIMIT
    result = {"size_px": arguments.size, "files_mb": round(megabytes, 1),
              "cores": os.cpu_count(), **figures}  # fmt: skip
    print(json.dumps(result, indent=2))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
