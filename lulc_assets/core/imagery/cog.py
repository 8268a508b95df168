"""Product layers: written, read and validated as one-band Cloud Optimized GeoTIFFs.

What belongs here: bytes on local disk. What does not: publishing them (``core/store``,
``core/publishing``) or reading scenes (``reader``).

One layer per file: the COG driver has one overview resampling per file. Bytes depend on the
pixels, the grid and the arguments only.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.windows
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter
from rio_cogeo.cogeo import cog_validate

from lulc_assets.core.code_counts import count_codes
from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.imagery.written import require_whole, told_by_name
from lulc_assets.core.whole_files import whole_file

LayerKind = Literal["class", "continuous"]

BLOCK_PX = 512
"""Side of a tile in the file; the usual choice for range requests over HTTP."""

DEFLATE_LEVEL = 6
"""Default of zlib; higher levels cost much time and save a few per cent."""

Colormap = Mapping[int, tuple[int, ...]]
"""Code → (red, green, blue) or (red, green, blue, alpha), 0–255."""


def write_cog(
    path: Path,
    array2d: npt.NDArray[Any],
    grid: PixelGrid,
    *,
    kind: LayerKind,
    nodata: int | None = None,
    colormap: Colormap | None = None,
    description: str = "",
) -> Path:
    """Write one layer; a killed writer leaves no file of this name.

    Args:
        path: target; its folder is made if need be.
        array2d: (h, w) of the grid, any dtype that GeoTIFF knows.
        grid: where the pixels lie.
        kind: ``class``: overviews by mode, no predictor; ``continuous``: overviews by
            average, horizontal differencing.
        nodata: value that the file declares as no data.
        colormap: colours of codes; uint8 only.
        description: name of the band.

    Returns:
        ``path``.

    Raises:
        InvalidProduct: the array does not have the grid's shape.
        OSError: it did not reach the disk whole (``written``).
    """
    if array2d.shape != grid.shape:
        raise InvalidProduct(
            f"{path.name}: array of shape {array2d.shape} for a grid of {grid.shape}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = layer_profile(grid, array2d.dtype, nodata) | cog_options(kind, array2d.dtype)
    with told_by_name(path, array2d.nbytes), whole_file(path, durable=False) as part:
        with gdal_env(), rasterio.open(part, "w", driver="COG", **profile) as target:
            target.write(array2d, 1)
            dress_band(target, colormap, description)
        require_whole(part)
    return path


def layer_profile(grid: PixelGrid, dtype: npt.DTypeLike, nodata: int | None) -> dict[str, Any]:
    """What ``rasterio.open`` is told of any file with one layer on a grid."""
    return {
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": np.dtype(dtype).name,
        "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform,
        "nodata": nodata,
    }


def dress_band(target: DatasetWriter, colormap: Colormap | None, description: str) -> None:
    """Give the band of an open file its colours and its name, where there are any."""
    if colormap is not None:
        target.write_colormap(1, dict(colormap))
    if description:
        target.set_band_description(1, description)


def cog_options(kind: LayerKind, dtype: npt.DTypeLike) -> dict[str, Any]:
    """Creation options of GDAL's COG driver for a layer; one thread, so that bytes are equal."""
    is_float = np.issubdtype(dtype, np.floating)
    return {
        "compress": "DEFLATE",
        "level": DEFLATE_LEVEL,
        "predictor": "NO" if kind == "class" else ("FLOATING_POINT" if is_float else "STANDARD"),
        "blocksize": BLOCK_PX,
        "overview_resampling": "MODE" if kind == "class" else "AVERAGE",
        "num_threads": 1,
    }


