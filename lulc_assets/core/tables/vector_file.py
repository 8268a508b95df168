"""The one reader of vector files that somebody delivered: labels, zones, points of a sample.

What belongs here: opening them with a named driver, layers, encodings, and names in one
spelling. What does not: what the columns must be, and geometries that are not sound.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio

from lulc_assets.core.errors import LulcError
from lulc_assets.core.tables.shapefile import companions_of, decode_table, keeps_encoding
from lulc_assets.core.tables.text_file import tidy
from lulc_assets.core.tables.vector_format import (
    GEODATABASE,
    GEOPACKAGE,
    GEOPARQUET,
    SHAPEFILE,
    VectorFormat,
    find_format,
)

_STYLES = ("layer_styles",)
"""Tables that QGIS keeps beside the data."""


def read_vector(path: Path, layer: str | None, error: type[LulcError]) -> geopandas.GeoDataFrame:
    """Read the features of a file.

    Args:
        path: of a GeoPackage, shapefile, GeoJSON, FlatGeobuf or GeoParquet file, or of the
            folder of a File Geodatabase.
        layer: of a file with several, or None for its only spatial one.
        error: raised, naming the file, where it cannot be read, has no geometries, or has
            several spatial layers and none is named.

    Returns:
        Rows in the file's order and CRS, numbered from 0; column names and text in Unicode's
        composed form without blanks around it. Geometries may be missing.
    """
    form = find_format(path, error)
    if form is GEOPARQUET:
        return _tidied(_read_parquet(path, error))
    chosen = layer
    if chosen is None:
        spatial = [name for name, kind in list_layers(path, error) if kind]
        if not spatial:
            raise error(f"{path}: has no geometries")
        if len(spatial) > 1:
            raise error(
                f"{path}: holds several layers, {', '.join(map(repr, spatial))}; name the one "
                "that is meant (--layer, or layer in the project file)"
            )
        chosen = spatial[0]
    frame = _read_layer(path, form, chosen, error)
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise error(f"{path}: layer {chosen!r} has no geometries")
    return frame


def read_attributes(path: Path, columns: Sequence[str], error: type[LulcError]) -> pd.DataFrame:
    """Read a vector file for its columns alone.

    Where it has several layers, spatial or not, the only one with the wanted columns is read.

    Args:
        path: as of :func:`read_vector`.
        columns: that the layer must have, compared without regard to case.
        error: likewise.
    """
    form = find_format(path, error)
    if form is GEOPARQUET:
        return pd.DataFrame(_tidied(_read_parquet(path, error)))
    names = [name for name, _ in list_layers(path, error)]
    frames = [_read_layer(path, form, name, error) for name in names]
    wanted = {column.casefold() for column in columns}
    fitting = [f for f in frames if wanted <= {str(c).casefold() for c in f.columns}]
    if len(frames) > 1 and len(fitting) != 1:
        raise error(
            f"{path}: {len(fitting) or 'none'} of the layers {', '.join(map(repr, names))} have "
            f"the columns {', '.join(columns)}; save the one that is meant as a file of its own"
        )
    return pd.DataFrame(fitting[0] if fitting else frames[0])


def list_layers(path: Path, error: type[LulcError]) -> list[tuple[str, str | None]]:
    """Layers of a file that GDAL reads: name, and kind of geometry (None: a plain table)."""
    form = find_format(path, error)
    if form is GEOPARQUET:
        return [(path.stem, "Unknown")]
    if form is SHAPEFILE:
        companions_of(path, error)
    try:
        with _quiet():
            found = pyogrio.list_layers(path.resolve())
    except Exception as cause:  # pyogrio's errors have no base class of their own
        raise error(_told(path, form, cause)) from cause
    layers = [(str(name), None if kind is None else str(kind)) for name, kind in found]
    return [(name, kind) for name, kind in layers if name not in _STYLES]


def _read_layer(
    path: Path, form: VectorFormat, layer: str, error: type[LulcError]
) -> geopandas.GeoDataFrame | pd.DataFrame:
    options: dict[str, Any] = {}
    if form is SHAPEFILE:
        companions_of(path, error)
        if not keeps_encoding(path):
            options["encoding"] = "ISO-8859-1"  # byte for byte: decoded below
    try:
        with _quiet() as heard:
            driver = pyogrio.read_info(path.resolve(), layer=layer, **options)["driver"]
            if driver not in form.drivers:
                raise error(f"{path}: is opened as {driver}, not as a {form.name}; export it again")
            frame = pyogrio.read_dataframe(path.resolve(), layer=layer, **options)
    except LulcError:
        raise
    except Exception as cause:  # GDAL, GEOS, PROJ and numpy share no base class
        raise error(_told(path, form, cause, layer)) from cause
    garbled = [str(one.message) for one in heard if "convert" in str(one.message).lower()
               and "character" in str(one.message).lower()]  # fmt: skip
    if garbled:
        raise error(
            f"{path}: text is not in the encoding that the file names ({garbled[0]}); correct the "
            ".cpg file or save it as GeoPackage"
        )
    if "encoding" in options:
        frame = decode_table(frame, path, error)
    return _tidied(frame)


def _read_parquet(path: Path, error: type[LulcError]) -> geopandas.GeoDataFrame:
    try:
        return geopandas.read_parquet(path, use_threads=False, pre_buffer=False)
    except Exception as cause:  # pyarrow, geopandas and shapely share no base class
        raise error(f"{path}: cannot be read as GeoParquet: {cause}") from cause


def _told(path: Path, form: VectorFormat, cause: Exception, layer: str = "") -> str:
    """A message for a file that the library refused."""
    if "layer" in str(cause).lower() and layer and layer in str(cause):
        names = ", ".join(repr(name) for name, _ in list_layers(path, LulcError))
        return f"{path}: has no layer {layer!r}; it has {names}"
    hint = ""
    if form in (GEOPACKAGE, GEODATABASE):
        hint = "; if another program has it open, close it there, else export it again"
    return f"{path}: cannot be read as a {form.name}: {cause}{hint}"


@contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Collects warnings of the library, which concern features that are not used."""
    log = logging.getLogger("pyogrio._io")
    level = log.level
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        log.setLevel(logging.CRITICAL)
        try:
            yield heard
        finally:
            log.setLevel(level)


def _tidied(frame: Any) -> Any:
    """Names and text in one spelling, rows numbered from 0."""
    tidied = frame.rename(columns={c: tidy(str(c)) for c in frame.columns}).reset_index(drop=True)
    for column in tidied.columns:
        if tidied[column].dtype == object or pd.api.types.is_string_dtype(tidied[column]):
            tidied[column] = tidied[column].map(
                lambda value: tidy(value) if isinstance(value, str) else value
            )
    return tidied
