"""The labels of one tile and year, from whatever a project delivers.

What belongs here: polygons or raster, gold drawings beside them, roles before or after the
cut. What does not: how each kind is read (``source``, ``raster``).
"""

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from lulc_assets.core.errors import LabelError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.raster import is_raster, read_raster_labels
from lulc_assets.core.labels.reading import read_labels, with_drawn_roles
from lulc_assets.core.labels.schema import GOLD, validate_labels
from lulc_assets.core.labels.source import LabelSet, LabelSource
from lulc_assets.core.labels.table import labels_of


def deliver_labels(
    source: LabelSource, tile: str, year: int, grid: PixelGrid, *, draw_after_cut: bool = False
) -> LabelSet:
    """Read a source and cut it to a tile and year.

    Args:
        source: of the project.
        tile: MGRS tile.
        year: year of the map. A raster holds for every year.
        grid: area of interest on the tile's grid.
        draw_after_cut: draw roles among those parts that lie in the area of interest.

    Returns:
        Labels in the grid's CRS, sorted by ``label_id``; maybe without rows.

    Raises:
        LabelError: and its subclasses, as the readers say.
    """
    if is_raster(source.path):
        read = read_raster_labels(source, grid)
        labels = labels_of(read.table, tile, year, grid)
    else:
        read = read_labels(source)
        labels = labels_of(read.table, tile, year, grid)
        if draw_after_cut and not source.gives_roles:
            labels = with_drawn_roles(labels, source)
    report = read.report
    if source.gold_path is not None:
        replaced = labels["role"] == GOLD
        drawings = _gold_drawings(source, tile, year, grid)
        labels = _joined(labels.loc[~replaced], drawings, source)
        report = replace(report, gold_replaced=int(replaced.sum()))
    return LabelSet(labels, report)


def _gold_drawings(source: LabelSource, tile: str, year: int, grid: PixelGrid) -> gpd.GeoDataFrame:
    if source.annotator_column is None:
        raise LabelError(
            f"{source.gold_path}: drawings of gold windows need annotator_column, the column "
            "that says who drew a polygon"
        )
    drawn = replace(
        source,
        path=str(source.gold_path),
        layer=source.gold_layer,
        role_column=None,  # gold_path stays: no role is drawn
    )
    table = read_labels(drawn).table.assign(role=GOLD)
    if (table["window_id"] == "").any():
        raise LabelError(f"{source.gold_path}: every drawing of a gold window needs a window_id")
    return labels_of(table, tile, year, grid)


def _joined(
    labels: gpd.GeoDataFrame, drawings: gpd.GeoDataFrame, source: LabelSource
) -> gpd.GeoDataFrame:
    if labels.empty or drawings.empty:
        return labels if drawings.empty else drawings
    shared = [c for c in drawings.columns if c in labels.columns]
    table = pd.concat([labels[shared], drawings[shared]], ignore_index=True)
    joined = gpd.GeoDataFrame(table, geometry="geometry", crs=labels.crs)
    where = f"{source.path} with {source.gold_path}"
    return validate_labels(joined.sort_values("label_id").reset_index(drop=True), where)
