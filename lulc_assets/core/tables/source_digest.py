"""What a delivered file is, as one digest: its content, not the bytes of one of its files.

What belongs here: the identity of vector files, rasters and tables that people edit. What
does not: files of the store, which never change (``core/store``).

A class that was corrected in QGIS changes the .dbf of a shapefile only, or stands in the
``-wal`` of a GeoPackage that is still open; looking at a GeoPackage changes its bytes and
nothing else. So the digest covers what the readers return.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.errors import RasterioError

from lulc_assets.core.errors import LabelError, LulcError
from lulc_assets.core.tables.raster_blocks import require_small_blocks
from lulc_assets.core.tables.vector_file import list_layers, read_vector
from lulc_assets.core.tables.vector_format import FORMATS, is_geodatabase

RASTER_SUFFIXES = (".tif", ".tiff")
_VECTOR_SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes if suffix != ".json")
"""Of files that are read for their content; a .json may be any other document."""


def digest_of_source(
    path: str | Path, layer: str | None = None, error: type[LulcError] = LabelError
) -> str:
    """SHA-256 of the content of a delivered file; empty where there is none.

    Args:
        path: of a vector file or folder, a GeoTIFF, or any other file (then of its bytes).
        layer: of a vector file; None: all spatial ones.
        error: raised where it cannot be read.
    """
    file = Path(path)
    if not str(path) or not (file.is_file() or is_geodatabase(file)):
        return ""
    digest = hashlib.sha256()
    if file.suffix.lower() in RASTER_SUFFIXES:
        _add_raster(digest, file, error)
    elif file.is_dir() or file.suffix.lower() in _VECTOR_SUFFIXES:
        every = [name for name, kind in list_layers(file, error) if kind]
        for name in [layer] if layer else every:
            digest.update(name.encode() + b"\0")
            _add_frame(digest, read_vector(file, name, error))
    else:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _add_frame(digest: "hashlib._Hash", frame: geopandas.GeoDataFrame) -> None:
    crs = frame.crs.to_json() if frame.crs is not None else ""
    digest.update(json.dumps([crs, len(frame), [str(c) for c in frame.columns]]).encode())
    for column in frame.columns:
        values = frame[column]
        if column == frame.geometry.name:
            known = [b"" if one is None else one for one in shapely.to_wkb(values.to_numpy())]
            digest.update(b"".join(len(one).to_bytes(8, "little") + one for one in known))
        elif pd.api.types.is_numeric_dtype(values) and isinstance(values.dtype, np.dtype):
            digest.update(str(values.dtype).encode() + values.to_numpy().tobytes())
        else:
            texts = [None if _is_missing(value) else str(value) for value in values]
            digest.update(json.dumps(texts).encode())


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _add_raster(digest: "hashlib._Hash", path: Path, error: type[LulcError]) -> None:
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            require_small_blocks(raster, str(path), error)
            crs = raster.crs.to_wkt() if raster.crs else ""
            head = [crs, list(raster.transform), raster.shape, raster.dtypes, repr(raster.nodata)]
            digest.update(json.dumps(head).encode())
            for band in raster.indexes:
                for _, window in raster.block_windows(band):
                    digest.update(raster.read(band, window=window).tobytes())
                    digest.update(raster.read_masks(band, window=window).tobytes())
    except RasterioError as cause:
        raise error(f"{path}: cannot be read as a GeoTIFF: {cause}") from cause
