"""One open raster of a scene, and its pixels on a window of another grid.

What belongs here: opening, reading a window with the right sampling. What does not: whether
the raster fits the grid (``fit``), what the numbers mean (``reader``), or how remote bytes
come (``remote``).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.windows
from rasterio.errors import RasterioError

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.access import Access
from lulc_assets.core.imagery.checksum import require_checksum, require_checksum_of
from lulc_assets.core.imagery.emptiness import MARGIN_PX, solid_zeros
from lulc_assets.core.imagery.fit import is_aligned, require_fit
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.imagery.href import check_href, is_remote, local_path, shown
from lulc_assets.core.imagery.numbers import broken_numbers, least_number, own_scale
from lulc_assets.core.imagery.remote import RemoteFile, SingleFile
from lulc_assets.core.imagery.resample import (
    Axis,
    BoolArray,
    FloatArray,
    place_axis,
    sample_bilinear,
    sample_nearest,
)
from lulc_assets.core.tables.raster_blocks import require_small_blocks

SKIPPED = 4.0
"""A lattice whose cells are more than this many of the file's pixels reads mostly in vain."""


@dataclass(frozen=True)
class BandWindow:
    """Digital numbers of one band on a window of the target grid.

    Attributes:
        dn: float32 (h, w); 0 where nothing was stored.
        usable: bool (h, w); False outside the file and where the file holds NaN, its own
            no-data value other than 0, or less than any reflectance (``numbers``).
    """

    dn: FloatArray
    usable: BoolArray


