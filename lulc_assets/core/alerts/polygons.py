"""Alerts as polygons, each with an id that stays.

What belongs here: from pixels to a table of alerts. What does not: whom they are sent to
(``zones``, ``notices``).

An alert is the patch of all pixels that ever were possible this year and touch along edges;
its geometry is what of it is live. Such a patch only grows, and its id is the place and day
of its oldest pixel, first by day, then by row, then by column: an alert keeps its id while it
grows, shrinks, steps up or is rejected, and the same scenes give the same ids in whatever
order they came. Where two alerts grow together, the older one's id stays.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely

from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.alerts.pixels import AlertPixels, class_name
from lulc_assets.core.change.dates import day_of_number, iso_or_none
from lulc_assets.core.grid import PixelGrid, Window, pixel_areas_ha
from lulc_assets.core.legend import KARRA_10, Legend

COLUMNS = (
    "alert_id",
    "step",
    "from_class",
    "to_class",
    "area_ha",
    "confirmed_ha",
    "probability",
    "first_on",
    "possible_on",
    "likely_on",
    "confirmed_on",
    "rejected_on",
    "pixels",
)

_NEVER = 65_535

_DATED = (Step.POSSIBLE, Step.LIKELY, Step.CONFIRMED)


@dataclass(frozen=True)
class _Patch:
    """Pixels of one alert and where they lie."""

    pixels: AlertPixels
    rows: npt.NDArray[np.int64]
    cols: npt.NDArray[np.int64]

    @property
    def window(self) -> Window:
        row, col = int(self.rows.min()), int(self.cols.min())
        return Window(row, col, int(self.rows.max()) - row + 1, int(self.cols.max()) - col + 1)


def alert_polygons(
    pixels: AlertPixels,
    grid: PixelGrid,
    key: str,
    settings: AlertSettings,
    legend: Legend = KARRA_10,
) -> gpd.GeoDataFrame:
    """The alerts of a state, by id; those that were rejected with what they had been.

    Args:
        pixels: of the state.
        grid: of the tile.
        key: first part of each id: tile and year.
        settings: of the ladder.
        legend: of the map and the scenes.

    Returns:
        One row per alert, in the CRS of the grid: ``COLUMNS`` and the geometry (multipolygon
        along the borders of pixels). Dates are ISO or None; a step's date is the one on which
        enough pixels (``AlertSettings.areas``) and a square of ``core_px`` among them had
        reached it. Patches that never were of any step are left out.
    """
    from lulc_assets.core.change.patches import label_patches  # numba

    rows: list[dict[str, Any]] = []
    if pixels.places.size:
        labels = label_patches(pixels.places, np.zeros_like(pixels.places), grid.width)
        large = np.bincount(labels) >= settings.min_area_px
        kept = large[labels]
        chosen, labels = pixels.take(kept), labels[kept]
        order = np.argsort(labels, kind="stable")
        ends = np.flatnonzero(np.diff(labels[order])) + 1
        for places in np.split(order, ends) if order.size else []:
            row = _alert(_patch(chosen, places, grid), grid, key, settings, legend)
            if row is not None:
                rows.append(row)
    rows.sort(key=lambda row: row["alert_id"])
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    geometry = [row["geometry"] for row in rows]
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=f"EPSG:{grid.epsg}")


def write_alerts(alerts: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a table of alerts as GeoParquet."""
    alerts.to_parquet(path, index=False)
    return path


def _patch(pixels: AlertPixels, places: npt.NDArray[np.int64], grid: PixelGrid) -> _Patch:
    values = {name: getattr(pixels, name)[places] for name in vars(pixels)}
    rows, cols = np.divmod(values["places"], grid.width)
    return _Patch(AlertPixels(**values), rows, cols)


