"""What is seen of the border of two tiles: their maps where both have ground.

    python -m benchmarks.tile_border --project out/demo/project.toml --west 33TVM --east 33TWM
    --year 2022 [--picture FILE] [--parts] [--json]

Two neighbours of one zone whose windows overlap, as the demo's do. Prints the share of pixels of
the shared ground that the two maps show differently, by the distance to the eastern tile's edge;
and, for a border between the squares (as maps were joined before) and for the seam that counts
now, the share that differs within 50 and 200 m of it and how often pixels differ from their western
neighbour there and elsewhere. The picture shows the map about the seam, both maps of the shared
ground, and where they differ.

``--parts`` predicts five scenes of the eastern tile again, in windows that begin 3 km inside it,
and counts where they differ from the prediction of all of it: for want of surroundings, by the
phase of the network's stride as well, and with surroundings as areas are mapped now. Minutes.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.own_case.border import Mosaic, changes_across
from benchmarks.own_case.pictures import draw_border
from benchmarks.own_case.truth import Codes
from benchmarks.tile_border.parts import measure_parts
from lulc_assets.core.grid import PixelGrid, square_bounds
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench

_Bools = npt.NDArray[np.bool_]
DISTANCES_PX = ((0, 5), (5, 10), (10, 20), (20, 50), (50, 10_980))
"""Columns from the eastern tile's first one."""
BESIDE_PX = (5, 20)
"""To each side of a border: 50 and 200 m."""


def measure(
    work: Workbench, west: str, east: str, year: int, picture: Path | None
) -> dict[str, Any]:
    """Figures of one year, and the picture if one is wanted."""
    twice = tuple(
        read_raster(work.open(work.read(ANNUAL_MAP, TileYear(tile, year)), "class.tif"))
        for tile in (west, east)
    )
    first, second = twice
    grid, other = work.grid(west), work.grid(east)
    start = grid.window_of(other).col
    shared = grid.width - start
    if not 0 < shared < other.width or grid.window_of(other).row or grid.height != other.height:
        raise SystemExit(f"{west} and {east} do not overlap side by side in the same rows")
    both = (first[:, start:] > 0) & (second[:, :shared] > 0)
    differ = (first[:, start:] != second[:, :shared]) & both
    squares = round((square_bounds(east)[0] - grid.x0) / grid.pixel_m)
    counted = counted_pixels(work, west, (west, east))
    seam = int(np.flatnonzero(counted.any(axis=0))[-1]) + 1
    if picture is not None:
        mapped = _joined(first, second, start, seam)
        whole = PixelGrid(grid.epsg, grid.x0, grid.y0, *mapped.shape)
        mosaic = Mosaic(whole, mapped, np.zeros_like(mapped), seam, np.ones_like(mapped))
        title = f"{100 * differ.sum() / both.sum():.1f} % differ"
        shown = first[:, start:], second[:, :shared]
        draw_border(mosaic, shown, work.legend, title, picture, seam - start)
    return {
        "year": year,
        "shared_px": int(both.sum()),
        "differ": float(differ.sum() / both.sum()),
        "differ_by_distance": {
            f"{near}-{min(far, shared)} px": _share(differ, both, near, far)
            for near, far in DISTANCES_PX
            if near < shared
        },
        "squares": _border(first, second, start, squares, differ, both),
        "seam": _border(first, second, start, seam, differ, both),
    }


def _border(
    first: Codes, second: Codes, start: int, border: int, differ: _Bools, both: _Bools
) -> dict[str, Any]:
    """What is seen where the maps are joined at a column of the western one."""
    column = border - start
    across = changes_across(_joined(first, second, start, border), border)
    return {
        "metres_from_the_eastern_edge": 10 * column,
        "differ": {
            f"within {10 * px} m": _share(differ, both, max(0, column - px), column + px)
            for px in BESIDE_PX
        },
        "neighbours_differ_at_border": across[0],
        "neighbours_differ_elsewhere": across[1],
        "neighbours_differ_most": across[2],
    }


def _joined(first: Codes, second: Codes, start: int, border: int) -> Codes:
    return np.concatenate([first[:, :border], second[:, border - start :]], axis=1)


def _share(differ: _Bools, both: _Bools, near: int, far: int) -> float:
    return float(differ[:, near:far].sum() / both[:, near:far].sum())


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
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    work = Workbench.of(load_project(wanted.project))
    found = measure(work, wanted.west, wanted.east, wanted.year, wanted.picture)
    if wanted.parts:
        found["parts"] = measure_parts(work, TileYear(wanted.east, wanted.year))
    print(json.dumps(found) if wanted.json else json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
