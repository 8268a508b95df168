"""What is seen of the border of two tiles: their maps where both have ground.

    python -m benchmarks.tile_border --project out/demo/project.toml --west 33TVM --east 33TWM
    --year 2022 [--picture FILE] [--json]

Two neighbours of one zone whose windows overlap, as the demo's do. Prints the share of pixels of
the shared ground that the two maps show differently, over all of it and by the distance to the
eastern tile's edge; and how often pixels differ from their western neighbour across the border of
the owned ground and elsewhere. The picture shows the map about the border, both maps of the
shared ground, and where they differ.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.own_case.border import Mosaic, changes_across
from benchmarks.own_case.pictures import draw_border
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench

DISTANCES_PX = ((0, 5), (5, 10), (10, 20), (20, 50), (50, 10_980))
"""Columns from the eastern tile's first one."""


def measure(
    work: Workbench, west: str, east: str, year: int, picture: Path | None
) -> dict[str, Any]:
    """Figures of one year, and the picture if one is wanted."""
    first, second = (
        read_raster(work.open(work.read(ANNUAL_MAP, TileYear(tile, year)), "class.tif"))
        for tile in (west, east)
    )
    grid, other = work.grid(west), work.grid(east)
    start = grid.window_of(other).col
    shared = grid.width - start
    if not 0 < shared < other.width or grid.window_of(other).row or grid.height != other.height:
        raise SystemExit(f"{west} and {east} do not overlap side by side in the same rows")
    border = int(np.flatnonzero(work.counted(west).any(axis=0))[-1]) + 1
    mapped = np.concatenate([first[:, :border], second[:, border - start :]], axis=1)
    both = (first[:, start:] > 0) & (second[:, :shared] > 0)
    differ = (first[:, start:] != second[:, :shared]) & both
    across = changes_across(mapped, border)
    if picture is not None:
        whole = PixelGrid(grid.epsg, grid.x0, grid.y0, *mapped.shape)
        mosaic = Mosaic(whole, mapped, np.zeros_like(mapped), border, np.ones_like(mapped))
        twice = (first[:, start:], second[:, :shared])
        title = f"{100 * differ.sum() / both.sum():.1f} % differ"
        draw_border(mosaic, twice, work.legend, title, picture)
    bands = {
        f"{near}-{min(far, shared)} px": float(differ[:, near:far].sum() / both[:, near:far].sum())
        for near, far in DISTANCES_PX
        if near < shared
    }
    return {
        "year": year,
        "shared_px": int(both.sum()),
        "differ": float(differ.sum() / both.sum()),
        "differ_by_distance": bands,
        "neighbours_differ_at_border": across[0],
        "neighbours_differ_elsewhere": across[1],
        "neighbours_differ_most": across[2],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--project", type=Path, default=Path("out/demo/project.toml"))
    parser.add_argument("--west", default="33TVM")
    parser.add_argument("--east", default="33TWM")
    parser.add_argument("--year", type=int, default=2022)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    work = Workbench.of(load_project(wanted.project))
    found = measure(work, wanted.west, wanted.east, wanted.year, wanted.picture)
    print(json.dumps(found) if wanted.json else json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
