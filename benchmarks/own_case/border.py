"""Whether a border of two tiles is seen on the map.

What belongs here: changes of class across the border's columns beside those within tiles, and
ground that both tiles saw, mapped from each. What does not: the truth (``truth``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.own_case.truth import Codes, Judged, simulated_grid
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.products import MODEL_BUNDLE, SCENE_PREDICTIONS
from lulc_assets.steps.workbench import Workbench


@dataclass(frozen=True)
class Mosaic:
    """Two neighbours side by side, each pixel from the tile that owns it.

    Attributes:
        grid: of both.
        mapped: codes, 0 outside the polygon, (h, w) uint8.
        truth: likewise.
        border: column of the first pixel of the eastern tile.
        counted: how often each pixel is counted, (h, w) uint8; more than once would be a fault.
    """

    grid: PixelGrid
    mapped: Codes
    truth: Codes
    border: int
    counted: Codes


def join(west: Judged, east: Judged) -> Mosaic:
    """Two tiles of one zone as one raster."""
    left = min(west.grid.x0, east.grid.x0)
    right = max(each.grid.bounds[2] for each in (west, east))
    top = max(west.grid.y0, east.grid.y0)
    bottom = min(each.grid.bounds[1] for each in (west, east))
    shape = round((top - bottom) / 10), round((right - left) / 10)
    grid = PixelGrid(west.grid.epsg, left, top, *shape)
    layers = [np.zeros(shape, np.uint8) for _ in range(3)]
    mapped, truth, counted = layers
    for each in (west, east):
        place = grid.window_of(each.grid).slices
        mapped[place][each.counted] = each.mapped[each.counted]
        truth[place][each.counted] = each.truth[each.counted]
        counted[place] += each.counted.astype(np.uint8)
    border = int(np.flatnonzero(east.counted.any(axis=0))[0]) + grid.window_of(east.grid).col
    return Mosaic(grid, mapped, truth, border, counted)


def changes_across(codes: Codes, column: int) -> tuple[float, float, float]:
    """Shares of pixels that differ from their western neighbour.

    Args:
        codes: (h, w), 0 is left out.
        column: whose western neighbours lie in the other tile.

    Returns:
        At the border; the mean over all other columns; the largest of those with at least as many
        pixels as half the border's.
    """
    both = (codes[:, 1:] > 0) & (codes[:, :-1] > 0)
    differ = (codes[:, 1:] != codes[:, :-1]) & both
    pixels, changed = both.sum(axis=0), differ.sum(axis=0)
    shares = changed / np.maximum(pixels, 1)
    others = pixels >= pixels[column - 1] / 2
    others[column - 1] = False
    return (
        float(shares[column - 1]),
        float(changed[others].sum() / pixels[others].sum()),
        float(shares[others].max()),
    )


def map_zone(
    work: Workbench, archive: Path, tile: str, zone: PixelGrid, year: int, out: Path
) -> Codes:
    """Ground that several tiles saw, mapped from the scenes of one of them.

    With the project's model, settings and scenes of that tile; the network sees all that the tile
    has beside the zone.
    """
    bundle = open_bundle(work, work.read(MODEL_BUNDLE, Whole()))
    project = work.project
    predictor = choose_engine(bundle, project.inference)
    whole = simulated_grid(archive, tile, year)
    used = work.read(SCENE_PREDICTIONS, TileYear(tile, year)).properties.scenes
    chosen = {row.scene_id for row in used}
    catalog = project.path_of(project.catalog.location)
    found = search_scenes(catalog, tile, year, whole, roles=project.bands())
    scenes = []
    for recipe in (each for each in found.recipes if each.id in chosen):
        files = predict_scene(recipe, whole, predictor, out / recipe.id, project.windows).files
        layers = (files["class"], files["probability"], files["mask"])
        fetch = partial(_as_is, layers)
        scenes.append(PredictedScene(recipe.id, recipe.acquisition, recipe.date, recipe.id, fetch))
    composed = compose_year(scenes, whole, project.composite, out, legend=work.legend)
    return read_raster(composed.files["class"])[whole.window_of(zone).slices]


def seen_by_both(archive: Path, tiles: Sequence[str], year: int, rows: PixelGrid) -> PixelGrid:
    """Ground of two tiles of one zone, in the rows of a grid."""
    grids = [simulated_grid(archive, tile, year) for tile in tiles]
    left, right = max(g.x0 for g in grids), min(g.bounds[2] for g in grids)
    top = min(rows.y0, *(g.y0 for g in grids))
    bottom = max(rows.bounds[1], *(g.bounds[1] for g in grids))
    window = Window(0, 0, round((top - bottom) / 10), round((right - left) / 10))
    return PixelGrid(rows.epsg, left, top, window.height, window.width)


def _as_is(layers: tuple[Path, Path, Path]) -> tuple[Path, Path, Path]:
    return layers
