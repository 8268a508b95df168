"""The label table of one tile and year: cut, stored, summarised.

What belongs here: selecting and cutting validated labels, their GeoParquet file, and the
small table that people look at. What does not: reading sources (``source``).
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lulc_assets.core.errors import InvalidGeometry, LabelError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.schema import validate_labels
from lulc_assets.core.legend import KARRA_10, Legend

_M2_PER_HA = 10_000.0


def labels_of(labels: gpd.GeoDataFrame, tile: str, year: int, grid: PixelGrid) -> gpd.GeoDataFrame:
    """The labels of one tile and year, cut to the footprint of its grid.

    Where the table has a ``tile`` or a ``year`` column, only equal rows are taken; a table
    without them holds for every tile and year. Parts outside the footprint are cut off, so
    that areas count what lies in the grid.

    Args:
        labels: as :func:`lulc_assets.core.labels.reading.read_labels` returns them.
        tile: MGRS tile.
        year: year of the map.
        grid: area of interest on the tile's grid.

    Returns:
        The same columns in the grid's CRS, sorted by ``label_id``; maybe without rows.

    Raises:
        InvalidGeometry: a geometry cannot be expressed in the grid's CRS.
    """
    chosen = np.ones(len(labels), dtype=bool)
    if "tile" in labels.columns:
        chosen &= (labels["tile"] == tile).to_numpy()
    if "year" in labels.columns:
        chosen &= (labels["year"] == year).to_numpy()
    here = to_grid_crs(labels.loc[chosen], grid)
    footprint = shapely.box(*grid.bounds)
    here = here.loc[here.intersects(footprint)].copy()
    here["geometry"] = _polygonal_parts(here.geometry.intersection(footprint))
    here = here.loc[here.area > 0].sort_values("label_id").reset_index(drop=True)
    return validate_labels(here, f"labels of {tile} {year}")


def _polygonal_parts(series: gpd.GeoSeries) -> gpd.GeoSeries:
    """Drop the points and lines that a cut can leave beside the polygons."""

    def keep(geometry: shapely.Geometry) -> shapely.Geometry:
        if geometry.geom_type != "GeometryCollection":
            return geometry
        return shapely.union_all([g for g in geometry.geoms if g.area > 0])

    return gpd.GeoSeries([keep(g) for g in series], index=series.index, crs=series.crs)


def to_grid_crs(labels: gpd.GeoDataFrame, grid: PixelGrid) -> gpd.GeoDataFrame:
    """The labels in the grid's CRS; unchanged when they are in it already.

    Raises:
        InvalidGeometry: a geometry lies where the CRS is not defined.
    """
    if labels.crs == f"EPSG:{grid.epsg}":
        return labels
    moved = labels.to_crs(epsg=grid.epsg)
    finite = np.isfinite(moved.bounds.to_numpy()).all(axis=1)
    if not finite.all():
        raise InvalidGeometry(
            f"label {moved['label_id'].to_numpy()[~finite][0]}: cannot be expressed in "
            f"EPSG:{grid.epsg}; check the coordinates and the CRS of the labels"
        )
    return moved


def write_labels(path: Path, labels: gpd.GeoDataFrame) -> Path:
    """Write a label table as GeoParquet, sorted by id; same labels, same bytes.

    Raises:
        LabelError: the table breaks the schema.
    """
    table = labels.sort_values("label_id").reset_index(drop=True)
    table.attrs.clear()
    validate_labels(table, str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path, index=False, compression="zstd")
    return path


def read_label_table(path: Path) -> gpd.GeoDataFrame:
    """Read what :func:`write_labels` wrote.

    Raises:
        LabelError: missing, unreadable, or it breaks the schema.
    """
    try:
        table = gpd.read_parquet(path)
    except Exception as error:  # pyarrow, geopandas and the file system share no base class
        raise LabelError(f"label table {path} cannot be read: {error}") from error
    return validate_labels(table, str(path))


def summarise_labels(labels: gpd.GeoDataFrame, legend: Legend = KARRA_10) -> pd.DataFrame:
    """Count polygons and area by class and role.

    Args:
        labels: a label table in a projected CRS in metres, as :func:`labels_of` returns it.
        legend: of the codes.

    Returns:
        Columns ``class_code, class_name, role, polygons, area_ha`` (plane area in the
        labels' CRS), sorted by code and role; only combinations that occur.
    """
    areas = pd.DataFrame(
        {
            "class_code": labels["class_code"].astype(int),
            "role": labels["role"],
            "area_ha": labels.area / _M2_PER_HA,
        }
    )
    table = (
        areas.groupby(["class_code", "role"], sort=True)["area_ha"]
        .agg(polygons="size", area_ha="sum")
        .reset_index()
    )
    names = [legend.by_code(code).name for code in table["class_code"]]
    table.insert(1, "class_name", pd.Series(names, dtype=object))
    return table