class RasterSource:
    """A single-band raster that stays open, and where it lies on the target grid.

    A source serves one thread at a time.
    """

    def __init__(
        self,
        href: str,
        grid: PixelGrid,
        *,
        gsd_m: float,
        access: Access,
        lattice: bool = False,
        codes: bool = False,
        checksum: str = "",
    ):
        """Open the file and check that it can be read onto ``grid``.

        Args:
            href: path or URL; ``file``, ``http``, ``https`` and ``s3``.
            grid: target grid; windows are pixels of it.
            gsd_m: ground sampling that is promised or will do, metres; a much coarser file is
                refused.
            access: how the scene's files are opened.
            lattice: ``grid`` is a coarse lattice: the coarsest overview that is still finer
                than it is read instead of the full resolution.
            codes: the file is a mask layer: its numbers have no scale.
            checksum: of the whole file, as the item states it; see ``checksum``.

        Raises:
            HrefRefused: the href's form, address or a redirect is not allowed.
            ImplausiblePixels: its numbers are of a type that cannot hold reflectance.
            UnreadableRaster: missing, another format, not one band, or another file than the
                item describes.
            SceneGridMismatch: other CRS, rotated, or another pixel size than promised.
        """
        self.href = shown(check_href(href))
        self.grid = grid
        self.access = access
        self._remote = RemoteFile(access.ranges(href)) if is_remote(href) else None
        self._path = "" if self._remote else str(local_path(href))
        self._require_checksum(checksum)
        self._dataset = self._open()
        try:
            require_fit(self._dataset, self._name, grid, gsd_m, lattice=lattice, codes=codes)
            self._own_scale = None if codes else own_scale(self._dataset, access, self._name)
            if lattice:
                self._use_overview()
            self._aligned = is_aligned(self._dataset, grid)
        except BaseException:
            self._dataset.close()
            raise

    def __enter__(self) -> "RasterSource":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        self._dataset.close()

    def read_dn(self, window: Window) -> BandWindow:
        """Digital numbers of a window: as stored where the grids agree, else bilinear."""
        sampled, inside = self._sample(window)
        return BandWindow(sampled.astype(np.float32, copy=False), inside)

    def read_uint16(self, window: Window, out: npt.NDArray[np.uint16]) -> BoolArray:
        """The same numbers, rounded and clipped to uint16, into ``out``; returns ``usable``."""
        sampled, inside = self._sample(window)
        if sampled.dtype == np.uint16:
            out[...] = sampled
        else:
            np.clip(np.rint(sampled), 0, np.iinfo(np.uint16).max, out=out, casting="unsafe")
        return inside

    def read_empty(self, window: Window) -> BoolArray:
        """Which pixels of a window lie in an area that was never written, bool (h, w).

        See ``emptiness``; outside the file none does.
        """
        rows, cols = self._axes(window)
        empty = rows.inside[:, None] & cols.inside[None, :]
        if empty.any():
            stored, rows, cols = self._read(rows, cols, nearest=True, margin=MARGIN_PX)
            empty &= sample_nearest(solid_zeros(stored == 0), rows, cols)
        return empty

    @property
    def holds_dn(self) -> bool:
        """Whether the file's numbers are digital numbers as they are, of 16 bits."""
        return self._dataset.dtypes[0] in ("uint16", "int16") and self._own_scale is None

    @property
    def holds_floats(self) -> bool:
        """Whether the file's numbers are floats whose scale nobody stated in the file."""
        return self._dataset.dtypes[0].startswith("float") and self._own_scale is None

    def covered(self, grid: PixelGrid) -> Window | None:
        """The part of a grid (of this CRS) that the file covers; None where it covers nothing."""
        left, bottom, right, top = self._dataset.bounds
        first_col = max(0, math.floor((left - grid.x0) / grid.pixel_m))
        first_row = max(0, math.floor((grid.y0 - top) / grid.pixel_m))
        last_col = min(grid.width, math.ceil((right - grid.x0) / grid.pixel_m))
        last_row = min(grid.height, math.ceil((grid.y0 - bottom) / grid.pixel_m))
        if last_row <= first_row or last_col <= first_col:
            return None
        return Window(first_row, first_col, last_row - first_row, last_col - first_col)

    def _sample(self, window: Window) -> tuple[npt.NDArray, BoolArray]:  # type: ignore[type-arg]
        """Numbers of a window, of the file's type if they are as stored; and ``usable``."""
        rows, cols = self._axes(window)
        inside = rows.inside[:, None] & cols.inside[None, :]
        if not inside.any():
            return np.zeros(inside.shape, np.float32), inside
        stored, rows, cols = self._read(rows, cols, nearest=self._aligned)
        least = least_number(self.access, self._own_scale)
        broken = broken_numbers(stored, (self._dataset.nodata, self.access.nodata_dn), least)
        if broken is not None:
            stored = np.where(broken, 0, stored)
            inside &= ~sample_nearest(broken, rows, cols)
        if self._own_scale is not None:
            gain, shift = self._own_scale
            stored = np.where(stored == 0, 0, stored * gain + shift).astype(np.float32)
        if self._aligned:
            sampled = sample_nearest(stored, rows, cols)
        else:
            sampled = sample_bilinear(stored.astype(np.float32), stored > 0, rows, cols)
        if not inside.all():
            sampled[~inside] = 0
        return sampled, inside

    def read_codes(self, window: Window, *, outside: int = 0) -> npt.NDArray[np.uint8]:
        """Codes of a window by nearest pixel, uint8 (h, w), ``outside`` outside the file."""
        rows, cols = self._axes(window)
        inside = rows.inside[:, None] & cols.inside[None, :]
        codes = np.full(inside.shape, outside, np.uint8)
        if inside.any():
            stored, rows, cols = self._read(rows, cols, nearest=True)
            np.copyto(codes, sample_nearest(stored, rows, cols), where=inside)
        return codes

    @property
    def is_coarse_enough(self) -> bool:
        """Whether a read of the whole grid skips few pixels of the file (or its overview)."""
        return self.grid.pixel_m <= SKIPPED * self._dataset.transform.a

    @property
    def _name(self) -> str:
        return f"scene {self.access.scene_id}: {self.href}"

    def _open(self, **options: int) -> rasterio.DatasetReader:
        driver = self.access.driver
        try:
            with gdal_env():
                if self._remote is None:
                    return rasterio.open(self._path, driver=driver, **options)
                opener = SingleFile(self._remote)
                opened = rasterio.open(self._remote.name, driver=driver, opener=opener, **options)
                self._remote.raise_error()
                return opened
        except (RasterioError, OSError) as error:
            if self._remote is not None:
                self._remote.raise_error()
            raise UnreadableRaster(
                f"{self._name} cannot be opened: {error}; check that the file exists and is read "
                f"by GDAL's {driver}"
            ) from error

    def _require_checksum(self, checksum: str) -> None:
        if self._remote is None:
            require_checksum(Path(self._path), checksum, self._name)
        elif checksum and (whole := self._remote.whole()) is not None:
            require_checksum_of(whole, checksum, self._name)

    def _use_overview(self) -> None:
        decimation = self.grid.pixel_m / self._dataset.transform.a
        levels = [
            level for level, factor in enumerate(self._dataset.overviews(1)) if factor <= decimation
        ]
        if levels:
            self._dataset.close()
            self._dataset = self._open(overview_level=levels[-1])
            require_small_blocks(self._dataset, self._name, UnreadableRaster)

    def _axes(self, window: Window) -> tuple[Axis, Axis]:
        transform, grid = self._dataset.transform, self.grid
        rows = place_axis(
            window.row,
            window.height,
            step_m=grid.pixel_m,
            origin_m=transform.f - grid.y0,
            source_step_m=-transform.e,
            source_size=self._dataset.height,
        )
        cols = place_axis(
            window.col,
            window.width,
            step_m=grid.pixel_m,
            origin_m=grid.x0 - transform.c,
            source_step_m=transform.a,
            source_size=self._dataset.width,
        )
        return rows, cols

    def _read(
        self, rows: Axis, cols: Axis, *, nearest: bool, margin: int = 0
    ) -> tuple[npt.NDArray, Axis, Axis]:  # type: ignore[type-arg]
        """The piece of the file that the axes need, and the axes on that piece."""
        (top, bottom), (left, right) = (axis.span(nearest=nearest) for axis in (rows, cols))
        top, left = max(0, top - margin), max(0, left - margin)
        bottom = min(self._dataset.height, bottom + margin)
        right = min(self._dataset.width, right + margin)
        window = rasterio.windows.Window(left, top, right - left, bottom - top)
        try:
            with gdal_env():
                stored = self._dataset.read(1, window=window)
        except (RasterioError, OSError) as error:
            if self._remote is not None:
                self._remote.raise_error()
            raise UnreadableRaster(
                f"{self._name} cannot be read: {error.__cause__ or error}; the file is truncated "
                "or damaged"
            ) from error
        if self._remote is not None:
            self._remote.raise_error()
        return stored, rows.since(top, bottom - top), cols.since(left, right - left)
