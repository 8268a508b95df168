"""Grids and windows: where a pixel lies and who owns it.

What belongs here: the Sentinel-2 pixel grid of an MGRS tile, windows on it, ownership and true
area of pixels. What does not: keys of tiles and years (``tile_keys``), reading.

A Sentinel-2 tile's raster is 109.8 km wide and starts at the upper left corner of its
MGRS 100 km square, moved outward to the next multiple of 60 m (checked against items
of five providers in both hemispheres). Neighbours therefore overlap; a pixel belongs to
the square that holds its centre.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS, Proj

from lulc_assets.core.tile_keys import SQUARE_M, square_origin, validate_tile
from lulc_assets.core.utm import meridian_eastings, zone_limits

PIXEL_M = 10
TILE_PIXELS = 10_980
SHIFT_M = 960
"""How far the seam of two tiles lies from the border of their squares (``seams``): more than the
networks in use need on each side (480 to 800 m, ``core/model/footprint``), a multiple of 60 m."""
_ANCHOR_M = 60
_SOUTH_FALSE_NORTHING_M = 10_000_000

EQUAL_AREA_EPSG = 6933
"""EASE-Grid 2.0, a global equal-area projection: for areas of polygons that lie in any zone."""


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: offsets of its upper left corner and its size."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices into an array of the whole grid."""
        return (
            slice(self.row, self.row + self.height),
            slice(self.col, self.col + self.width),
        )


@dataclass(frozen=True)
class PixelGrid:
    """A north-up pixel grid in a projected CRS.

    Attributes:
        epsg: code of the CRS.
        x0: x of the left edge of the first column, metres.
        y0: y of the top edge of the first row, metres.
        height: rows.
        width: columns.
        pixel_m: size of a square pixel, metres.
    """

    epsg: int
    x0: float
    y0: float
    height: int
    width: int
    pixel_m: float = PIXEL_M

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.pixel_m <= 0:
            raise ValueError(f"empty grid: {self}")

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.height, self.width

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to (x, y)."""
        return Affine(self.pixel_m, 0.0, self.x0, 0.0, -self.pixel_m, self.y0)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in the CRS."""
        return (
            self.x0,
            self.y0 - self.height * self.pixel_m,
            self.x0 + self.width * self.pixel_m,
            self.y0,
        )

    @property
    def pixel_ha(self) -> float:
        """Area of a pixel in the projection, hectares; on the ground see :func:`pixel_areas_ha`."""
        return self.pixel_m**2 / 10_000

    def cut(self, window: Window) -> "PixelGrid":
        """The grid of a window on this grid."""
        return PixelGrid(
            self.epsg,
            self.x0 + window.col * self.pixel_m,
            self.y0 - window.row * self.pixel_m,
            window.height,
            window.width,
            self.pixel_m,
        )

    def window_of(self, other: "PixelGrid") -> Window:
        """Offsets of another grid on this one (it may stick out).

        Raises:
            ValueError: the grids are not aligned or differ in CRS or pixel size.
        """
        col = (other.x0 - self.x0) / self.pixel_m
        row = (self.y0 - other.y0) / self.pixel_m
        if (
            other.epsg != self.epsg
            or other.pixel_m != self.pixel_m
            or not (float(col).is_integer() and float(row).is_integer())
        ):
            raise ValueError(f"grids are not aligned: {self} and {other}")
        return Window(int(row), int(col), other.height, other.width)

    def cells(self, xs: npt.ArrayLike, ys: npt.ArrayLike) -> tuple[npt.NDArray, npt.NDArray]:  # type: ignore[type-arg]
        """Row and column (int64) of the pixels that hold points; may lie outside."""
        cols = np.floor((np.asarray(xs, float) - self.x0) / self.pixel_m).astype(np.int64)
        rows = np.floor((self.y0 - np.asarray(ys, float)) / self.pixel_m).astype(np.int64)
        return rows, cols

    def blocks(self, size: int) -> Iterator[Window]:
        """Windows of at most ``size`` × ``size`` pixels that cover the grid once."""
        for row in range(0, self.height, size):
            for col in range(0, self.width, size):
                yield Window(row, col, min(size, self.height - row), min(size, self.width - col))

    def to_dict(self) -> dict[str, float | int]:
        """Plain numbers for a record."""
        return {
            "epsg": self.epsg,
            "x0": self.x0,
            "y0": self.y0,
            "height": self.height,
            "width": self.width,
            "pixel_m": self.pixel_m,
        }


