"""Steps of the label quality page: labels and imagery → spectra, outliers, a page.

What belongs here: ``label_quality`` of a tile × year. It judges labels and changes none.
"""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.figures.labels import outlier_figure, spectra_figure
from lulc_assets.core.figures.quicklook import true_color
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.labels.spectra import find_outliers, measure_spectra
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.pages.content import PageFigure
from lulc_assets.core.pages.label_page import (
    LabelPage,
    describe_agreement,
    describe_outliers,
)
from lulc_assets.core.pages.rendering import render_label_page
from lulc_assets.core.scene.recipe import BAND_ROLES, SceneRecipe
from lulc_assets.core.store.records import Record
from lulc_assets.steps.candidates import read_clearest
from lulc_assets.steps.making import Made, Place, write_png

_DATES = 6
"""Clearest scenes whose median is a polygon's spectrum: most seasons, few clouds."""

_MARGIN_PX = 8
_LARGEST_PX = 160
"""Side of a cut-out at most; of a larger polygon its middle is shown."""


def make_label_quality(place: Place, tile: str, year: int) -> Record:
    """Judge the labels of a tile and year.

    Files: ``page.html`` (self-contained), ``outliers.parquet`` (GeoParquet) and pictures.
    """
    labels = place.record("reference_labels", tile, year)
    catalog = place.record("scene_catalog", tile, year)
    project, grid = place.project, place.grid(tile)
    identity = {
        "reference_labels": labels.digest,
        "scene_catalog": catalog.digest,
        "place": project.tiles[tile].place,
        "attribution": project.attribution,
    }

    def build(scratch: Path) -> Made:
        table = read_label_table(place.open(labels, "labels.parquet"))
        recipes = read_clearest(place, catalog)[:_DATES]
        spectra = measure_spectra(table, grid, recipes, place.progress)
        outliers = find_outliers(spectra)
        pictures = {
            "spectra.png": spectra_figure(
                spectra.reflectance, spectra.codes, BAND_ROLES, place.legend
            ),
            "outliers.png": _draw_outliers(place, outliers, recipes, grid),
        }
        files = {name: write_png(scratch, name, png) for name, png in pictures.items()}
        files["outliers.parquet"] = scratch / "outliers.parquet"
        outliers.to_parquet(files["outliers.parquet"], index=False, compression="zstd")
        files["page.html"] = scratch / "page.html"
        figures = _figures(place, labels, pictures, len(outliers))
        page = LabelPage(
            tile=tile,
            year=year,
            place=project.tiles[tile].place,
            properties=labels.properties,
            figures=figures,
            outliers=outliers,
            legend=place.legend,
            provenance={"Labels": labels.digest, "Scene catalogue": catalog.digest},
            attribution=project.attribution,
        )
        files["page.html"].write_text(render_label_page(page))
        properties = {
            "polygons": len(table),
            "polygons_with_spectrum": int(np.isfinite(spectra.reflectance).all(axis=1).sum()),
            "scenes": [recipe.id for recipe in recipes],
            "outliers": outliers["label_id"].tolist(),
        }
        return Made(files, properties)

    return place.make(("label_quality", tile, year), identity, build)


def _figures(
    place: Place, labels: Record, pictures: dict[str, bytes], outliers: int
) -> list[PageFigure]:
    def stored(name: str) -> bytes:
        return place.open(labels, name).read_bytes()

    shown = [PageFigure("Where the labels are", stored("labels.png"), "Training and gold.")]
    if "annotators.png" in labels.files:
        caption = describe_agreement(labels.properties, place.legend)
        shown.append(PageFigure("Annotators", stored("annotators.png"), caption))
    shown += [
        PageFigure(
            "Spectra",
            pictures["spectra.png"],
            "Grey: one polygon each, the median of its clear dates. Coloured: the class's "
            "median and the middle half of its polygons. Classes with like curves are those that "
            "a single date confuses.",
        ),
        PageFigure("Outliers", pictures["outliers.png"], describe_outliers(outliers)),
        PageFigure("How much", stored("label_areas.png"), "Training and gold labels together."),
    ]
    return shown


def _draw_outliers(
    place: Place, outliers: gpd.GeoDataFrame, recipes: Sequence[SceneRecipe], grid: PixelGrid
) -> bytes:
    """Cut-outs of the clearest scene."""
    cuts: list[npt.NDArray[np.uint8]] = []
    outlines, titles = [], []
    if recipes and len(outliers):
        with SceneReader(recipes[0], grid) as reader:
            for row in outliers.itertuples():
                window = _window_around(row.geometry, grid)
                block = reader.read(window)
                cuts.append(true_color(block.reflectance, block.valid))
                outlines.append(_rings(row.geometry, grid.cut(window)))
                named, seen = (
                    place.legend.by_code(int(code)).title
                    for code in (row.class_code, row.looks_like)
                )
                titles.append(f"{named}\nlike {seen.lower()}")
    return outlier_figure(cuts, outlines, titles)


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
