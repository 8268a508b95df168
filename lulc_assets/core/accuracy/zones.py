"""Areas of classes by zone: districts, watersheds, and zones crossed with another layer.

What belongs here: reading zones, finding their pixels on the maps, and areas by zone:
mapped, and estimated where the sample allows it. What does not: estimation itself
(``build.py``), and printing (the command).

A pixel belongs to the zone that holds its centre and, where tiles overlap, to the tile that
owns it: every place counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from pyproj import CRS, Geod
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.vrt import WarpedVRT

from lulc_assets.core.accuracy.build import build_domain_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.crosswalks import as_key
from lulc_assets.core.errors import InvalidGeometry, InvalidZones, MissingCrs, UnreadableRaster
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.tables.vector_file import read_vector

_SLIVER_M = 5.0
"""Overlaps that are nowhere wider come from borders that were digitised twice: half a pixel,
and a pixel goes to one zone only."""
_EQUAL_AREA = 6933
"""EPSG code of a global equal-area projection (EASE-Grid 2.0)."""
_WHOLE = 0.995
"""Share of a zone on the map from which on nobody needs to be told that some is missing."""
_NAME_COLUMNS = ("name", "zone", "id")


@dataclass(frozen=True)
class ZoneAreas:
    """The areas of one zone, or of one value of the crossing layer within it.

    Attributes:
        zone: name.
        cross: value of the crossing layer; None where nothing was crossed.
        report: mapped areas, and estimates where its verdict is "estimated".
    """

    zone: str
    cross: int | None
    report: AccuracyReport


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
            "place in its CRS; check whether x and y are exchanged and the CRS is the right one"
        )


def estimate_zone_areas(
    maps: Sequence[MapFile],
    zones: Zones,
    *,
    year: int,
    sample: ReferenceSample | None = None,
    cross: Path | None = None,
    settings: AccuracySettings | None = None,
) -> tuple[list[ZoneAreas], list[str]]:
    """Areas of classes in each zone.

    Args:
        maps: of one legend.
        zones: from :func:`read_zones`.
        year: of the maps.
        sample: of the region, or None for mapped areas only.
        cross: raster of whole numbers on any grid, taken at the nearest pixel; its no data
            counts as 0. Areas are then given for every value that occurs in a zone.
        settings: of the estimation.

    Returns:
        The areas of the zones that lie on a map, and warnings: about zones that do not, or of
        which a part does not.

    Raises:
        InvalidZones: every zone lies outside every map.
        UnreadableRaster: a map or the crossing layer cannot be read.
    """
    rows: list[ZoneAreas] = []
    warnings = list(zones.notes)
    on_grids = [zones.frame.to_crs(epsg=one.grid.epsg) for one in maps]
    true_ha = _true_areas_ha(zones.frame)
    for index, zone in enumerate(zones.frame["zone"]):
        parts = [
            part
            for one, frame in zip(maps, on_grids, strict=True)
            for part in _zone_part(one, frame, index)
        ]
        covered = sum(float(p.pixel_areas_ha[p.owned].sum()) for p in parts)
        if covered == 0:
            warnings.append(f"Zone {zone} lies outside every map and has no areas.")
            continue
        if covered < _WHOLE * true_ha[index]:
            warnings.append(f"Only {covered / true_ha[index]:.1%} of zone {zone} lies on the maps.")
        for value, split in _split(parts, cross):
            report = build_domain_report(split, sample, key=zone, year=year, settings=settings)
            rows.append(ZoneAreas(zone, value, report))
    if not rows:
        raise InvalidZones(
            f"{zones.source}: all {len(zones.frame)} zones lie outside every map; check the maps "
            "and the CRS of the zones"
        )
    return rows, warnings


def _zone_part(one: MapFile, frame: geopandas.GeoDataFrame, index: int) -> Iterator[TilePart]:
    """The window of a map around a zone, owning the zone's pixels only; none if they miss."""
    window = _window_around(one.grid, frame.geometry.iloc[index].bounds)
    if window is None:
        return
    grid = one.grid.cut(window)
    near = np.sort(frame.sindex.query(shapely.box(*grid.bounds)))
    # All zones of the window are burnt at once: a centre on a shared border goes to one only.
    burnt = rasterize(
        [(frame.geometry.iloc[i], int(i) + 1) for i in near],
        out_shape=grid.shape,
        transform=grid.transform,
        dtype="int32",
    )
    part = one.part(window)
    owned = part.owned & (burnt == index + 1)
    if owned.any():
        yield replace(part, owned=owned)


def _window_around(grid: PixelGrid, bounds: tuple[float, float, float, float]) -> Window | None:
    left, bottom, right, top = bounds
    rows, cols = grid.cells([left, right], [top, bottom])
    first_row, first_col = max(0, int(rows[0])), max(0, int(cols[0]))
    last_row, last_col = min(grid.height - 1, int(rows[1])), min(grid.width - 1, int(cols[1]))
    if last_row < first_row or last_col < first_col:
        return None
    return Window(first_row, first_col, last_row - first_row + 1, last_col - first_col + 1)


def _split(
    parts: Sequence[TilePart], cross: Path | None
) -> Iterator[tuple[int | None, list[TilePart]]]:
    """The zone's parts, once for each value of the crossing layer."""
    if cross is None:
        yield None, list(parts)
        return
    values = [_read_on(cross, part.grid) for part in parts]
    every = {int(v) for v, p in zip(values, parts, strict=True) for v in np.unique(v[p.owned])}
    for value in sorted(every):
        pairs = zip(parts, values, strict=True)
        yield value, [replace(p, owned=p.owned & (v == value)) for p, v in pairs]


def _read_on(path: Path, grid: PixelGrid) -> npt.NDArray[np.int64]:
    """A layer's values at the nearest pixel of a grid; no data and outside are 0."""
    try:
        with (
            rasterio.open(path, driver="GTiff") as layer,
            WarpedVRT(
                layer,
                crs=f"EPSG:{grid.epsg}",
                transform=grid.transform,
                width=grid.width,
                height=grid.height,
                resampling=Resampling.nearest,
            ) as on_grid,
        ):
            values = on_grid.read(1, masked=True)
    except RasterioError as error:
        raise UnreadableRaster(f"{path}: cannot be read: {error}") from error
    if not np.issubdtype(values.dtype, np.integer):
        raise InvalidZones(f"{path}: a crossing layer holds whole numbers, not {values.dtype}")
    filled: npt.NDArray[np.int64] = values.filled(0).astype(np.int64)
    return filled


def _judge_overlaps(zones: geopandas.GeoDataFrame, source: str) -> list[str]:
    """Notes about slivers between neighbours; real overlaps are refused.

    Raises:
        InvalidZones: two zones overlap by more than a sliver.
    """
    flat = zones.geometry.to_crs(_EQUAL_AREA)
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


def _true_areas_ha(zones: geopandas.GeoDataFrame) -> list[float]:
    """Area of each zone on the ellipsoid, hectares."""
    geod = Geod(ellps="WGS84")
    degrees = zones.geometry.to_crs(4326)
    return [abs(geod.geometry_area_perimeter(geometry)[0]) / 1e4 for geometry in degrees]