def tile_grid(tile: str) -> PixelGrid:
    """The 10 m Sentinel-2 grid of an MGRS tile, 10980 × 10980 pixels.

    Raises:
        InvalidTileKey: the key does not name an MGRS square.
    """
    zone, hemisphere, easting, northing = square_origin(validate_tile(tile))
    top = northing + SQUARE_M
    if hemisphere == "S":
        top -= _SOUTH_FALSE_NORTHING_M
    y0 = math.ceil(top / _ANCHOR_M) * _ANCHOR_M
    if hemisphere == "S":
        y0 += _SOUTH_FALSE_NORTHING_M
    x0 = math.floor(easting / _ANCHOR_M) * _ANCHOR_M
    epsg = (32600 if hemisphere == "N" else 32700) + zone
    return PixelGrid(epsg, float(x0), float(y0), TILE_PIXELS, TILE_PIXELS)


def square_bounds(tile: str) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of the tile's MGRS square in its own CRS, metres.

    Pixels whose centre lies there count in this tile, up to the limits of its zone
    (:func:`owned_mask`).
    """
    _, _, easting, northing = square_origin(validate_tile(tile))
    return float(easting), float(northing), float(easting + SQUARE_M), float(northing + SQUARE_M)


def owned_mask(tile: str, grid: PixelGrid) -> npt.NDArray[np.bool_]:
    """Which pixels of a grid belong to the tile, shape (h, w), bool.

    A pixel is owned when its centre lies in the tile's 100 km square and within the legal
    limits of its UTM zone (those of Norway and Svalbard included), so that every place is
    counted in one tile only, also where squares of two zones overlap.
    """
    zone, hemisphere, easting, northing = square_origin(validate_tile(tile))
    half = grid.pixel_m / 2
    xs = grid.x0 + half + grid.pixel_m * np.arange(grid.width)
    ys = (grid.y0 - half - grid.pixel_m * np.arange(grid.height)).astype(np.float64)
    inside_x = (xs >= easting) & (xs < easting + SQUARE_M)
    inside_y = (ys >= northing) & (ys < northing + SQUARE_M)
    mask: npt.NDArray[np.bool_] = inside_y[:, None] & inside_x[None, :]
    for limit, side in zip(zone_limits(tile), (1, -1), strict=True):
        border = meridian_eastings(zone, hemisphere, limit, ys)
        # Only squares at the edge of a zone meet its limit; the others skip the comparison.
        if np.any(side * (xs[-1] if side < 0 else xs[0]) < side * border):
            on_this_side = xs >= border[:, None] if side > 0 else xs < border[:, None]
            mask &= on_this_side
    return mask


def pixel_areas_ha(grid: PixelGrid) -> npt.NDArray[np.float64]:
    """True ground area of each pixel in hectares, shape (h, w), float64.

    A UTM pixel of 100 m² covers 100 m²/k² on the ground, k the local scale factor
    (Snyder 1987, eq. 8-11). k² is taken on a lattice of at most 64 pixels and
    interpolated; it changes by less than 1e-6 between.
    """
    rows = _lattice(grid.height)
    cols = _lattice(grid.width)
    xs = grid.x0 + grid.pixel_m * (cols + 0.5)
    ys = grid.y0 - grid.pixel_m * (rows + 0.5)
    crs = CRS.from_epsg(grid.epsg)
    projection = Proj(crs)
    grid_x, grid_y = np.meshgrid(xs, ys)
    lon, lat = projection(grid_x, grid_y, inverse=True)
    scale = np.asarray(projection.get_factors(lon, lat).areal_scale, dtype=np.float64)
    along_cols = np.stack([np.interp(np.arange(grid.width), cols, line) for line in scale])
    k2 = np.stack(
        [np.interp(np.arange(grid.height), rows, column) for column in along_cols.T], axis=1
    )
    areas: npt.NDArray[np.float64] = grid.pixel_ha / k2
    return areas


def _lattice(size: int) -> npt.NDArray[np.int64]:
    return np.unique(np.append(np.arange(0, size, 64), size - 1))
