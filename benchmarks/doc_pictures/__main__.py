"""The pictures of README and docs that show pages, taken from a finished demo.

Run: ``python -m benchmarks.doc_pictures --demo out/demo [--out docs/images] [--only NAME …]``.

* ``map.png``: map and true colour at the head of the page of the demo's first tile and last year;
* ``map_page.png``: the map page with the votes behind a pixel (`lulc pages build`, served);
* ``districts.png``: areas by district on the page of the region;
* ``graph.png``: the asset graph in the Dagster UI (`lulc ui`), which takes a minute to start.

Needs the extra ``services`` and Chromium. The other pictures come from elsewhere:
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.click.looking import chromium, serving
from lulc_assets.project import Project, load_project

ELSEWHERE = {
    "accuracy_coverage.png": "python -m benchmarks.accuracy_coverage",
    "change_curves.png": "python -m benchmarks.change --pictures docs/images",
    "change_years.png": "python -m benchmarks.change --pictures docs/images",
    "economy.png": "python -m benchmarks.economy --picture docs/images/economy.png",
    "no_data_edges.png": "python -m benchmarks.no_data_edges",
    "own_given.png": "python -m benchmarks.own_case --pictures docs/images",
    "own_map.png": "python -m benchmarks.own_case --pictures docs/images",
    "patch_map.png": "figure of the page that lulc patches predict writes",
    "romania_maps.png": "python -m benchmarks.nrt_romania --pictures docs/images",
    "romania_places.png": "python -m benchmarks.nrt_romania --pictures docs/images",
    "tile_border.png": "python -m benchmarks.tile_border --picture docs/images/tile_border.png",
}
"""Picture → what draws it."""

_SIZE = {"width": 1200, "height": 800}
_WIDE = {"width": 2400, "height": 1300}
_GRAPH_S = 300
"""Until the Dagster UI answers."""
Taker = Callable[[Any, Path, Project], bytes]


def take_map(browser: Any, demo: Path, project: Project) -> bytes:
    """The head of a tile's page, without its buttons."""
    tile, year = next(iter(project.tiles)), max(project.mapped_years())
    page = browser.new_page(viewport=_SIZE)
    page.goto((demo / f"{tile}_{year}.html").as_uri(), wait_until="load")
    page.add_style_tag(content=".tools, .note { display: none !important; }")
    return bytes(page.locator(".hero").screenshot())


def take_map_page(browser: Any, demo: Path, project: Project) -> bytes:
    """The map page after a click into its middle."""
    with tempfile.TemporaryDirectory(prefix="site-") as scratch:
        given = ["--project", str(demo / "project.toml"), "--out", scratch, "--link"]
        code = "from lulc_assets.cli import app; app()"
        subprocess.run([sys.executable, "-c", code, "pages", "build", *given], check=True)
        with serving(Path(scratch)) as address:
            page = browser.new_page(viewport=_SIZE)
            page.goto(f"{address}/map.html")
            page.wait_for_selector("html[data-opened]", timeout=120_000)
            box = page.locator("#map").bounding_box()
            page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
            page.wait_for_selector("#pixel[data-milliseconds]")
            page.evaluate("lulc.settled()")
            return bytes(page.screenshot())


def take_districts(browser: Any, demo: Path, project: Project) -> bytes:
    """The section of the districts on a region's page."""
    region, year = next(iter(project.regions)), max(project.mapped_years())
    page = browser.new_page(viewport=_SIZE)
    page.goto((demo / f"region_{region}_{year}.html").as_uri(), wait_until="load")
    return bytes(
        page.locator("section", has=page.locator("h2", has_text="By district")).screenshot()
    )


def take_graph(browser: Any, demo: Path, project: Project) -> bytes:
    """The asset graph, without the bars around it."""
    with _dagster(demo) as address:
        page = browser.new_page(viewport=_WIDE, bypass_csp=True)  # to ask what it shows
        page.goto(f"{address}/asset-groups", wait_until="networkidle")
        page.wait_for_selector("svg foreignObject", timeout=120_000)
        page.wait_for_function("!document.body.innerText.includes('fetching statuses')")
        page.wait_for_timeout(3_000)  # it moves to its place
        return bytes(page.locator("svg:has(foreignObject)").first.screenshot())


@contextmanager
def _dagster(demo: Path) -> Iterator[str]:
    """The Dagster UI of a demo; its address."""
    port = 3977
    code = "from lulc_assets.cli import app; app()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "ui", "--out", str(demo), "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(_GRAPH_S):
            if process.poll() is not None:
                raise SystemExit("lulc ui ended at once")
            try:
                requests.get(f"{address}/server_info", timeout=5).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


PICTURES: Mapping[str, Taker] = {
    "map.png": take_map,
    "map_page.png": take_map_page,
    "districts.png": take_districts,
    "graph.png": take_graph,
}
"""Picture → what takes it."""


def main() -> None:
    """Take the pictures."""
    listed = "\n".join(f"* {name}: {how}" for name, how in ELSEWHERE.items())
    parser = argparse.ArgumentParser(
        description=f"{__doc__}\n{listed}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--demo", type=Path, required=True, help="folder of a finished demo")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", nargs="+", choices=sorted(PICTURES), default=sorted(PICTURES))
    wanted = parser.parse_args()
    demo = wanted.demo.absolute()
    project = load_project(demo / "project.toml")
    with chromium() as browser:
        for name in wanted.only:
            (wanted.out / name).write_bytes(PICTURES[name](browser, demo, project))
            print(wanted.out / name)


if __name__ == "__main__":
    main()