def _alert(
    patch: _Patch, grid: PixelGrid, key: str, settings: AlertSettings, legend: Legend
) -> dict[str, Any] | None:
    pixels = patch.pixels
    live = pixels.live
    dates = [pixels.possible_on, pixels.likely_on, pixels.confirmed_on]
    needed = [settings.areas(step, legend) for step in _DATED]
    core = settings.core_px
    reached = [
        step
        for step, days, area in zip(_DATED, dates, needed, strict=True)
        if _reached_on(patch, np.where(live & (pixels.step >= step), days, 0), area, core)
    ]
    ever = [_reached_on(patch, days, area, core) for days, area in zip(dates, needed, strict=True)]
    if not ever[0]:
        return None
    shown = live if reached else np.ones_like(live)
    confirmed = live & (pixels.step == Step.CONFIRMED)
    areas = pixel_areas_ha(grid.cut(patch.window))[
        patch.rows - patch.window.row, patch.cols - patch.window.col
    ]
    oldest = np.lexsort((pixels.places, pixels.anchor_on))[0]
    day = day_of_number(int(pixels.anchor_on[oldest]))
    first = np.sort(pixels.first_on[shown & (pixels.first_on > 0)])
    step = reached[-1] if reached else Step.REJECTED
    return {
        "alert_id": f"{key}-{day:%m%d}-{patch.rows[oldest]:05d}-{patch.cols[oldest]:05d}",
        "step": step.name.lower(),
        "from_class": class_name(_most(pixels.from_class[shown]), legend),
        "to_class": class_name(_most(pixels.to_class[shown]), legend),
        "area_ha": round(float(areas[shown].sum()), 4),
        "confirmed_ha": round(float(areas[confirmed].sum()), 4),
        "probability": round(float(pixels.probability[shown].mean()), 4),
        "first_on": iso_or_none(int(first[first.size // 2])) if first.size else None,
        "possible_on": iso_or_none(ever[0]),
        "likely_on": iso_or_none(ever[1]),
        "confirmed_on": iso_or_none(ever[2]),
        "rejected_on": None if reached else iso_or_none(int(pixels.closed_on.max())),
        "pixels": int(shown.sum()),
        "geometry": _outline(patch, shown, grid),
    }


def _reached_on(
    patch: _Patch, days: npt.NDArray[np.uint16], areas: npt.NDArray[np.int64], core_px: int
) -> int:
    """The day on which the patch had reached a step; 0: it has not.

    Args:
        patch: of the alert.
        days: (n,) uint16, day of the step of each pixel, 0: none.
        areas: pixels that it takes, by code of last year's class; that of most pixels counts.
        core_px: side of the square that it takes.
    """
    from scipy import ndimage  # only where pixels are

    dated = np.sort(days[days > 0])
    if not dated.size:
        return 0
    needed = int(areas[_most(patch.pixels.from_class[days > 0])])
    if dated.size < needed:
        return 0
    window = patch.window
    # A margin, so that a square that sticks out of the window holds pixels without a day.
    square = np.full((window.height + 2, window.width + 2), _NEVER, np.uint16)
    at = (patch.rows - window.row + 1, patch.cols - window.col + 1)
    square[at] = np.where(days > 0, days, _NEVER)
    core = ndimage.maximum_filter(square, core_px, mode="constant", cval=_NEVER).min()
    return 0 if core == _NEVER else max(int(dated[needed - 1]), int(core))


def _most(codes: npt.NDArray[np.uint8]) -> int:
    return int(np.bincount(codes).argmax())


def _outline(patch: _Patch, shown: npt.NDArray[np.bool_], grid: PixelGrid) -> shapely.MultiPolygon:
    window = patch.window
    mask = np.zeros((window.height, window.width), np.uint8)
    mask[patch.rows[shown] - window.row, patch.cols[shown] - window.col] = 1
    transform = grid.cut(window).transform
    shapes = rasterio.features.shapes(mask, mask=mask > 0, transform=transform)
    parts = [shapely.geometry.shape(shape) for shape, _ in shapes]
    return shapely.MultiPolygon(sorted(parts, key=lambda part: part.bounds))
