"""Where labels lie, as far as that can be wrong: coordinates that are not a place, or another one.

What belongs here: coordinates against their CRS, labels against an area, a UTM zone around
labels. What does not: cutting labels to an area (``table``).
"""

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from lulc_assets.core.errors import InvalidGeometry
from lulc_assets.core.grid import PixelGrid

_ROUNDING = 1e-6
"""Degrees beyond the poles or the date line that arithmetic explains."""


def require_places(labels: gpd.GeoDataFrame, where: str) -> None:
    """Refuse labels whose coordinates are not a place in their CRS.

    Args:
        labels: valid polygons with ``label_id``, in any CRS.
        where: file, for the message.

    Raises:
        InvalidGeometry: names label, coordinates and CRS.
    """
    bounds = labels.bounds.to_numpy()
    lost = ~np.isfinite(bounds).all(axis=1)
    if labels.crs.is_geographic:
        lost |= (np.abs(bounds[:, [0, 2]]) > 360 + _ROUNDING).any(axis=1)
        lost |= (np.abs(bounds[:, [1, 3]]) > 90 + _ROUNDING).any(axis=1)
    elif len(bounds) and (np.abs(bounds) <= [180, 90, 180, 90]).all():
        lost[:] = True  # of a map in metres: two hundred metres around its origin, in the sea
    if lost.any():
        _refuse(labels, lost, where)


def _refuse(labels: gpd.GeoDataFrame, lost: np.ndarray, where: str) -> None:
    row = labels.loc[lost].iloc[0]
    x, y = row.geometry.bounds[:2]
    what = f"label {row['label_id']} lies at x {x:,.6g}, y {y:,.6g}"
    if not labels.crs.is_geographic and np.isfinite([x, y]).all():
        hint = "they look like degrees: name their true CRS, EPSG:4326 for instance"
    elif np.isfinite([x, y]).all() and max(abs(x), abs(y)) <= 360:
        hint = "are x and y (longitude and latitude) exchanged?"
    else:
        hint = "they look like metres: name their true CRS (GeoJSON without one means degrees)"
    raise InvalidGeometry(
        f"{where}: {what}, which is not a place in {_name(labels.crs)} ({int(lost.sum())} of "
        f"{len(labels)} labels); {hint}"
    )


def utm_around(labels: gpd.GeoDataFrame, where: str) -> CRS:
    """The UTM zone in whose middle the labels lie.

    Raises:
        InvalidGeometry: they lie where there is none.
    """
    try:
        return labels.estimate_utm_crs()
    except (RuntimeError, ValueError) as error:
        left, bottom, right, top = labels.total_bounds
        raise InvalidGeometry(
            f"{where}: no UTM zone holds the labels at x {left:,.6g} to {right:,.6g}, y "
            f"{bottom:,.6g} to {top:,.6g} in {_name(labels.crs)}; check their coordinates and CRS"
        ) from error


def grid_around(labels: gpd.GeoDataFrame, where: str) -> PixelGrid:
    """A 10 m UTM grid around labels, on multiples of 10 m.

    Raises:
        InvalidGeometry: they lie where no UTM zone is.
    """
    crs = utm_around(labels, where)
    left, bottom, right, top = labels.to_crs(crs).total_bounds
    x0, y0 = np.floor(left / 10) * 10, np.ceil(top / 10) * 10
    height, width = int(np.ceil((y0 - bottom) / 10)), int(np.ceil((right - x0) / 10))
    epsg = int(crs.to_epsg() or 0)  # a UTM zone always has a code
    return PixelGrid(epsg, float(x0), float(y0), max(1, height), max(1, width))


def explain_absence(labels: gpd.GeoDataFrame, grid: PixelGrid, where: str) -> str:
    """Why no label of a file lies in an area, in one sentence; where they lie instead.

    Args:
        labels: in their own CRS, at least one.
        grid: of the area.
        where: name of the area.
    """
    count = f"{len(labels)} of {len(labels)} polygons lie outside {where}"
    left, bottom, right, top = labels.to_crs(4326).total_bounds
    place = f"they lie at longitude {left:.2f} to {right:.2f}, latitude {bottom:.2f} to {top:.2f}"
    if _exchanged_fits(labels, grid):
        return f"{count}; with x and y exchanged they would lie in it: exchange them ({place})"
    return f"{count}; are x and y exchanged, or is their CRS another? ({place})"


def _exchanged_fits(labels: gpd.GeoDataFrame, grid: PixelGrid) -> bool:
    swapped = shapely.transform(labels.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    moved = gpd.GeoSeries(swapped, crs=labels.crs).to_crs(epsg=grid.epsg)
    footprint = shapely.box(*grid.bounds)
    return bool(moved[np.isfinite(moved.bounds.to_numpy()).all(axis=1)].intersects(footprint).any())


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)
