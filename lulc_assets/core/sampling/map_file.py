"""Class maps as files: read strip by strip, with what each tile owns.

What belongs here: opening a class map, its grid, its pixels and their areas. What does
not: drawing samples from it (``draw.py``), zones (``zones.py``), reports (``build.py``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.errors import InvalidProduct, MissingCrs, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window, owned_mask, pixel_areas_ha
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.tables.raster_blocks import require_small_blocks
from lulc_assets.core.tile_keys import owns_ground

_ROWS = 1024
"""Rows read at a time: 10980 columns of float64 areas are then 90 MB."""


@dataclass(frozen=True)
class Strip:
    """Some rows of a map.

    Attributes:
        window: where they lie on the map's grid.
        codes: shape (h, w), uint8, classes, 0 = no data (also what the file declares as such).
        owned: shape (h, w), bool: pixels that this map counts.
    """

    window: Window
    codes: npt.NDArray[np.uint8]
    owned: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MapFile:
    """A class map on disk.

    Attributes:
        path: a GeoTIFF with one band of class codes.
        grid: its pixels; a projected CRS with an EPSG code, north up, square pixels.
        tile: MGRS key whose ownership rule applies, or empty: all pixels count.
        legend: of the codes.
        counted: (h, w) bool, the pixels that count; None: all that the tile owns.
    """

    path: Path
    grid: PixelGrid
    tile: str = ""
    legend: Legend = KARRA_10
    counted: npt.NDArray[np.bool_] | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The tile, or the file's name without ending."""
        return self.tile or self.path.stem

    def strips(self) -> Iterator[Strip]:
        """The map from top to bottom.

        Raises:
            UnreadableRaster: the file fails while it is read.
            InvalidProduct: it holds a code that is not a land class.
        """
        for row in range(0, self.grid.height, _ROWS):
            window = Window(row, 0, min(_ROWS, self.grid.height - row), self.grid.width)
            codes = self._check(read_window(self.path, window))
            yield Strip(window, codes, self._owned(window))

    def part(self, window: Window | None = None) -> TilePart:
        """The map, or a window of it, in memory, as reports take it.

        Raises:
            UnreadableRaster: the file fails while it is read.
            InvalidProduct: it holds a code that is not a land class.
        """
        place = window or Window(0, 0, self.grid.height, self.grid.width)
        grid = self.grid.cut(place)
        codes = self._check(read_window(self.path, place))
        return TilePart(self.name, codes, self._owned(place), pixel_areas_ha(grid), grid)

    def _owned(self, window: Window) -> npt.NDArray[np.bool_]:
        if self.counted is not None:
            return self.counted[window.slices]
        if not self.tile:
            return np.ones((window.height, window.width), dtype=bool)
        return owned_mask(self.tile, self.grid.cut(window))

    def _check(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        last = len(self.legend.land)
        if codes.size and int(codes.max()) > last:
            raise InvalidProduct(
                f"{self.path}: holds code {codes.max()}; land classes are 1…{last}, 0 is no data. "
                f"If it means no data, declare it: gdal_edit -a_nodata {codes.max()}"
            )
        return codes


def open_map(path: Path, *, tile: str = "", legend: Legend = KARRA_10) -> MapFile:
    """Open a class map.

    Args:
        path: GeoTIFF of whole numbers, one band; a value that it declares as no data, and what
            its mask hides, is read as 0.
        tile: MGRS key for the ownership rule; empty to count every pixel.
        legend: of the codes.

    Raises:
        UnreadableRaster: the file is missing or no GeoTIFF.
        InvalidProduct: other data type or bands, a grid that is rotated or not square, or blocks
            that are too large to unpack.
        MissingCrs: no projected CRS with an EPSG code.
        InvalidTileKey: ``tile`` names no MGRS square.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            require_small_blocks(raster, str(path), InvalidProduct)
            crs, transform, dtypes = raster.crs, raster.transform, raster.dtypes
            height, width = raster.shape
    except RasterioError as error:
        raise UnreadableRaster(f"{path}: cannot be opened as a GeoTIFF: {error}") from error
    if len(dtypes) != 1 or not np.issubdtype(np.dtype(dtypes[0]), np.integer):
        raise InvalidProduct(
            f"{path}: bands are {', '.join(dtypes)}; a class map has one band of whole numbers: "
            "save it as uint8"
        )
    epsg = crs.to_epsg() if crs is not None and crs.is_projected else None
    if epsg is None:
        raise MissingCrs(f"{path}: needs a projected CRS with an EPSG code; it has {crs}")
    if transform.b or transform.d or transform.a <= 0 or transform.a != -transform.e:
        raise InvalidProduct(f"{path}: the grid must be north up with square pixels: {transform}")
    grid = PixelGrid(int(epsg), transform.c, transform.f, height, width, transform.a)
    if tile and not owns_ground(tile):
        raise InvalidProduct(
            f"{path}: tile {tile} owns no ground, every place in its square belongs to a tile of "
            "the neighbouring zone; leave it out"
        )
    return MapFile(path, grid, tile, legend)


def read_window(path: Path, window: Window) -> npt.NDArray[np.uint8]:
    """Read the codes of a window, shape (h, w), uint8; what the file declares no data is 0.

    Raises:
        UnreadableRaster: the file cannot be opened, or fails while it is read.
        InvalidProduct: a code outside 0–255.
    """
    place = RasterWindow(window.col, window.row, window.width, window.height)
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            codes = raster.read(1, window=place)
            # A map of ours declares 0: reading its mask would only repeat its codes.
            if raster.nodata != 0 and MaskFlags.all_valid not in raster.mask_flag_enums[0]:
                codes[raster.read_masks(1, window=place) == 0] = 0
    except RasterioError as error:
        raise UnreadableRaster(f"{path}: cannot be read: {error}") from error
    if codes.dtype != np.uint8 and codes.size and not 0 <= codes.min() <= codes.max() <= 255:
        raise InvalidProduct(
            f"{path}: holds codes {codes.min()} to {codes.max()}; class codes are 0 to 255. If one "
            "means no data, declare it (gdal_edit -a_nodata)"
        )
    small: npt.NDArray[np.uint8] = codes.astype(np.uint8, copy=False)
    return small


@dataclass(frozen=True)
class MappedClasses:
    """What maps show in all: pixels and hectares by class code 0…n, shape (n + 1,) each."""

    pixels: npt.NDArray[np.int64]
    hectares: npt.NDArray[np.float64]


def count_classes(maps: Iterable[MapFile]) -> MappedClasses:
    """Count owned pixels and their true areas by class over several maps of one legend."""
    pixels = np.zeros(0, dtype=np.int64)
    hectares = np.zeros(0)
    for one in maps:
        size = len(one.legend.land) + 1
        if not pixels.size:
            pixels, hectares = np.zeros(size, dtype=np.int64), np.zeros(size)
        for strip in one.strips():
            codes = strip.codes[strip.owned]
            areas = pixel_areas_ha(one.grid.cut(strip.window))[strip.owned]
            pixels += np.bincount(codes, minlength=size)
            hectares += np.bincount(codes, weights=areas, minlength=size)
    return MappedClasses(pixels, hectares)
