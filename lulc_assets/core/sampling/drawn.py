"""Drawn units: their numbers, their places on the ground and the design that drew them.

What belongs here: turning pixels of maps into points, outlines and unit ids. What does not:
choosing the pixels (``draw.py``) and the files that interpreters get (``fieldwork.py``).

Units are numbered in random order, so that a number says nothing about the stratum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.fingerprint import frame_digest
from lulc_assets.core.sampling.frame import Indices, Pixels
from lulc_assets.core.sampling.map_file import MapFile


@dataclass(frozen=True)
class DrawnSample:
    """Units without any interpretation yet.

    Attributes:
        units: one row per unit, sorted by ``unit_id``: unit_id, stratum,
            inclusion_probability, primary_unit, map_class; Point geometry in EPSG:4326.
        footprints: the same units as squares of one pixel, in EPSG:4326.
        design: how they were drawn.
    """

    units: geopandas.GeoDataFrame
    footprints: geopandas.GeoDataFrame
    design: SampleDesign


def provenance(maps: Sequence[MapFile], seed: int) -> dict[str, object]:
    """What a design file says about its draw: seed, frame, and the digest of its pixels."""
    frame = "owned pixels with a class of " + ", ".join(one.name for one in maps)
    return {"seed": seed, "frame": frame, "frame_digest": frame_digest(maps)}


def place_units(
    maps: Sequence[MapFile],
    pixels: Pixels,
    columns: tuple[object, object, object],
    design: SampleDesign,
    rng: np.random.Generator,
) -> DrawnSample:
    """Give the drawn pixels their places and numbers in random order.

    Args:
        maps: that they were drawn from.
        pixels: in the order of the frame.
        columns: stratum, inclusion probability and primary unit, of each pixel or of all.
        design: how they were drawn.
        rng: for the order.
    """
    size = pixels.codes.size
    names = ("stratum", "inclusion_probability", "primary_unit")
    table = pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(size))
    order = rng.permutation(size)
    pixels, table = pixels.take(order), table.iloc[order].reset_index(drop=True)
    xs, ys = np.zeros(size), np.zeros(size)
    squares = np.empty(size, dtype=object)
    for index, one in enumerate(maps):
        here = pixels.of_map == index
        xs[here], ys[here], squares[here] = _places(one, pixels.rows[here], pixels.cols[here])
    table["map_class"] = [maps[0].legend.by_code(int(code)).name for code in pixels.codes]
    table.insert(0, "unit_id", [f"u{i + 1:05d}" for i in range(size)])
    points = geopandas.GeoDataFrame(
        table, geometry=geopandas.points_from_xy(xs, ys), crs="EPSG:4326"
    )
    outlines = geopandas.GeoDataFrame(table[["unit_id"]], geometry=squares, crs="EPSG:4326")
    return DrawnSample(points, outlines, design)


def _places(
    one: MapFile, rows: Indices, cols: Indices
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.object_]]:
    """Longitude and latitude of pixel centres, and outlines of the pixels."""
    to_degrees = Transformer.from_crs(one.grid.epsg, 4326, always_xy=True)
    left = one.grid.x0 + cols * one.grid.pixel_m
    top = one.grid.y0 - rows * one.grid.pixel_m
    side = one.grid.pixel_m
    xs, ys = to_degrees.transform(left + side / 2, top - side / 2)
    corners = ((0, 0), (side, 0), (side, -side), (0, -side), (0, 0))
    sides = [np.stack(to_degrees.transform(left + dx, top + dy), axis=1) for dx, dy in corners]
    return np.asarray(xs), np.asarray(ys), shapely.polygons(np.stack(sides, axis=1))
