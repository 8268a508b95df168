"""From a polygon and labels of one's own classes to a page, by three commands, without an edit.

    python -m benchmarks.own_case [--size 508] [--out build/own_case] [--pictures docs/images]
    [--json]

Simulates two tiles and what somebody brings: a polygon across their border (38.7 km²) and labels
of Wasser, Wald, Mais and Sonstiges. Then ``lulc init``, ``lulc run``, ``lulc open``, each as a
program of its own. Prints seconds of each; what the page says of accuracy beside the share of the
polygon that is mapped right; and, of the border: how often each pixel is counted, how often
neighbours differ across it and elsewhere, and the share of pixels that two tiles' scenes map
differently on ground that both saw. What is there already in the folder is not made again.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.own_case.border import changes_across, join, map_zone, seen_by_both
from benchmarks.own_case.pictures import draw_border, draw_given, draw_map
from benchmarks.own_case.truth import judged_tiles
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.own_case import AREA, COLUMN, LABELS
from lulc_assets.steps.workbench import Workbench

LULC = str(Path(sys.executable).parent / "lulc")
YEAR = 2023


def call(*words: object) -> tuple[str, float]:
    """Run ``lulc``; what it printed, and seconds."""
    started = time.monotonic()
    done = subprocess.run([LULC, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lulc {words[0]} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout, time.monotonic() - started


def make_case(out: Path, size: int) -> tuple[Path, Path, dict[str, float]]:
    """Project file, page, and seconds of each command."""
    archive, valley = out / "archive", out / "valley"
    if not archive.exists():
        call("simulate", "--out", archive, "--size", size, "--years", YEAR, "--own")
    given = ["--aoi", archive / AREA, "--labels", f"{archive / LABELS}:{COLUMN}"]
    given += ["--years", YEAR, "--catalog", archive / "catalog"]
    project, seconds = valley / "project.toml", {}
    _, seconds["init"] = call("init", valley, *given)
    _, seconds["run"] = call("run", "--project", project)
    shown, seconds["open"] = call("open", "--project", project, "--no-browser")
    return project, Path(shown.strip().splitlines()[-1]), seconds


def measure(project: Path, page: Path, archive: Path, pictures: Path | None) -> dict[str, Any]:
    """What the page says, what is true, and what is seen of the border."""
    work = Workbench.of(load_project(project))
    west, east = judged_tiles(work, archive, YEAR)
    mosaic = join(west, east)
    seen = (mosaic.mapped > 0) & (mosaic.truth > 0)
    right = mosaic.mapped == mosaic.truth
    zone = seen_by_both(archive, (west.tile, east.tile), YEAR, mosaic.grid)
    with tempfile.TemporaryDirectory() as scratch:
        first, second = (
            map_zone(work, archive, each.tile, zone, YEAR, Path(scratch) / each.tile)
            for each in (west, east)
        )
    both = (first > 0) & (second > 0)
    differ = float((first != second)[both].mean())
    across = changes_across(mosaic.mapped, mosaic.border)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        draw_given(archive / AREA, archive / LABELS, COLUMN, mosaic, work.legend,
                   pictures / "own_given.png")  # fmt: skip
        draw_map(mosaic, work.legend, pictures / "own_map.png")
        title = f"{100 * differ:.2g} % differ"
        draw_border(mosaic, (first, second), work.legend, title, pictures / "own_border.png")
    classes = {}
    for each in work.legend.classes:
        true, shown = (codes[seen] == each.code for codes in (mosaic.truth, mosaic.mapped))
        classes[each.name] = {
            "true_ha": float(true.sum() / 100),
            "mapped_ha": float(shown.sum() / 100),
            "recall": float(right[seen][true].mean()) if true.any() else None,
        }
    return {
        "area_km2": float((mosaic.counted > 0).sum() / 1e4),
        "headline": headline(page),
        "right": float(right[seen].mean()),
        "commonest_class": float(np.bincount(mosaic.truth[seen]).max() / seen.sum()),
        "classes": classes,
        "counted_more_than_once": int((mosaic.counted > 1).sum()),
        "neighbours_differ_at_border": across[0],
        "neighbours_differ_elsewhere": across[1],
        "neighbours_differ_most": across[2],
        "neighbours_differ_at_border_in_truth": changes_across(mosaic.truth, mosaic.border)[0],
        "zone_px": int(both.sum()),
        "zone_differs": differ,
    }


def headline(page: Path) -> str:
    """The headline of the tiles' and the region's card, as printed."""
    found = re.findall(r'class="value">\s*([^<]+?)\s*<', page.read_text("utf-8"))
    return "; ".join(dict.fromkeys(found))


def main() -> None:
    """Make the case, measure it, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", type=int, default=508, help="side of each simulated tile, pixels")
    parser.add_argument("--out", type=Path, default=Path("build/own_case"))
    parser.add_argument("--pictures", type=Path, help="folder for three pictures; none: not drawn")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    project, page, seconds = make_case(wanted.out.resolve(), wanted.size)
    archive = wanted.out.resolve() / "archive"
    found = {"seconds": seconds, **measure(project, page, archive, wanted.pictures)}
    print(json.dumps(found) if wanted.json else json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
