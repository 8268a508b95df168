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
import rasterio
import shapely
from pyproj import Geod
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.vrt import WarpedVRT

from lulc_assets.core.accuracy.build import build_domain_report
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.errors import InvalidGeometry, InvalidZones, MissingCrs, UnreadableRaster
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.tables.vector_file import read_vector

_OVERLAP_M2 = 1.0
"""Overlaps below this come from digitised borders that do not quite meet."""
_EQUAL_AREA = 6933
"""EPSG code of a global equal-area projection (EASE-Grid 2.0)."""
_WHOLE = 0.995
"""Share of a zone on the map from which on nobody needs to be told that some is missing."""
_NAME_COLUMNS = ("name", "NAME", "Name", "zone", "id")


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
        frame: one row a zone: ``zone`` (text, unique) and its geometry, in the file's CRS.
    """

    source: str
    frame: geopandas.GeoDataFrame


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
        InvalidGeometry: a geometry is no valid polygon; the message names the zone.
    """
    frame = read_vector(path, layer, InvalidZones)
    if frame.crs is None:
        raise MissingCrs(f"{path}: no coordinate reference system; assign one and save it again")
    named = column or next((c for c in _NAME_COLUMNS if c in frame), None)
    if named is None or named not in frame:
        columns = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        raise InvalidZones(f"{path}: no column {named or 'name'}; it has {columns}")
    if frame.empty:
        raise InvalidZones(f"{path}: no zones")
    names = frame[named]
    if names.isna().any() or names.astype(str).duplicated().any():
        bad = names[names.isna() | names.astype(str).duplicated()].iloc[0]
        raise InvalidZones(f"{path}: zone name {bad!r} is missing or occurs more than once")
    zones = geopandas.GeoDataFrame(
        {"zone": names.astype(str).to_numpy()}, geometry=frame.geometry.to_numpy(), crs=frame.crs
    )
    for zone, geometry in zip(zones["zone"], zones.geometry, strict=True):
        if geometry is None or geometry.is_empty or "Polygon" not in geometry.geom_type:
            raise InvalidGeometry(f"{path}, zone {zone!r}: geometry is {geometry}, not a polygon")
        if not geometry.is_valid:
            reason = shapely.is_valid_reason(geometry)
            raise InvalidGeometry(f"{path}, zone {zone!r}: {reason}; repair it and save it again")
    _refuse_overlaps(zones, str(path))
    return Zones(str(path), zones)


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
        The areas, and warnings about zones of which a part lies off the maps.

    Raises:
        InvalidZones: a zone lies outside every map.
        UnreadableRaster: a map or the crossing layer cannot be read.
    """
    rows, warnings = [], []
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
            raise InvalidZones(f"{zones.source}: zone {zone!r} lies outside every map")
        if covered < _WHOLE * true_ha[index]:
            warnings.append(f"Only {covered / true_ha[index]:.1%} of zone {zone} lies on the maps.")
        for value, split in _split(parts, cross):
            report = build_domain_report(split, sample, key=zone, year=year, settings=settings)
            rows.append(ZoneAreas(zone, value, report))
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


def _refuse_overlaps(zones: geopandas.GeoDataFrame, source: str) -> None:
    flat = zones.geometry.to_crs(_EQUAL_AREA)
    first, second = flat.sindex.query(flat, predicate="intersects")
    for i, j in zip(first, second, strict=True):
        if i >= j:
            continue
        overlap = flat.iloc[i].intersection(flat.iloc[j]).area
        if overlap > _OVERLAP_M2:
            one, other = zones["zone"].iloc[i], zones["zone"].iloc[j]
            raise InvalidZones(
                f"{source}: zones {one!r} and {other!r} overlap by {overlap / 1e4:,.4g} ha; every "
                "place must be in one zone only"
            )


def _true_areas_ha(zones: geopandas.GeoDataFrame) -> list[float]:
    """Area of each zone on the ellipsoid, hectares."""
    geod = Geod(ellps="WGS84")
    degrees = zones.geometry.to_crs(4326)
    return [abs(geod.geometry_area_perimeter(geometry)[0]) / 1e4 for geometry in degrees]
