"""Tracing a place on the ground to the votes behind its pixel.

What belongs here: from a point and a year to a map's record and the files that it names. What
does not: the trace itself (``core/lineage``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from pyproj import Transformer

from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.errors import PointOutside
from lulc_assets.core.lineage.pixel import PixelReader
from lulc_assets.core.lineage.trace import PixelTrace
from lulc_assets.core.seams import shown_points
from lulc_assets.core.store.keys import TileYear
from lulc_assets.steps.maps import head_of, predicted_scenes
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench


@dataclass(frozen=True)
class PlaceOnMap:
    """A point as a pixel of a tile's grid."""

    tile: str
    row: int
    col: int


def find_pixel(work: Workbench, lon: float, lat: float) -> PlaceOnMap:
    """The pixel that holds a point: that of the tile that counts it, else of any that shows it.

    Raises:
        PointOutside: the point is not on the earth, or in no tile of the project.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise PointOutside(
            f"point {lon:g},{lat:g} is not on the earth; give longitude, then latitude, in degrees"
        )
    found: PlaceOnMap | None = None
    grids = work.grids(work.project.tiles)
    for tile, grid in grids.items():
        x, y = Transformer.from_crs(4326, grid.epsg, always_xy=True).transform([lon], [lat])
        rows, cols = grid.cells(x, y)
        row, col = int(rows[0]), int(cols[0])
        if not (0 <= row < grid.height and 0 <= col < grid.width):
            continue
        if shown_points(tile, np.asarray(x), np.asarray(y), grids)[0]:
            return PlaceOnMap(tile, row, col)
        found = found or PlaceOnMap(tile, row, col)
    if found is None:
        raise PointOutside(
            f"point {lon:g},{lat:g} is in no tile of {work.project.name} "
            f"({', '.join(work.project.tiles)}); `lulc tiles list` shows their areas"
        )
    return found


@contextmanager
def open_pixels(work: Workbench, key: TileYear) -> Iterator[PixelReader]:
    """A reader of the pixels of a committed map.

    Raises:
        ProductNotFound: there is no map of the tile and year.
        ProductCorrupt: a layer is not the one that was committed.
    """
    record = work.read(ANNUAL_MAP, key)
    layers = {name: work.open(record, f"{name}.tif") for name in LAYERS}
    scenes, rule = predicted_scenes(work, record.properties.predictions), record.properties.rule
    head = head_of(work, record)
    with PixelReader(layers, scenes, work.grid(key.tile), rule, work.legend, head) as reader:
        yield reader


def trace_point(
    work: Workbench, lon: float, lat: float, year: int
) -> tuple[PlaceOnMap, PixelTrace]:
    """The votes behind the pixel at a point; raises as the functions above."""
    where = find_pixel(work, lon, lat)
    with open_pixels(work, TileYear(where.tile, year)) as reader:
        return where, reader.trace(where.row, where.col)
