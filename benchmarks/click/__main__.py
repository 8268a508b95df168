"""From a click to the votes behind a pixel, on a whole tile with a year of scenes.

Run: ``python -m benchmarks.click [--json] [--size 10980] [--scenes 20] [--clicks 30]
[--folder DIR]``.

A site of one tile is made (predictions that compress like those of the demo's network, five
different ones under as many names as there are dates, their map as the product composes it, a
picture of 2048 px for each date; .5 GB for a whole tile), served by
``lulc pages serve`` on loopback and opened in Chromium, each time with an empty cache:

* first map: seconds until all that is in view is drawn, and bytes that moved until then;
* first click: right after that, before the page has read any header of a scene;
* clicks: at random places of the tile, after it has; from letting go of the button to the votes on
  the screen. Each is checked: the votes counted in the page give the map;
* pans: by a third of the screen, until everything in view is drawn.

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

MOST_CLICK_S, MOST_FIRST_S, MOST_FIRST_BYTES, MOST_PAN_S = 0.3, 1.0, 3_000_000, 1.0
VISITS = 5
PANS = ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 3
CLOSE = "#at=46.45,14.30,10"
"""A view of one screen pixel for each pixel of the map, in the middle of the tile."""


def measure(site: Path, clicks: int, seed: int = 1) -> dict[str, Any]:
    """All figures of a site."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0.25, 0.75, (clicks, 2)).tolist()
    with serving(site) as address, chromium() as browser:
        firsts, opening = [], []
        for number in range(VISITS):
            visit = Visit(browser, address)
            firsts.append((visit.first_map_s, visit.first_map_bytes))
            opening.append(visit.click(*places[number % clicks]))
            visit.close()
        visit = Visit(browser, address)
        visit.wait_for_headers()
        headers = visit.moved - visit.first_map_bytes
        before = visit.moved
        taken = [visit.click(*place) for place in places]
        moved = (visit.moved - before) / clicks
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
        "pan_s": figures(pans),
        "reached": {
            "click": float(np.median(taken)) <= MOST_CLICK_S,
            "first_map": float(np.median([s for s, _ in firsts])) <= MOST_FIRST_S,
            "first_map_bytes": max(size for _, size in firsts) <= MOST_FIRST_BYTES,
            "pan": max(pans) <= MOST_PAN_S,
        },
    }


def describe(found: dict[str, Any]) -> str:
    """The figures as a table."""
    rows = [
        ("first map, s", found["first_map_s"], MOST_FIRST_S),
        ("first click, headers not read yet, s", found["first_click_s"], None),
        ("click, s", found["click_s"], MOST_CLICK_S),
        ("pan, s", found["pan_s"], MOST_PAN_S),
    ]
    lines = ["| | median | p95 | worst | aim |", "|---|---|---|---|---|"]
    for name, values, aim in rows:
        cells = " | ".join(f"{values[key]:.2f}" for key in ("median", "p95", "worst"))
        lines.append(f"| {name} | {cells} | {'' if aim is None else f'≤ {aim:g}'} |")
    told = {
        "first_map_bytes": "first map",
        "header_bytes": "headers of all scenes",
        "bytes_per_click": "a click, pictures of the dates among them",
    }
    for name, title in told.items():
        lines.append(f"Moved for {title}: {found[name] / 1e6:.2f} MB")
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
        found = measure(site, wanted.clicks)
    found |= {"size_px": wanted.size, "scenes": wanted.scenes, "clicks": wanted.clicks}
    print(json.dumps(found) if wanted.json else describe(found))


if __name__ == "__main__":
    main()
