"""A GeoTIFF that somebody sent: judged by its header, then read window by window.

What belongs here: what an image must be to be mapped, and its pixels. What does not: receiving it
(``app``), the network (``predicting``).

The file is other people's bytes: it is opened by the GeoTIFF driver alone, and nothing of it is
read before its sizes are known to be harmless.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import (
    ImplausiblePixels,
    IncompatibleScene,
    SceneGridMismatch,
    UnreadableRaster,
)
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.serving.settings import ServiceSettings
from lulc_assets.core.tables.raster_blocks import MAX_BLOCK_BYTES, require_small_blocks

_STEP = 1e-4
_DTYPES = ("uint16", "int16", "float32")
_LARGEST_DN, _SMALLEST_TOP = 20_000, 100
_LOWEST, _HIGHEST = -0.2, 2.0
"""Reflectance: below zero by the correction of the atmosphere, above one by glint and by clouds."""
_PROBES = 5
_UTM = ((32601, 32660), (32701, 32760))
_EASTINGS, _NORTHINGS = (-200_000, 1_200_000), (-200_000, 10_200_000)
"""Metres. Tiles reach over the borders of their zone and over the equator."""
_GSD_TOLERANCE = 0.05
_VOTES = 4


class UploadedImage:
    """An open GeoTIFF with the bands of a bundle; a context manager.

    Args:
        path: local file.
        bundle: whose bands, in their order, it must hold.
        settings: limits.

    Raises:
        UnreadableRaster: no GeoTIFF, truncated, too large, or packed like a bomb.
        SceneGridMismatch: no georeference, another CRS than UTM, rotated, or another pixel size.
        IncompatibleScene: another number of bands.
        ImplausiblePixels: numbers that are not reflectance.
    """

    def __init__(self, path: Path, bundle: Bundle, settings: ServiceSettings) -> None:
        import rasterio
        from rasterio.errors import RasterioError

        self._stack = ExitStack()
        self._stack.enter_context(gdal_env())
        try:
            self._source = self._stack.enter_context(rasterio.open(path, driver="GTiff"))
            _require_size(self._source, settings)
            _require_bands(self._source, bundle)
            self.grid = _grid_of(self._source, bundle.gsd_m)
            self.scale, self.offset_dn = self._numbers()
        except RasterioError as error:
            self._stack.close()
            raise UnreadableRaster(
                f"the body cannot be read as a GeoTIFF: {_plain(error)}; send it again"
            ) from error
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "UploadedImage":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def read(self, window: Window) -> DnBlock:
        """A window in digital numbers; what is 0, no data or NaN in all or any band is not seen.

        Raises:
            UnreadableRaster: the file is truncated there.
        """
        values = self._read(window)
        finite = np.isfinite(values).all(axis=0) if values.dtype.kind == "f" else True
        valid: npt.NDArray[np.bool_] = (values != 0).any(axis=0) & finite
        nodata = self._source.nodata
        if nodata is not None and not np.isnan(nodata):
            valid &= (values != nodata).all(axis=0)
        if self._as_reflectance:
            values = np.nan_to_num(values) * np.float32(1 / _STEP)
        dn = np.clip(np.rint(values) if values.dtype.kind == "f" else values, 0, 65_535)
        seen = np.ascontiguousarray(dn.astype(np.uint16) * valid)
        scl = np.where(valid, np.uint8(_VOTES), np.uint8(0))
        return DnBlock(seen, valid, scl, self.offset_dn, self.scale)

    def _read(self, window: Window) -> npt.NDArray[Any]:
        from rasterio.errors import RasterioError
        from rasterio.windows import Window as RasterWindow

        part = RasterWindow(window.col, window.row, window.width, window.height)
        try:
            with gdal_env():
                return self._source.read(window=part)
        except (RasterioError, OSError) as error:
            raise UnreadableRaster(
                f"the image is truncated or damaged: {_plain(error)}; send it again"
            ) from error

    def _numbers(self) -> tuple[float, float]:
        """Scale and offset of stored numbers, from the file's own tags or by its pixels."""
        source, self._as_reflectance = self._source, False
        scales, offsets = set(source.scales), set(source.offsets)
        low, top = self._extremes()
        if len(scales) > 1 or len(offsets) > 1:
            raise ImplausiblePixels("bands have different scales; write them with one")
        (scale,), (offset,) = scales, offsets
        if scale != 1 or offset != 0:
            if not 0 < scale <= 1e-2 or not -1 <= offset <= 1:
                raise ImplausiblePixels(
                    f"scale {scale:g} with offset {offset:g} is not reflectance"
                )
            if top * scale + offset > _HIGHEST or low * scale < _LOWEST:
                raise ImplausiblePixels(
                    f"with scale {scale:g} and offset {offset:g}, tags of the file, its numbers "
                    f"({low:g} to {top:g}) are not reflectance: mend these tags"
                )
            return float(scale), float(offset / scale)
        self._as_reflectance = source.dtypes[0].startswith("float") and top <= _HIGHEST
        lowest = _LOWEST if self._as_reflectance else _LOWEST / _STEP
        small = 0 < top < _SMALLEST_TOP and not self._as_reflectance
        if top > _LARGEST_DN or low < lowest or small:
            raise ImplausiblePixels(
                f"numbers reach from {low:g} to {top:g}; reflectance x 10000 is expected, or "
                "floats of 0-1, or the scale and the offset as tags of the file: scale them, and "
                "declare what stands for no data"
            )
        return _STEP, 0.0

    def _extremes(self) -> tuple[float, float]:
        """Smallest and largest number of some windows, but for no data; 0 where there is none."""
        low, top, nodata = 0.0, 0.0, self._source.nodata
        for window in _probes(self.grid):
            values = self._read(window)
            kept = ~np.isnan(values)
            if nodata is not None and not np.isnan(nodata):
                kept &= values != nodata
            low = min(low, float(values.min(where=kept, initial=0)))
            top = max(top, float(values.max(where=kept, initial=0)))
        return low, top


