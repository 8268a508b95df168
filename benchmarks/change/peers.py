"""Other ways to find change on the same predictions and reflectance.

What belongs here: rules as their authors describe them, each giving the day on which a pixel
was confirmed. What does not: how alerts are made of pixels and counted (``measures``), which
is the same for all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.change.landscapes import Scenery
from benchmarks.change.years import Annual
from lulc_assets.core.change.dates import day_number

U16 = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]

REICHE_CLIP = (0.1, 0.9)
REICHE_CONFIRMED = 0.9
"""Reiche et al. 2015, "A Bayesian approach to combine Landsat and ALOS PALSAR time series for
near real-time deforestation detection", Remote Sensing 7: block weights and χ."""

DIST_LEAST_LOSS = 10.0
DIST_CONFIRMED = 400.0
DIST_WINDOW_DAYS = 15
"""OPERA DIST-ALERT algorithm theoretical basis: loss of vegetation cover in per cent against the
lowest of former years within 15 days; confidence = mean loss × count², confirmed at 400."""

NDVI_BARE, NDVI_FULL = 0.05, 0.85
"""NDVI of 0 and 100 % vegetation cover (Gutman and Ignatov 1998)."""

NRT_MONITORS = ("CuSum", "MoSum", "EWMA", "IQR", "CCDC")
_FIT: dict[str, dict[str, Any]] = {"CCDC": {"screen_outliers": None}}


def _clear(land: Scenery, at: int, before: Annual) -> Bools:
    seen: Bools = (land.masks[at] > 0) | before.flagged
    return seen & (land.classes[at] < 10) & (before.classes > 0)


def two_dates(land: Scenery, year: int, before: Annual, current: Annual) -> U16:
    """The plain difference of two annual maps, known at the end of the year."""
    differ = (before.classes > 0) & (current.classes > 0) & (before.classes != current.classes)
    return np.where(differ, day_number(f"{year}-12-31"), 0).astype(np.uint16)


def single_scene(land: Scenery, year: int, before: Annual, current: Annual) -> U16:
    """Every clear view of another class than the map's is a change."""
    found = np.zeros(land.event.shape, np.uint16)
    part = land.of_year(year)
    for at in range(part.start, part.stop):
        new = _clear(land, at, before) & (land.classes[at] != before.classes) & (found == 0)
        found[new] = day_number(land.dates[at])
    return found


def reiche(land: Scenery, year: int, before: Annual, current: Annual) -> U16:
    """Iterative Bayesian updating of P(no longer the map's class), weights clipped."""
    shape = land.event.shape
    found, odds = np.zeros(shape, np.uint16), np.zeros(shape)
    flagged = np.zeros(shape, bool)
    last = np.full(shape, 0.5)
    part = land.of_year(year)
    for at in range(part.start, part.stop):
        clear = _clear(land, at, before)
        sure = land.probabilities[at] / 255.0
        other = np.where(land.classes[at] == before.classes, 1 - sure, sure)
        weight = np.clip(other, *REICHE_CLIP)
        start = clear & ~flagged & (weight >= 0.5)
        prior = np.where(start, last, odds)
        posterior = prior * weight / (prior * weight + (1 - prior) * (1 - weight))
        moved = clear & (flagged | start)
        odds = np.where(moved, posterior, odds)
        flagged = np.where(moved, posterior >= 0.5, flagged)
        last = np.where(clear, weight, last)
        found[moved & (odds >= REICHE_CONFIRMED) & (found == 0)] = day_number(land.dates[at])
    return found


def dist_alert(land: Scenery, year: int, before: Annual, current: Annual) -> U16:
    """Loss of vegetation cover, mean × count²; two views without loss in a row end it."""
    shape = land.event.shape
    cover = np.clip((land.ndvi / 1e4 - NDVI_BARE) / (NDVI_FULL - NDVI_BARE), 0, 1) * 100
    days = np.array([day_number(day) for day in land.dates])
    part = land.of_year(year)
    found, count = np.zeros(shape, np.uint16), np.zeros(shape, np.int64)
    total, quiet = np.zeros(shape), np.zeros(shape, np.int64)
    for at in range(part.start, part.stop):
        clear = _clear(land, at, before)
        least = np.full(shape, np.inf)
        for back in range(1, 4):
            near = np.flatnonzero(abs(days - (days[at] - round(365.25 * back))) <= DIST_WINDOW_DAYS)
            for other in near:
                seen = land.masks[other] > 0
                least = np.where(seen, np.minimum(least, cover[other]), least)
        loss = np.where(np.isfinite(least), least - cover[at], 0)
        lost = clear & (loss >= DIST_LEAST_LOSS)
        quiet = np.where(lost, 0, np.where(clear, quiet + 1, quiet))
        over = quiet >= 2
        count = np.where(over, 0, count + lost)
        total = np.where(over, 0.0, total + np.where(lost, loss, 0))
        confidence = np.divide(total, count, out=np.zeros(shape), where=count > 0) * count**2
        found[lost & (confidence >= DIST_CONFIRMED) & (found == 0)] = day_number(land.dates[at])
    return found


def nrt_monitor(name: str) -> Callable[[Scenery, int, Annual, Annual], U16]:
    """A monitor of the package ``nrt`` on NDVI, with its own defaults, fitted to all dates before.

    CCDC's screening of outliers needs a band in the short-wave infrared; masks screen instead. A
    break counts on the date on which the monitor finds it.
    """

    def find(land: Scenery, year: int, before: Annual, current: Annual) -> U16:
        import xarray as xr
        from nrt import monitor  # noqa: F401  (its submodules are found below)

        cube = _ndvi_cube(land)
        times = cube.time.values.astype("datetime64[Y]").astype(int) + 1970
        watched = _make_monitor(name, before.classes > 0)
        history = cube.isel(time=np.flatnonzero(times < year))
        watched.fit(dataarray=history, **_FIT.get(name, {}))
        found = np.zeros(land.event.shape, np.uint16)
        for at in np.flatnonzero(times == year):
            scene: xr.DataArray = cube.isel(time=at)
            watched.monitor(array=scene.values, date=scene.time.values.astype("M8[s]").item())
            found[(watched.mask == 3) & (found == 0)] = day_number(land.dates[at])
        return found

    return find


def _ndvi_cube(land: Scenery) -> Any:
    import xarray as xr

    clear = (land.masks > 0) & (land.classes < 10)
    values = np.where(clear, land.ndvi / 1e4, np.nan)
    grid = land.grid
    return xr.DataArray(
        values,
        dims=("time", "y", "x"),
        coords={
            "time": np.array(land.dates, "datetime64[ns]"),
            "y": grid.y0 - grid.pixel_m * (np.arange(grid.height) + 0.5),
            "x": grid.x0 + grid.pixel_m * (np.arange(grid.width) + 0.5),
        },
    )


def _make_monitor(name: str, watched: Bools) -> Any:
    import importlib

    module = importlib.import_module(f"nrt.monitor.{name.lower()}")
    trend = name == "CCDC"  # its method asks for one
    return getattr(module, name)(trend=trend, mask=watched.astype(np.int8))


PEERS: dict[str, Callable[[Scenery, int, Annual, Annual], U16]] = {
    "two-date difference": two_dates,
    "single-scene difference": single_scene,
    "Bayes, Reiche 2015": reiche,
    "DIST-ALERT rule": dist_alert,
}
