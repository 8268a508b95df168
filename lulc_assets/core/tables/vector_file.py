"""Reading a vector file that somebody delivered: points of a sample, zones.

What belongs here: any format that GDAL reads, and GeoParquet. What does not: what the
columns must be.
"""

from pathlib import Path

import geopandas
from pyogrio.errors import DataLayerError, DataSourceError

from lulc_assets.core.errors import LulcError


def read_vector(path: Path, layer: str | None, error: type[LulcError]) -> geopandas.GeoDataFrame:
    """Read a file with geometries.

    Args:
        path: of the file.
        layer: of a file with several, or None.
        error: raised, naming the file, where it cannot be read or has no geometries.
    """
    try:
        if path.suffix == ".parquet":
            return geopandas.read_parquet(path, use_threads=False, pre_buffer=False)
        frame = geopandas.read_file(path, layer=layer) if layer else geopandas.read_file(path)
    except (DataSourceError, DataLayerError, OSError, ValueError) as cause:
        raise error(f"{path}: cannot be read as a vector file: {cause}") from cause
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise error(f"{path}: has no geometries")
    return frame
