"""From a click to the votes behind a pixel, on a whole tile with a year of scenes.

Run: ``python -m benchmarks.click [--json] [--size 10980] [--scenes 20] [--clicks 30]
[--folder DIR]``.

A site of one tile is made (predictions that compress like those of the demo's network, five
different ones under as many names as there are dates, their map as the product composes it, a
picture of 2048 px for each date; .5 GB for a whole tile), served by
``lulc pages serve`` on loopback and opened in Chromium, each time with an empty cache:

* first map: seconds until all that is in view is drawn, and bytes that moved until then;
* first click: right after that, before the page has read where the votes lie;
* clicks: at random places of the tile, after it has; from letting go of the button to the votes on
  the screen. Each is checked: the votes counted in the page give the map;
* pans: by a third of the screen, until everything in view is drawn.

A machine that does other things takes longer. So plain requests are timed in turn with the
clicks, in the same page: one of as many bytes as a block of votes has, and 63 of a block of 512²
pixels each, which is what a click would read from the layers themselves. And of the first map and
of a click the seconds of a processor are counted that the page's own thread used.

``--folder`` keeps the site, so that a second run only looks at it. Needs the extra ``services``
and Chromium.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.click.looking import Visit, chromium, figures, serving
from benchmarks.click.site import make_site
from lulc_assets.core.imagery.cog import BLOCK_PX as LAYER_BLOCK_PX
from lulc_assets.core.pages.vote_blocks import BLOCK_PX

MOST_CLICK_S, MOST_FIRST_S, MOST_FIRST_BYTES, MOST_PAN_S = 0.3, 1.0, 3_000_000, 1.0
VISITS = 5
PANS = ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 3
CLOSE = "#at=46.45,14.30,10"
"""A view of one screen pixel for each pixel of the map, in the middle of the tile."""


def measure(site: Path, size_px: int, clicks: int, seed: int = 1) -> dict[str, Any]:
    """All figures of a site."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0.25, 0.75, (clicks, 2)).tolist()
    with serving(site) as address, chromium() as browser:
        firsts, opening, first_busy = [], [], []
        for number in range(VISITS):
            visit = Visit(browser, address)
            firsts.append((visit.first_map_s, visit.first_map_bytes))
            first_busy.append(visit.first_map_busy_s)
            opening.append(visit.click(*places[number % clicks]))
            visit.close()
        visit = Visit(browser, address)
        visit.wait_for_headers()
        headers = visit.moved - visit.first_map_bytes
        before = visit.moved
        busy = visit.busy_s
        taken = [visit.click(*place) for place in places]
        moved, busy = (visit.moved - before) / clicks, (visit.busy_s - busy) / clicks
        one, many = _plain_requests(visit, site, size_px, rng, clicks)
        visit.close()
        near = Visit(browser, address, CLOSE)
        pans = [near.pan(key) for key in PANS]
        near.close()
    return {
        "first_map_s": figures([s for s, _ in firsts]),
        "first_map_bytes": max(size for _, size in firsts),
        "first_click_s": figures(opening),
        "header_bytes": headers,
        "click_s": figures(taken),
        "bytes_per_click": round(moved),
        "one_request_s": figures(one),
        "layer_requests_s": figures(many),
        "click_to_one_request": round(float(np.median(taken)) / float(np.median(one)), 2),
        "click_to_layer_requests": round(float(np.median(taken)) / float(np.median(many)), 2),
        "first_map_busy_s": round(float(np.median(first_busy)), 3),
        "click_busy_s": round(busy, 3),
        "pan_s": figures(pans),
        "reached": {
            "click": float(np.median(taken)) <= MOST_CLICK_S,
            "first_map": float(np.median([s for s, _ in firsts])) <= MOST_FIRST_S,
            "first_map_bytes": max(size for _, size in firsts) <= MOST_FIRST_BYTES,
            "pan": max(pans) <= MOST_PAN_S,
        },
    }


def _plain_requests(
    visit: Visit, site: Path, size_px: int, rng: np.random.Generator, times: int
) -> tuple[list[float], list[float]]:
    """Seconds of one request of a block of votes, and of those that layers would take, in turn."""
    (votes,) = (site / "data").glob("votes*.bin")
    scenes = sorted((site / "data" / "scenes").iterdir())
    layers = [scene / f"{name}.tif" for scene in scenes for name in ("class", "probability")]
    layers += layers[: len(scenes) + 3]  # masks are no longer in a site, the map has three

    def place(file: Path, side: int) -> tuple[str, int, int]:
        """As many bytes as a block has on average, anywhere in the file."""
        whole = file.stat().st_size
        size = whole // -((-size_px // side) ** 2)
        start = int(rng.integers(whole - size))
        return str(file.relative_to(site)), start, start + size - 1

    one, many = [], []
    for _ in range(times):
        one.append(visit.fetch_ranges([place(votes, BLOCK_PX)]))
        many.append(visit.fetch_ranges([place(layer, LAYER_BLOCK_PX) for layer in layers]))
    return one, many


def describe(found: dict[str, Any]) -> str:
    """The figures as a table."""
    rows = [
        ("first map, s", found["first_map_s"], MOST_FIRST_S),
        ("first click, nothing read yet, s", found["first_click_s"], None),
        ("click, s", found["click_s"], MOST_CLICK_S),
        ("one plain request of a block, s", found["one_request_s"], None),
        ("plain requests of all layers, s", found["layer_requests_s"], None),
        ("pan, s", found["pan_s"], MOST_PAN_S),
    ]
    lines = ["| | median | p95 | worst | aim |", "|---|---|---|---|---|"]
    for name, values, aim in rows:
        cells = " | ".join(f"{values[key]:.2f}" for key in ("median", "p95", "worst"))
        lines.append(f"| {name} | {cells} | {'' if aim is None else f'≤ {aim:g}'} |")
    told = {
        "first_map_bytes": "first map",
        "header_bytes": "where the votes lie",
        "bytes_per_click": "a click, pictures of the dates among them",
    }
    for name, title in told.items():
        lines.append(f"Moved for {title}: {found[name] / 1e6:.2f} MB")
    lines.append(
        f"A click takes {found['click_to_one_request']} times one plain request and "
        f"{found['click_to_layer_requests']} times those of all layers"
    )
    lines.append(
        f"The page's thread is busy for {found['first_map_busy_s']} s until the first map, for "
        f"{found['click_busy_s']} s with a click"
    )
    return "\n".join(lines)


def main() -> None:
    """Make the site, look at it, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=10980, help="pixels a side (default: 10980)")
    parser.add_argument("--scenes", type=int, default=20, help="dates of the year (default: 20)")
    parser.add_argument("--clicks", type=int, default=30, help="at random places (default: 30)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="to make the site")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--folder", type=Path, help="keep the site here")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="click-") as scratch:
        folder = wanted.folder or Path(scratch)
        site = make_site(folder, wanted.size, wanted.scenes, wanted.threads)
        found = measure(site, wanted.size, wanted.clicks)
    found |= {"size_px": wanted.size, "scenes": wanted.scenes, "clicks": wanted.clicks}
    print(json.dumps(found) if wanted.json else describe(found))


if __name__ == "__main__":
    main()