def read_raster(path: Path | str, window: Window | None = None) -> npt.NDArray[Any]:
    """The first band of a local GeoTIFF, or a window of it, in the file's dtype.

    Raises:
        UnreadableRaster: missing, not a GeoTIFF, damaged, or the window sticks out.
    """
    try:
        with gdal_env(), rasterio.open(path, driver="GTiff") as source:
            if window is None:
                return source.read(1)
            if (
                min(window.row, window.col) < 0
                or window.row + window.height > source.height
                or window.col + window.width > source.width
            ):
                raise UnreadableRaster(
                    f"{path}: {window} is not inside its {source.height} × {source.width} pixels"
                )
            part = rasterio.windows.Window(window.col, window.row, window.width, window.height)
            return source.read(1, window=part)
    except (RasterioError, OSError) as error:
        raise UnreadableRaster(
            f"cannot read {path}: {error.__cause__ or error}; the file is missing or damaged"
        ) from error


def read_coarse(path: Path | str, max_px: int) -> npt.NDArray[Any]:
    """The first band with no side longer than ``max_px``, for pictures.

    Read from the nearest overview, every so many pixels: little memory, whatever the size.

    Raises:
        UnreadableRaster: missing, not a GeoTIFF or damaged.
    """
    try:
        with gdal_env(), rasterio.open(path, driver="GTiff") as source:
            step = -(-max(source.shape) // max_px)
            return source.read(1, out_shape=tuple(-(-side // step) for side in source.shape))
    except (RasterioError, OSError) as error:
        raise UnreadableRaster(
            f"cannot read {path}: {error.__cause__ or error}; the file is missing or damaged"
        ) from error


def validate_layer(
    path: Path | str,
    grid: PixelGrid,
    *,
    dtype: str | np.dtype[Any] | type[np.generic],
    legal_values: Collection[int] | None,
) -> None:
    """Check a layer before it is published; every pixel is read.

    Args:
        path: local file.
        grid: the grid it must lie on.
        dtype: the dtype it must have.
        legal_values: the codes it may hold; None: any finite value.

    Raises:
        InvalidProduct: names the file and what is wrong with it.
    """
    try:
        with gdal_env(), rasterio.open(path, driver="GTiff") as source:
            _check_header(source, path, grid, np.dtype(dtype))
            _check_values(source.read(1), path, legal_values)
    except (RasterioError, OSError) as error:
        raise InvalidProduct(f"{path} cannot be read: {error.__cause__ or error}") from error
    with gdal_env():
        is_cog, errors, _ = cog_validate(str(path), quiet=True)
    if not is_cog:
        raise InvalidProduct(f"{path} is not a valid COG: {'; '.join(errors)}")


def _check_header(
    source: rasterio.DatasetReader, path: Path | str, grid: PixelGrid, dtype: np.dtype[Any]
) -> None:
    found = {
        "number of bands": (source.count, 1),
        "shape": (source.shape, grid.shape),
        "CRS": (source.crs.to_epsg() if source.crs else None, grid.epsg),
        "transform": (tuple(source.transform)[:6], tuple(grid.transform)[:6]),
        "dtype": (source.dtypes[0], dtype.name),
    }
    for name, (is_value, must) in found.items():
        if is_value != must:
            raise InvalidProduct(f"{path}: {name} is {is_value}, must be {must}")


def _check_values(
    array: npt.NDArray[Any], path: Path | str, legal_values: Collection[int] | None
) -> None:
    if legal_values is None:
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise InvalidProduct(f"{path}: holds NaN or infinity")
        return
    illegal = {value: count for value, count in _counts(array) if value not in legal_values}
    if illegal:
        listed = ", ".join(f"{value} ({count} pixels)" for value, count in illegal.items())
        raise InvalidProduct(f"{path}: values that are not legal: {listed}")


def _counts(array: npt.NDArray[Any]) -> list[tuple[Any, int]]:
    """Values that occur, and their pixels."""
    if array.dtype == np.uint8:
        return [(code, n) for code, n in enumerate(count_codes(array).tolist()) if n]
    values, counts = np.unique(array, return_counts=True)
    return list(zip(values.tolist(), counts.tolist(), strict=True))
