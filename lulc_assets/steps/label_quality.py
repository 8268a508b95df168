"""Steps of the label quality: labels and imagery → spectra and outliers.

What belongs here: ``label_quality`` of a tile × year. It judges labels and changes none. What
does not: its page (``pages``).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.figures.labels import outlier_figure, spectra_figure
from lulc_assets.core.figures.quicklook import true_color
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.masks import SCL_SNOW_ICE, SCL_VOTING
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.labels.spectra import find_outliers, measure_spectra
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.candidates import read_clearest
from lulc_assets.steps.products import LABEL_QUALITY, REFERENCE_LABELS, SCENE_CATALOG
from lulc_assets.steps.properties import LabelQualityProperties
from lulc_assets.steps.workbench import Made, Workbench, write_png

SPECTRA, OUTLIERS, OUTLIER_TABLE = "spectra.png", "outliers.png", "outliers.parquet"

_DATES = 6
"""Clearest scenes whose median is a polygon's spectrum: most seasons, few clouds."""

_MARGIN_PX = 8
_LARGEST_PX = 160
"""Side of a cut-out at most; of a larger polygon its middle is shown."""

_GROUND = tuple(code for code in SCL_VOTING if code != SCL_SNOW_ICE)
_COVERED_SHARE = 0.1
"""Share of a cut-out under snow, cloud or no data that a picture bears."""


def make_label_quality(work: Workbench, key: TileYear) -> Record[LabelQualityProperties]:
    """Judge the labels of a tile and year.

    Files: ``outliers.parquet`` (GeoParquet) and pictures.
    """
    step = work.step(LABEL_QUALITY, key)
    labels, catalog = step.read(REFERENCE_LABELS), step.read(SCENE_CATALOG)
    grid = work.grid(key.tile)

    def build(scratch: Path) -> Made[LabelQualityProperties]:
        table = read_label_table(work.open(labels, "labels.parquet"))
        recipes = read_clearest(work, catalog)[:_DATES]
        spectra = measure_spectra(table, grid, recipes, work.progress)
        outliers = find_outliers(spectra)
        pictures = {
            SPECTRA: spectra_figure(
                spectra.reflectance, spectra.codes, work.project.bands(), work.legend
            ),
            OUTLIERS: _draw_outliers(work, outliers, recipes, grid),
        }
        files = {name: write_png(scratch, name, png) for name, png in pictures.items()}
        files[OUTLIER_TABLE] = scratch / OUTLIER_TABLE
        outliers.to_parquet(files[OUTLIER_TABLE], index=False, compression="zstd")
        properties = LabelQualityProperties(
            polygons=len(table),
            polygons_with_spectrum=int(np.isfinite(spectra.reflectance).all(axis=1).sum()),
            scenes=tuple(recipe.id for recipe in recipes),
            outliers=tuple(map(str, outliers["label_id"])),
        )
        return Made(files, properties)

    return step.make({"dates": _DATES}, build)


def _draw_outliers(
    work: Workbench, outliers: gpd.GeoDataFrame, recipes: Sequence[SceneRecipe], grid: PixelGrid
) -> bytes:
    """Cut-outs, each of the first scene that shows the ground of its place."""
    cuts: list[npt.NDArray[np.uint8]] = []
    outlines, titles = [], []
    with ExitStack() as stack:
        readers = [stack.enter_context(SceneReader(recipe, grid)) for recipe in recipes]
        for row in outliers.itertuples() if readers else ():
            window = _window_around(row.geometry, grid)
            block, date = _bare_ground(readers, recipes, window)
            cuts.append(true_color(block.reflectance, block.valid))
            outlines.append(_rings(row.geometry, grid.cut(window)))
            named, seen = (
                work.legend.by_code(int(code)).title for code in (row.class_code, row.looks_like)
            )
            titles.append(f"{named}\nlike {seen.lower()}\n{date}")
    return outlier_figure(cuts, outlines, titles)


def _bare_ground(
    readers: Sequence[SceneReader], recipes: Sequence[SceneRecipe], window: Window
) -> tuple[SceneBlock, str]:
    """The window on the first date that covers little of it, else on the one that covers least.

    The clearest scene of a year is often one of winter: under snow every picture is white.
    """
    best: tuple[float, SceneBlock, str] | None = None
    for reader, recipe in zip(readers, recipes, strict=True):
        block = reader.read(window)
        covered = 1 - float(np.mean(block.valid & np.isin(block.scl, _GROUND)))
        if best is None or covered < best[0]:
            best = covered, block, recipe.date
        if covered <= _COVERED_SHARE:
            break
    assert best is not None, "no scene to look at"
    return best[1], best[2]


def _window_around(geometry: shapely.Geometry, grid: PixelGrid) -> Window:
    """A square window around a polygon, cut to the grid."""
    left, bottom, right, top = geometry.bounds
    rows, cols = grid.cells([left, right], [top, bottom])
    side = int(max(rows[1] - rows[0], cols[1] - cols[0])) + 1 + 2 * _MARGIN_PX
    side = min(side, _LARGEST_PX, *grid.shape)
    row = int(np.clip((rows[0] + rows[1] - side) // 2, 0, grid.height - side))
    col = int(np.clip((cols[0] + cols[1] - side) // 2, 0, grid.width - side))
    return Window(row, col, side, side)


def _rings(geometry: shapely.Geometry, grid: PixelGrid) -> list[npt.NDArray[np.float64]]:
    """Rings of a polygon in pixels of a grid, column and row of pixel centres."""
    lines = shapely.get_rings(shapely.get_parts(geometry))
    found = []
    for line in lines:
        xy = shapely.get_coordinates(line)
        columns = (xy[:, 0] - grid.x0) / grid.pixel_m - 0.5
        rows = (grid.y0 - xy[:, 1]) / grid.pixel_m - 0.5
        found.append(np.stack([columns, rows], axis=1))
    return found