def _require_size(source: Any, settings: ServiceSettings) -> None:
    height, width = source.shape
    if max(height, width) > settings.max_side_px or height * width > settings.max_pixels:
        raise UnreadableRaster(
            f"the image has {width} x {height} px; at most {settings.max_side_px} px a side and "
            f"{settings.max_pixels:,} px in all are served: cut it"
        )
    require_small_blocks(source, "the image", UnreadableRaster)
    rows, cols = source.block_shapes[0]
    itemsize = np.dtype(source.dtypes[0]).itemsize
    if source.interleaving and source.interleaving.name == "pixel":
        itemsize *= source.count
    if rows * cols * itemsize > MAX_BLOCK_BYTES:
        raise UnreadableRaster(
            "the image is packed in blocks of more than 64 MB: write it as a COG"
        )


def _require_bands(source: Any, bundle: Bundle) -> None:
    if source.count != len(bundle.bands):
        raise IncompatibleScene(
            f"the image has {source.count} bands; the model takes {len(bundle.bands)}, in this "
            f"order: {', '.join(bundle.bands)}"
        )
    kinds = set(source.dtypes)
    if len(kinds) > 1 or not kinds <= set(_DTYPES):
        raise ImplausiblePixels(
            f"the image holds {', '.join(sorted(kinds))}; reflectance is stored as one of "
            f"{', '.join(_DTYPES)}"
        )


def _grid_of(source: Any, gsd_m: float) -> PixelGrid:
    transform = source.transform
    if not source.crs or transform.is_identity:
        raise SceneGridMismatch("the image has no georeference: give it its CRS and transform")
    epsg = source.crs.to_epsg()
    if epsg is None:
        raise SceneGridMismatch(
            f"the image's CRS has no EPSG code ({source.crs.to_string()[:80]}); a UTM zone "
            "(EPSG:326xx, 327xx) is needed: warp it"
        )
    if not any(first <= epsg <= last for first, last in _UTM):
        raise SceneGridMismatch(
            f"the image is in EPSG:{epsg}; a UTM zone (EPSG:326xx, 327xx) is needed: warp it"
        )
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise SceneGridMismatch("the image is rotated or not north-up: warp it")
    pixel = float(transform.a)
    square = abs(transform.a + transform.e) <= 1e-6 * pixel
    if not square or abs(pixel - gsd_m) > _GSD_TOLERANCE * gsd_m:
        raise SceneGridMismatch(
            f"the image has pixels of {pixel:g} x {-transform.e:g} m, the model takes {gsd_m:g} m: "
            "resample it"
        )
    grid = PixelGrid(epsg, transform.c, transform.f, source.height, source.width, pixel)
    left, bottom, right, top = grid.bounds
    (west, east), (south, north) = _EASTINGS, _NORTHINGS
    if not (west <= left and right <= east and south <= bottom and top <= north):
        raise SceneGridMismatch(
            f"the image's corner lies at {left:g}, {top:g} of EPSG:{epsg}, which is nowhere "
            "in a UTM zone: mend its transform"
        )
    return grid


def _probes(grid: PixelGrid) -> list[Window]:
    """Some small windows, from corner to corner."""
    side = min(64, grid.height, grid.width)
    steps = np.linspace(0, 1, _PROBES)
    return [
        Window(int(s * (grid.height - side)), int(s * (grid.width - side)), side, side)
        for s in steps
    ]


def _plain(error: BaseException) -> str:
    """What GDAL says, without paths and scratch names of this machine."""
    text = str(error.__cause__ or error)
    return " ".join(w for w in text.split() if "/" not in w and ".tif" not in w)[:200]
