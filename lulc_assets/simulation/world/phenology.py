"""How each kind of ground looks on a day of the year.

What belongs here: calendars (growth, ripening, harvest, mowing), weather of a year, and
the table of reflectance by kind and earliness on a day. What does not: the reflectance of
pure materials (``spectra``), places.

Growth is a double logistic curve (Zhang et al. 2003, Remote Sensing of Environment 84;
Beck et al. 2006, RSE 100). Calendars follow crop calendars of Central Europe at 46–47° N
(Eurostat / JRC MARS bulletins: winter wheat harvest in July, maize silking in July and
harvest in September–October, meadows cut in June and August). South of the equator the
year is shifted by half.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.simulation.world.bands import SIX
from lulc_assets.simulation.world.spectra import KINDS, MATERIAL_NAMES, material_table

EARLINESS_DAYS = (-18.0, -9.0, 0.0, 9.0, 18.0)
"""Fields of one kind do not grow in step: each pixel has one of these delays."""

EARLINESS_COUNT = len(EARLINESS_DAYS)
_HALF_YEAR_DAYS = 182.0
_YEAR_DAYS = 365.0


@dataclass(frozen=True)
class Season:
    """A calendar; days are days of the year in the northern hemisphere.

    Attributes:
        up: middle of the green-up; ``up_days`` is its time constant.
        down: middle of the decline; ``down_days`` likewise.
        harvest: day on which what is ripe vanishes; None when it stays until winter.
        low: share of the peak material outside the season.
        high: share at full growth.
        ripe_share: of what the decline frees, how much is ripe material, not ground.
        cuts: days of mowing; each takes 60 % of the peak material, back in some weeks.
        drought: how much a drought year takes from the peak material in summer.
    """

    up: float
    up_days: float
    down: float
    down_days: float
    harvest: float | None = None
    low: float = 0.0
    high: float = 0.95
    ripe_share: float = 1.0
    cuts: tuple[float, ...] = ()
    drought: float = 0.0


SEASONS: dict[str, Season] = {
    "always": Season(-400, 10, 800, 10, high=1.0),
    "drawdown": Season(-400, 10, 232, 9, high=1.0),
    "algae": Season(150, 20, 270, 20, high=0.35),
    "leaves": Season(112, 7, 288, 9, harvest=318, high=1.0, drought=0.05),
    "shrubs": Season(125, 14, 270, 18, low=0.25, high=0.85, drought=0.15),
    "heath": Season(130, 20, 285, 25, low=0.5, high=0.8, drought=0.1),
    "hay": Season(88, 12, 298, 18, low=0.15, cuts=(158, 222), ripe_share=0.6, drought=0.3),
    "grazed": Season(85, 14, 305, 20, low=0.25, high=0.85, ripe_share=0.5, drought=0.3),
    "dry": Season(95, 12, 178, 14, low=0.1, high=0.75, drought=0.3),
    "alpine": Season(160, 10, 255, 14, low=0.1, high=0.9),
    "reeds": Season(135, 14, 280, 14, low=0.05, high=0.85, ripe_share=0.75),
    "wet": Season(150, 12, 275, 16, low=0.1, high=0.8, ripe_share=0.5),
    "winter_cereal": Season(84, 12, 176, 7, harvest=202, low=0.12, drought=0.1),
    "winter_cereal_early": Season(76, 10, 168, 7, harvest=190, low=0.2, drought=0.1),
    "maize": Season(172, 9, 252, 9, harvest=276, drought=0.25),
    "beet": Season(150, 9, 270, 12, harvest=292, drought=0.2),
    "fodder": Season(86, 12, 296, 14, low=0.1, cuts=(140, 182, 228), ripe_share=0.4, drought=0.2),
    "melt": Season(172, 14, 280, 10, high=0.95),
}

_CUT_DEPTH = 0.6
_REGROWTH_DAYS = 22.0
_SUMMER = (150.0, 260.0)


@dataclass(frozen=True)
class YearWeather:
    """What differs from year to year without any change of class.

    Attributes:
        delay_days: how late spring is.
        drought: 0 (wet) … 1 (severe).
    """

    delay_days: float
    drought: float


def draw_weather(seed: int, year: int) -> YearWeather:
    """The weather of a year; the same for a seed and year in any archive."""
    rng = np.random.default_rng([seed, year, 101])
    return YearWeather(float(rng.normal(0.0, 6.0)), float(np.clip(rng.beta(1.6, 3.0), 0, 1)))


def _sigmoid(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0))))


def share_of_materials(season: Season, day: float, drought: float) -> tuple[float, float, float]:
    """Shares of the peak, ripe and ground material on a day; they sum to one."""
    rise = _sigmoid((day - season.up) / season.up_days)
    fall = _sigmoid((day - season.down) / season.down_days)
    peak = season.low + (season.high - season.low) * rise * (1.0 - fall)
    for cut in season.cuts:
        if day >= cut:
            peak *= 1.0 - _CUT_DEPTH * float(np.exp(-(day - cut) / _REGROWTH_DAYS))
    if _SUMMER[0] <= day <= _SUMMER[1]:
        middle = (_SUMMER[0] + _SUMMER[1]) / 2
        peak *= 1.0 - season.drought * drought * (1 - abs(day - middle) / (middle - _SUMMER[0]))
    after = 0.0 if season.harvest is None else _sigmoid((day - season.harvest) / 3.0)
    ripe = max(season.high * rise - peak, 0.0) * season.ripe_share * (1.0 - after)
    peak *= 1.0 - after * (1.0 - season.low)
    return peak, ripe, 1.0 - peak - ripe


def reflectance_on_day(
    day_of_year: float,
    weather: YearWeather,
    *,
    southern: bool = False,
    bands: int = len(SIX),
) -> npt.NDArray[np.float32]:
    """Reflectance by kind and earliness, shape (kinds, earliness, bands), float32.

    The earliness index is that of ``EARLINESS_DAYS``; bands are those of ``bands.BAND_SETS``.
    """
    day = (day_of_year + _HALF_YEAR_DAYS) % _YEAR_DAYS if southern else day_of_year
    materials = material_table(bands)
    row = {name: i for i, name in enumerate(MATERIAL_NAMES)}
    table = np.empty((len(KINDS), EARLINESS_COUNT, bands), dtype=np.float32)
    for k, kind in enumerate(KINDS):
        of_kind = materials[[row[kind.peak], row[kind.ripe], row[kind.ground]]]
        for e, late in enumerate(EARLINESS_DAYS):
            own_day = day - weather.delay_days - late
            shares = share_of_materials(SEASONS[kind.season], own_day, weather.drought)
            weights = np.asarray(shares, dtype=np.float32)[:, None]
            table[k, e] = (weights * of_kind).sum(axis=0)
    table[_rape(), :] = _with_flower(table[_rape(), :], day - weather.delay_days)
    return table


def _rape() -> int:
    return next(i for i, kind in enumerate(KINDS) if kind.name == "rape")


def _with_flower(of_rape: npt.NDArray[np.float32], day: float) -> npt.NDArray[np.float32]:
    """Rape in flower is bright yellow for three weeks around day 122."""
    flower = np.array(material_table(of_rape.shape[-1])[MATERIAL_NAMES.index("flowering_rape")])
    late = np.asarray(EARLINESS_DAYS)
    share = np.exp(-(((day - late - 122.0) / 10.0) ** 2)).astype(np.float32)[:, None]
    return (of_rape * (1 - share) + flower * share).astype(np.float32)
