"""Writing the archive's vector files: GeoPackages with reproducible bytes.

What belongs here: one way of writing. GeoPackage keeps the time of its last change; GDAL
takes that time from a setting, which is fixed here for the length of one write.
"""

from pathlib import Path

import geopandas as gpd
import pyogrio

_FIXED_TIME = "2000-01-01T00:00:00Z"


def write_geopackage(path: Path, table: gpd.GeoDataFrame, layer: str) -> None:
    """Write one layer into a new GeoPackage."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_TIME})
    try:
        table.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
