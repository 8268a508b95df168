"""From a reading recipe to reflectance and validity on the tile's own grid.

What belongs here: what digital numbers mean: validity, offset, scale, clipping. What
does not: finding scenes (``core/catalog``), sampling (``resample``), opening (``source``), what a
block is (``scene_block``).

The rules, in this order:

1. Validity is decided on the stored numbers: SCL 0, or 0 in all bands, or outside a
   file, or NaN in any band → not valid. A single 0 under a valid SCL is a dark pixel that
   the producer clipped: valid, reflectance 0. A whole area of zeros in one band was never
   written (``emptiness``): not valid.
2. Bands of another grid (20 m bands, or files that are not on the tile's grid) are sampled
   bilinearly from pixels above 0 only; SCL is sampled by nearest pixel.
3. The grid has the scene's own sampling, 10 m or 30 m; the two never mix.
4. Reflectance = (DN + offset) · scale, in floats, clipped once to 0–1.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import ImplausiblePixels, LulcError, SceneGridMismatch
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.access import Access
from lulc_assets.core.imagery.emptiness import may_be_black
from lulc_assets.core.imagery.mask_layer import read_mask
from lulc_assets.core.imagery.masks import SCL_NO_DATA
from lulc_assets.core.imagery.scene_block import DnBlock, SceneBlock
from lulc_assets.core.imagery.signing import Signer
from lulc_assets.core.imagery.source import BandWindow, RasterSource
from lulc_assets.core.scene.recipe import SCL_ROLE, SceneRecipe

READ_THREADS = 4
"""Files of a scene that are read side by side; GDAL itself uses one thread per file."""

_STEP = 1e-4
"""Reflectance of one digital number of Sentinel-2 and HLS alike."""

_UNSCALED = 2.0
"""Floats that are all smaller are reflectance as it is, or nothing; no scene is so dark in DN."""

_LEAST_FLOAT_SCALE = 1e-2

_ReadBand = Callable[[int], tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]
"""Reads the band of that index; gives where it is usable and where it is above 0."""


class SceneReader:
    """Reads windows of one scene; keeps its files open between ``with`` and its end.

    A reader serves one thread at a time; it reads its files side by side itself.
    """

    def __init__(
        self,
        recipe: SceneRecipe,
        grid: PixelGrid,
        *,
        overview: bool = False,
        signer: Signer | None = None,
    ):
        """Plan the read; nothing is opened yet.

        Args:
            recipe: where the files are and what their numbers mean.
            grid: target: the area of interest, cut from the tile's own grid (10 m; of HLS
                30 m). With ``overview`` any coarser grid.
            overview: read from overviews, and accept files that are decimated copies.
            signer: replaces the signing service that the recipe names.
        """
        self.recipe = recipe
        self._roles = recipe.roles
        self.grid = grid
        self.overview = overview
        self._signer = signer
        self._sources: dict[str, RasterSource] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "SceneReader":
        """Open all files.

        Raises:
            SceneError: a file cannot be opened or lies on a grid that cannot be right.
        """
        self._require_sampling()
        access = Access.of(self.recipe, self._signer)
        # Asked for an overview, a decimated copy will do, as coarse as the grid.
        coarser = max(1.0, self.grid.pixel_m / self.recipe.gsd_m) if self.overview else 1.0
        with ExitStack() as stack:
            # One after the other: a dead server is noticed at the first file.
            for role in (*self._roles, SCL_ROLE):
                asset = self.recipe.bands[role]
                source = RasterSource(
                    asset.href,
                    self.grid,
                    gsd_m=asset.gsd_m * coarser,
                    access=access,
                    lattice=self.overview,
                    codes=role == SCL_ROLE,
                    checksum=asset.checksum,
                )
                self._sources[role] = stack.enter_context(source)
            self._threads = stack.enter_context(ThreadPoolExecutor(READ_THREADS))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._sources = {}
        self._stack.close()

    def check(self) -> None:
        """Open all files and check CRS and grid without reading a pixel.

        Raises:
            SceneError: as when the reader is entered.
        """
        if not self._sources:
            with self:
                pass

    def read(self, window: Window) -> SceneBlock:
        """Reflectance and validity of a window in pixels of the grid.

        Raises:
            UnreadableRaster: a read fails, or the SCL file holds codes that do not exist.
            ImplausiblePixels: floats of 0–1 where digital numbers are promised.
            ValueError: the window sticks out of the grid.
        """
        self._require_open(window)
        values = np.empty((len(self._roles), window.height, window.width), np.float32)

        def read_band(index: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
            band = self._sources[self._roles[index]].read_dn(window)
            _to_reflectance(band.dn, self.recipe, values[index])
            return band.usable, band.dn > 0

        scl, valid = self._read_all(window, read_band)
        if not valid.all():
            values *= valid
        if self._promises_dn and valid.any() and values.max() <= _UNSCALED * self.recipe.scale:
            raise ImplausiblePixels(
                f"scene {self.recipe.id}: its bands hold floats up to {_UNSCALED:g}, where steps "
                f"of {self.recipe.scale:g} are promised; state the scale in the item "
                "(raster:scale) or in the files"
            )
        return SceneBlock(values, valid, scl)

    def read_dn_block(self, window: Window) -> DnBlock:
        """The same window before the arithmetic, in a third of the memory.

        Bands that are sampled are rounded to whole numbers (half of one is 0.00005 of
        reflectance). Numbers that are not stored as integers of 16 bits, or from which an
        offset would make light out of nothing, come as reflectance × 10000.

        Raises:
            UnreadableRaster: as :meth:`read`.
            ValueError: the window sticks out of the grid.
        """
        self._require_open(window)
        if self.recipe.offset_dn > 0 or not self._holds_dn:
            block = self.read(window)
            steps = np.rint(block.reflectance / _STEP).astype(np.uint16)
            return DnBlock(steps, block.valid, block.scl, 0.0, _STEP)
        dn = np.empty((len(self._roles), window.height, window.width), np.uint16)

        def read_band(index: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
            usable = self._sources[self._roles[index]].read_uint16(window, dn[index])
            return usable, dn[index] > 0

        scl, valid = self._read_all(window, read_band)
        if not valid.all():
            dn *= valid
        return DnBlock(dn, valid, scl, float(self.recipe.offset_dn), self.recipe.scale)

    def _read_all(
        self, window: Window, read_band: _ReadBand
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """Read the mask and all bands side by side; returns SCL and validity."""
        mask = self._threads.submit(read_mask, self._sources[SCL_ROLE], self.recipe, window)
        bands = [self._threads.submit(read_band, index) for index in range(len(self._roles))]
        # All have ended before an error is raised: a source serves one thread at a time.
        wait([mask])
        wait(bands)
        scl = mask.result()
        valid = scl != SCL_NO_DATA
        any_dn = np.zeros(valid.shape, bool)
        found = [band.result() for band in bands]
        for usable, positive in found:
            valid &= usable
            any_dn |= positive
        valid &= any_dn
        for role, (_, positive) in zip(self._roles, found, strict=True):
            suspicious = valid & ~positive & ~may_be_black(role, scl)
            if suspicious.any():
                valid &= ~(suspicious & self._sources[role].read_empty(window))
        return scl, valid

    @property
    def _holds_dn(self) -> bool:
        return all(self._sources[role].holds_dn for role in self._roles)

    @property
    def _promises_dn(self) -> bool:
        """Whether floats are stored where the recipe promises digital numbers."""
        return self.recipe.scale < _LEAST_FLOAT_SCALE and any(
            self._sources[role].holds_floats for role in self._roles
        )

    def _require_open(self, window: Window) -> None:
        if not self._sources:
            raise LulcError("SceneReader.read needs the reader's files open: use `with`")
        _require_inside(window, self.grid)

    def read_mask(self, window: Window) -> npt.NDArray[np.uint8]:
        """SCL codes of a window, uint8 (h, w), 0 outside the file."""
        _require_inside(window, self.grid)
        return read_mask(self._sources[SCL_ROLE], self.recipe, window)

    def read_dn(self, role: str, window: Window) -> BandWindow:
        """Digital numbers of one band on a window, as :class:`BandWindow`."""
        _require_inside(window, self.grid)
        return self._sources[role].read_dn(window)

    def read_empty(self, role: str, window: Window) -> npt.NDArray[np.bool_]:
        """Where a band was never written on a window, bool (h, w); see ``emptiness``."""
        _require_inside(window, self.grid)
        return self._sources[role].read_empty(window)

    def covered(self, grid: PixelGrid) -> Window | None:
        """The part of a grid that the mask layer's file covers; None where it covers nothing."""
        return self._sources[SCL_ROLE].covered(grid)

    @property
    def skips_pixels(self) -> bool:
        """Whether a file lacks an overview near this grid, so that most is read in vain."""
        return not all(source.is_coarse_enough for source in self._sources.values())

    def _require_sampling(self) -> None:
        gsd_m = self.recipe.gsd_m
        if not self.overview and self.grid.pixel_m != gsd_m:
            raise SceneGridMismatch(
                f"scene {self.recipe.id} is sampled at {gsd_m:g} m, the grid has pixels of "
                f"{self.grid.pixel_m:g} m; read it on its own grid, or as an overview"
            )


def read_scene(recipe: SceneRecipe, grid: PixelGrid) -> SceneBlock:
    """Reflectance and validity of the whole grid.

    Raises:
        SceneError: a file cannot be opened, does not fit, or cannot be read.
    """
    with SceneReader(recipe, grid) as reader:
        return reader.read(Window(0, 0, grid.height, grid.width))


def _to_reflectance(
    dn: npt.NDArray[np.float32], recipe: SceneRecipe, out: npt.NDArray[np.float32]
) -> None:
    """(DN + offset) · scale, clipped to 0–1, into ``out``; a stored 0 stays 0."""
    np.add(dn, np.float32(recipe.offset_dn), out=out)
    np.multiply(out, np.float32(recipe.scale), out=out)
    np.clip(out, 0.0, 1.0, out=out)
    if recipe.offset_dn > 0:
        out[dn == 0] = 0


def _require_inside(window: Window, grid: PixelGrid) -> None:
    if (
        min(window.row, window.col) < 0
        or min(window.height, window.width) < 1
        or window.row + window.height > grid.height
        or window.col + window.width > grid.width
    ):
        raise ValueError(f"{window} is not inside a grid of {grid.height} × {grid.width} pixels")
