"""Zones as people draw them: polygons with names, read and checked.

What belongs here: reading zones, and refusing those that overlap or lie nowhere. What does not:
their areas (``zones.py``).
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from lulc_assets.core.crosswalks import as_key
from lulc_assets.core.errors import InvalidGeometry, InvalidZones, MissingCrs
from lulc_assets.core.grid import EQUAL_AREA_EPSG
from lulc_assets.core.tables.vector_file import read_vector

_SLIVER_M = 5.0
"""Overlaps that are nowhere wider come from borders that were digitised twice: half a pixel,
and a pixel goes to one zone only."""
_NAME_COLUMNS = ("name", "zone", "id")


@dataclass(frozen=True)
class Zones:
    """Zones with their names.

    Attributes:
        source: file name for messages.
        frame: one row per zone: ``zone`` (text, unique) and its geometry, in the file's CRS.
        notes: what was accepted all the same, one sentence each.
    """

    source: str
    frame: geopandas.GeoDataFrame
    notes: tuple[str, ...] = ()


def read_zones(path: Path, *, column: str | None = None, layer: str | None = None) -> Zones:
    """Read and check zones.

    Args:
        path: any vector file that GDAL reads, or GeoParquet.
        column: with the names; None looks for name, zone or id.
        layer: of a file with several.

    Raises:
        InvalidZones: not readable, no such column, a name missing or twice, no zones, or two
            zones that overlap.
        MissingCrs: the file has no CRS.
        InvalidGeometry: a geometry is not a valid polygon; the message names the zone.
    """
    frame = read_vector(path, layer, InvalidZones)
    if frame.crs is None:
        raise MissingCrs(f"{path}: no coordinate reference system; assign one and save it again")
    named = column or next(
        (c for key in _NAME_COLUMNS for c in frame if str(c).casefold() == key), None
    )
    if named is None or named not in frame:
        columns = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        raise InvalidZones(f"{path}: no column {named or 'name'}; it has {columns}")
    if frame.empty:
        raise InvalidZones(f"{path}: no zones")
    if frame[named].isna().any():
        row = int(np.flatnonzero(frame[named].isna())[0]) + 1
        raise InvalidZones(f"{path}: zone {row} has no name in column {named}; give it one")
    names = frame[named].map(as_key)
    if names.duplicated().any():
        bad = names[names.duplicated()].iloc[0]
        raise InvalidZones(
            f"{path}: zone name {bad!r} occurs more than once; name another column or merge them"
        )
    geometries, notes = _polygons(frame.geometry, names, str(path))
    zones = geopandas.GeoDataFrame({"zone": names.to_numpy()}, geometry=geometries, crs=frame.crs)
    _require_places(zones, str(path))
    return Zones(str(path), zones, (*notes, *_judge_overlaps(zones, str(path))))


def _polygons(
    geometries: geopandas.GeoSeries, names: "pd.Series[str]", source: str
) -> tuple[list[shapely.Geometry], list[str]]:
    """The polygons of each zone; lines and points that a clip left beside them are noted."""
    kept: list[shapely.Geometry] = []
    notes = []
    for zone, geometry in zip(names, geometries, strict=True):
        parts = shapely.get_parts(geometry)
        areal = [p for p in parts if p.geom_type == "Polygon" and not p.is_empty]
        if not areal:
            kind = "missing" if geometry is None else str(geometry)[:80]
            raise InvalidGeometry(
                f"{source}, zone {zone!r}: geometry is {kind}, not a polygon; draw or delete it"
            )
        mixed = geometry.geom_type == "GeometryCollection"
        if mixed:
            notes.append(f"Of zone {zone} the polygons are kept, lines and points left out.")
        kept.append(shapely.MultiPolygon(areal) if mixed else geometry)
        if not kept[-1].is_valid:
            reason = shapely.is_valid_reason(kept[-1])
            raise InvalidGeometry(f"{source}, zone {zone!r}: {reason}; repair it and save it again")
    return kept, notes


def _require_places(zones: geopandas.GeoDataFrame, source: str) -> None:
    """Refuse zones whose coordinates are not a place on Earth.

    Raises:
        InvalidGeometry: names zone and coordinates.
    """
    moved = zones.geometry.to_crs(4326).bounds.to_numpy()
    lost = ~np.isfinite(moved).all(axis=1) | (np.abs(moved[:, [1, 3]]) > 90).any(axis=1)
    if lost.any():
        first = zones.loc[lost].iloc[0]
        x, y = first.geometry.bounds[:2]
        raise InvalidGeometry(
            f"{source}, zone {first['zone']!r}: lies at x {x:,.6g}, y {y:,.6g}, which is not a "
            "place in its CRS; check whether x and y are swapped and the CRS is the right one"
        )


def _judge_overlaps(zones: geopandas.GeoDataFrame, source: str) -> list[str]:
    """Notes about slivers between neighbours; real overlaps are refused.

    Raises:
        InvalidZones: two zones overlap by more than a sliver.
    """
    flat = zones.geometry.to_crs(EQUAL_AREA_EPSG)
    first, second = flat.sindex.query(flat, predicate="intersects")
    slivers, hectares = 0, 0.0
    for i, j in zip(first, second, strict=True):
        if i >= j:
            continue
        overlap = flat.iloc[i].intersection(flat.iloc[j])
        if overlap.area == 0:
            continue
        if not _is_sliver(overlap, flat.crs):
            one, other = zones["zone"].iloc[i], zones["zone"].iloc[j]
            raise InvalidZones(
                f"{source}: zones {one!r} and {other!r} overlap by {overlap.area / 1e4:,.4g} ha; "
                "every place must be in one zone only: correct their border"
            )
        slivers, hectares = slivers + 1, hectares + overlap.area / 1e4
    if not slivers:
        return []
    return [
        f"Zones overlap in {slivers} sliver{'s' if slivers > 1 else ''} ({hectares:,.3g} ha in "
        "all); each pixel there is counted in one zone only."
    ]


def _is_sliver(overlap: shapely.Geometry, crs: CRS) -> bool:
    """Whether an overlap, in an equal-area projection, is narrow everywhere on the ground."""
    spot = geopandas.GeoSeries([overlap.centroid], crs=crs).to_crs(4326).iloc[0]
    ground = CRS.from_dict({"proj": "laea", "lat_0": spot.y, "lon_0": spot.x})
    here = geopandas.GeoSeries([overlap], crs=crs).to_crs(ground).iloc[0]
    return bool(here.buffer(-_SLIVER_M / 2).is_empty)
