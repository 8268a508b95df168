"""What somebody with classes of their own brings: a polygon and labels, from a simulated archive.

What belongs here: an area across the border of two tiles, and polygons of four classes that no
vocabulary of the package has. What does not: how annotators draw (``labels``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely

from lulc_assets.core.grid import PixelGrid, Window, owned_mask
from lulc_assets.simulation.archive.labels import draw_once, outline_polygons
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.vector_files import write_geopackage
from lulc_assets.simulation.archive.write import ArchivePaths
from lulc_assets.simulation.world.tiers import TIER_2

AREA, LABELS = "area.geojson", "own_labels.gpkg"
COLUMN = "klasse"
OWN_CLASSES: Mapping[str, tuple[str, ...]] = {
    "Wasser": ("open_water",),
    "Wald": ("conifers", "broadleaf_forest"),
    "Mais": ("row_crops",),
}
"""Class → classes of ``TIER_2``; all others are :data:`OTHER`."""
OTHER = "Sonstiges"
_MARGIN_SHARE = 0.04
_WINDOW_PX = 32
_LABELLED_SHARE = 0.2
"""Of the windows that a tile owns."""


@dataclass(frozen=True)
class OwnCase:
    """What somebody brings.

    Attributes:
        area: GeoJSON with one polygon, longitude and latitude.
        labels: GeoPackage with the columns ``klasse`` and ``year``.
    """

    area: Path
    labels: Path


def own_codes() -> npt.NDArray[np.uint8]:
    """Code of ``TIER_2`` → code of the own classes (1 …, :data:`OTHER` last), shape (15,)."""
    codes = np.full(len(TIER_2) + 1, len(OWN_CLASSES) + 1, np.uint8)
    codes[0] = 0
    for number, parts in enumerate(OWN_CLASSES.values(), start=1):
        codes[[1 + list(TIER_2).index(part) for part in parts]] = number
    return codes


def own_truth(archive: ArchivePaths, tile: str, year: int) -> npt.NDArray[np.uint8]:
    """True own class of each pixel of a tile's simulated area, uint8; for judging only."""
    with rasterio.open(archive.truth / tile / str(year) / "tier_2.tif") as source:
        found: npt.NDArray[np.uint8] = own_codes()[source.read(1)]
    return found


def write_own_case(spec: ArchiveSpec, archive: ArchivePaths, folder: Path) -> OwnCase:
    """Write ``area.geojson`` and ``own_labels.gpkg``; the same archive gives the same bytes.

    The area is the outline of all tiles without a margin and with its corners cut. Labels are
    dense polygons over windows of 32 × 32 pixels that each tile owns, a fifth of them, drawn as
    the training labels of the archive but without mistakes in the class.
    """
    folder.mkdir(parents=True, exist_ok=True)
    case = OwnCase(folder / AREA, folder / LABELS)
    target = f"EPSG:{spec.tiles[0].grid.epsg}"
    area = gpd.GeoDataFrame({"name": ["area"]}, geometry=[_area(spec)], crs=target)
    area.to_crs(4326).to_file(case.area, driver="GeoJSON")
    tables = [
        _labels(spec, each.tile, each.grid, year, own_truth(archive, each.tile, year))
        for each in spec.tiles
        for year in spec.years
    ]
    table = pd.concat([each.to_crs(target) for each in tables], ignore_index=True)
    write_geopackage(case.labels, table, "labels")
    return case


def _area(spec: ArchiveSpec) -> shapely.Polygon:
    """An octagon: whoever draws an area draws no square of a grid."""
    bounds = np.array([each.grid.bounds for each in spec.tiles])
    left, bottom = bounds[:, :2].min(axis=0)
    right, top = bounds[:, 2:].max(axis=0)
    margin = _MARGIN_SHARE * (top - bottom)
    left, bottom, right, top = left + margin, bottom + margin, right - margin, top - margin
    cut = (top - bottom) / 5
    return shapely.Polygon(
        [
            (left + cut, bottom), (right - cut, bottom), (right, bottom + cut),
            (right, top - cut), (right - cut, top), (left + cut, top),
            (left, top - cut), (left, bottom + cut),
        ]
    )  # fmt: skip


def _labels(
    spec: ArchiveSpec, tile: str, grid: PixelGrid, year: int, truth: npt.NDArray[np.uint8]
) -> gpd.GeoDataFrame:
    names = [*OWN_CLASSES, OTHER]
    rows = []
    for window in _windows(spec, tile, grid):
        rng = np.random.default_rng([spec.seed, *tile.encode(), window.row, window.col, year, 16])
        drawn = draw_once(rng, truth[window.slices], "train")
        rows += [
            (names[code - 1], year, shape)
            for shape, code in outline_polygons(drawn, grid.cut(window))
        ]
    table = pd.DataFrame(rows, columns=[COLUMN, "year", "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=f"EPSG:{grid.epsg}")


def _windows(spec: ArchiveSpec, tile: str, grid: PixelGrid) -> Sequence[Window]:
    """A fifth of the windows whose ground is the tile's own, the same in all years."""
    owned = owned_mask(tile, grid)
    size = min(_WINDOW_PX, grid.height // 4)
    all_of_it = [
        Window(row, col, size, size)
        for row in range(0, grid.height - size + 1, size)
        for col in range(0, grid.width - size + 1, size)
    ]
    own = [window for window in all_of_it if owned[window.slices].all()]
    number = max(2, round(_LABELLED_SHARE * len(own)))
    rng = np.random.default_rng([spec.seed, *tile.encode(), 16])
    return [own[place] for place in sorted(rng.permutation(len(own))[:number])]
