"""Areas of classes by zone: districts, watersheds, and zones crossed with another layer.

What belongs here: finding the pixels of zones on the maps, and areas by zone: mapped, and
estimated where the sample allows it. What does not: reading zones (``zone_files.py``),
estimation itself (``build.py``), and printing (the command).

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
from lulc_assets.core.accuracy.zone_files import Zones
from lulc_assets.core.errors import InvalidZones, UnreadableRaster
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import TilePart
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.tables.raster_blocks import require_small_blocks

_WHOLE = 0.995
"""Share of a zone on the map from which on nobody needs to be told that some is missing."""


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
            report = build_domain_report(
                split, sample, key=zone, year=year, legend=maps[0].legend, settings=settings
            )
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


def _open_layer(path: Path) -> rasterio.DatasetReader:
    layer = rasterio.open(path, driver="GTiff")
    require_small_blocks(layer, str(path), InvalidZones)
    return layer


def _read_on(path: Path, grid: PixelGrid) -> npt.NDArray[np.int64]:
    """A layer's values at the nearest pixel of a grid; no data and outside are 0."""
    try:
        with (
            _open_layer(path) as layer,
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


def _true_areas_ha(zones: geopandas.GeoDataFrame) -> list[float]:
    """Area of each zone on the ellipsoid, hectares."""
    geod = Geod(ellps="WGS84")
    degrees = zones.geometry.to_crs(4326)
    return [abs(geod.geometry_area_perimeter(geometry)[0]) / 1e4 for geometry in degrees]
