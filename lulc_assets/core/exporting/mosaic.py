"""One raster of several tiles: each place from the tile that counts there, clipped to the area.

What belongs here: the grid of a mosaic, and filling it. What does not: which tile counts
(``seams``), tables and styles.

Nearest neighbour, by the centre of each pixel of the mosaic: classes are never mixed, and
between tiles there is neither gap nor overlap.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.area_pixels import inside_mask
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import Colormap, LayerKind, read_raster
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.seams import shown_points

_BLOCK_PX = 2048
_METRES_PER_DEGREE = 111_320.0
"""Of latitude."""


@dataclass(frozen=True)
class MosaicTile:
    """A tile of a mosaic.

    Attributes:
        tile: MGRS square.
        grid: of the file.
        path: of a one-band uint8 GeoTIFF.
    """

    tile: str
    grid: PixelGrid
    path: Path


@dataclass(frozen=True)
class MosaicLayer:
    """How the file of a mosaic is to be written, see ``cog.write_cog``."""

    kind: LayerKind
    nodata: int | None = None
    colormap: Colormap | None = None
    description: str = ""


def mosaic_grid(grids: Sequence[PixelGrid], area: BaseGeometry | None, crs: str = "") -> PixelGrid:
    """The grid that holds the area, or all tiles, in a CRS.

    Args:
        grids: of the tiles, at least one.
        area: longitude and latitude; None: the outlines of the tiles.
        crs: ``EPSG:3857`` or the like; empty: that of the first tile, on its pixels.

    Raises:
        InvalidProject: the CRS is unknown, has no EPSG code, or is neither geographic nor in
            metres.
    """
    first = grids[0]
    epsg, pixel = _pixel_of(crs, first)
    boxes = [_moved(grid.epsg, epsg, grid.bounds) for grid in grids]
    left, bottom = (min(box[side] for box in boxes) for side in (0, 1))
    right, top = (max(box[side] for box in boxes) for side in (2, 3))
    if area is not None:
        west, south, east, north = _moved(4326, epsg, area.bounds)
        left, bottom = max(left, west), max(bottom, south)
        right, top = min(right, east), min(top, north)
    x0, y0 = math.floor(left / pixel) * pixel, math.ceil(top / pixel) * pixel
    height, width = math.ceil((y0 - bottom) / pixel), math.ceil((right - x0) / pixel)
    return PixelGrid(epsg, x0, y0, max(1, height), max(1, width), pixel)


def _pixel_of(crs: str, first: PixelGrid) -> tuple[int, float]:
    if not crs:
        return first.epsg, first.pixel_m
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise InvalidProject(f"--crs {crs!r} is unknown; write EPSG:3857 or the like") from error
    epsg = known.to_epsg()
    if epsg is None:
        raise InvalidProject(f"--crs {crs!r} has no EPSG code; name one that has")
    if known.is_geographic:
        return epsg, first.pixel_m / _METRES_PER_DEGREE
    if known.axis_info[0].unit_name not in ("metre", "meter"):
        raise InvalidProject(
            f"--crs {crs!r} is in {known.axis_info[0].unit_name}; name one in metres or degrees"
        )
    return epsg, first.pixel_m


def _moved(
    source: int, target: int, bounds: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    if source == target:
        return bounds
    move = Transformer.from_crs(source, target, always_xy=True)
    found: tuple[float, float, float, float] = move.transform_bounds(*bounds, densify_pts=50)
    return found


def write_mosaic(
    path: Path,
    grid: PixelGrid,
    tiles: Sequence[MosaicTile],
    area: BaseGeometry | None,
    layer: MosaicLayer,
    progress: Progress = silent,
) -> Path:
    """Write a mosaic as a COG; no data outside the area, and where no tile has any.

    Args:
        path: target.
        grid: from :func:`mosaic_grid`.
        tiles: maps; each place comes from the one that counts there.
        area: longitude and latitude, or None.
        layer: how it is written.
        progress: told after each block.
    """
    blocks, grids = list(grid.blocks(_BLOCK_PX)), {tile.tile: tile.grid for tile in tiles}
    with GrowingLayer(
        path,
        grid,
        kind=layer.kind,
        nodata=layer.nodata,
        colormap=layer.colormap,
        description=layer.description,
    ) as target:
        for number, block in enumerate(blocks, start=1):
            part = grid.cut(block)
            pixels = np.zeros(part.shape, np.uint8)
            wanted = np.ones(part.shape, bool) if area is None else inside_mask(part, area)
            if wanted.any():
                for tile in tiles:
                    _fill(pixels, part, wanted, tile, grids)
            target.put(block, pixels)
            progress(number, len(blocks), path.name)
        return target.finish()


def _fill(
    pixels: npt.NDArray[np.uint8],
    part: PixelGrid,
    wanted: npt.NDArray[np.bool_],
    tile: MosaicTile,
    grids: Mapping[str, PixelGrid],
) -> None:
    """Take over what the tile counts of the wanted pixels of a block."""
    rows, cols = np.nonzero(wanted)
    xs = part.x0 + (cols + 0.5) * part.pixel_m
    ys = part.y0 - (rows + 0.5) * part.pixel_m
    if part.epsg != tile.grid.epsg:
        move = Transformer.from_crs(part.epsg, tile.grid.epsg, always_xy=True)
        xs, ys = move.transform(xs, ys)
    at_rows, at_cols = tile.grid.cells(xs, ys)
    here = (at_rows >= 0) & (at_rows < tile.grid.height)
    here &= (at_cols >= 0) & (at_cols < tile.grid.width)
    east, north = (np.asarray(values[here], np.float64) for values in (xs, ys))
    here[here] = shown_points(tile.tile, east, north, grids)
    if not here.any():
        return
    at_rows, at_cols = at_rows[here], at_cols[here]
    row, col = int(at_rows.min()), int(at_cols.min())
    window = Window(row, col, int(at_rows.max()) - row + 1, int(at_cols.max()) - col + 1)
    values = read_raster(tile.path, window)
    pixels[rows[here], cols[here]] = values[at_rows - row, at_cols - col]


def palette_of(colors: Mapping[int, tuple[int, int, int]]) -> Colormap:
    """Colours of codes with no data transparent."""
    return {0: (0, 0, 0, 0), **{code: (*rgb, 255) for code, rgb in colors.items()}}
