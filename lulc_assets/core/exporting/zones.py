"""Areas by district for people without our software: a table, and a GeoPackage to colour.

What belongs here: rows of ``core/accuracy/zone_table`` as columns. What does not: areas, pages.
"""

import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from lulc_assets.core.accuracy.zone_table import ZoneTable, zone_rows
from lulc_assets.core.tables.geopackage import reproducible_geopackage

_NAN = float("nan")


def zone_frame(table: ZoneTable) -> pd.DataFrame:
    """One row per zone and class: hectares on the map, estimated ones with interval, units."""
    rows = [
        {
            "zone": row.zone,
            "class": row.class_name,
            "title": row.title,
            "mapped_ha": row.mapped_ha,
            "area_ha": _NAN if row.area_ha is None else row.area_ha.value,
            "area_ci_low_ha": _NAN if row.area_ha is None else row.area_ha.ci_low,
            "area_ci_high_ha": _NAN if row.area_ha is None else row.area_ha.ci_high,
            "units": row.units,
            "verdict": row.verdict,
        }
        for row in zone_rows(table.areas)
    ]
    return pd.DataFrame(rows)


def zone_package(shapes: gpd.GeoDataFrame, table: ZoneTable) -> bytes:
    """A GeoPackage, the same bytes for the same figures.

    Args:
        shapes: ``zone`` and geometry, EPSG:4326.
        table: areas of those zones.

    Returns:
        Layer ``zones`` has a column of hectares per class and figure, for colouring; layer
        ``areas`` is :func:`zone_frame`, without geometry.
    """
    areas = zone_frame(table)
    wide: dict[str, dict[str, float]] = {str(zone): {} for zone in shapes["zone"]}
    for row in zone_rows(table.areas):
        name, area = row.class_name, row.area_ha
        wide[row.zone][f"{name}_mapped_ha"] = row.mapped_ha
        if area is not None:
            wide[row.zone] |= {
                f"{name}_est_ha": area.value,
                f"{name}_low_ha": area.ci_low,
                f"{name}_high_ha": area.ci_high,
            }
    joined = shapes.join(pd.DataFrame.from_dict(wide, orient="index"), on="zone")
    with tempfile.TemporaryDirectory() as folder, reproducible_geopackage():
        path = Path(folder) / "zones.gpkg"
        pyogrio.write_dataframe(joined, path, layer="zones", driver="GPKG")
        pyogrio.write_dataframe(areas, path, layer="areas", driver="GPKG", append=True)
        return path.read_bytes()
