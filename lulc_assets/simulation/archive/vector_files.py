"""Writing the archive's vector files: GeoPackages with reproducible bytes.

What belongs here: one way of writing.
"""

from pathlib import Path

import geopandas as gpd

from lulc_assets.core.tables.geopackage import reproducible_geopackage


def write_geopackage(path: Path, table: gpd.GeoDataFrame, layer: str) -> None:
    """Write one layer into a new GeoPackage."""
    with reproducible_geopackage():
        table.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
