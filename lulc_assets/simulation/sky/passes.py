"""When the satellites pass, how the sun stands and which product comes of it.

What belongs here: the plan of acquisitions of a canvas and year: date, orbit, platform,
processing baseline, sky and swath edge. What does not: pixels.

Tiles of one canvas share their passes, as neighbours in one swath do; what a pass leaves
uncovered differs from tile to tile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

OFFSET_BASELINE = "04.00"
"""From this baseline on, DN = 10000 · reflectance + 1000 (ESA, Sentinel-2 L2A format)."""

OFFSET_DN = 1000
_LAST_BASELINE = "05.10"
_LAST_BASELINE_FROM = datetime(2024, 1, 15, 3, 12, 41, tzinfo=UTC)
QUANTIFICATION = 10_000

_SKIES = ("clear", "scattered", "cirrus", "scattered", "clear", "broken")
_ORBITS = ((122, 29), (22, 631))
"""Relative orbit, and seconds after 10:00 UTC at 15° E (tile 33TVM lies in the west of one
swath and in the east of the next); elsewhere the time is shifted by the longitude."""

_REFERENCE_LON_DEG = 15.0


@dataclass(frozen=True)
class Pass:
    """One acquisition over a canvas.

    Attributes:
        year: calendar year.
        number: position in the year, from 0.
        sensed: time of acquisition, UTC.
        generated: time of processing, UTC.
        platform: ``Sentinel-2A`` or ``Sentinel-2B``.
        orbit: relative orbit.
        view: 0 or 1, which of the two view directions.
        baseline: processing baseline, e.g. ``05.09``.
        sky: ``clear``, ``scattered``, ``broken``, ``cirrus`` or ``overcast``.
        edge_of: tile that the swath's edge crosses, or None.
        sun_zenith_deg: of the canvas' centre.
        sun_azimuth_deg: clockwise from north.
    """

    year: int
    number: int
    sensed: datetime
    generated: datetime
    platform: str
    orbit: int
    view: int
    baseline: str
    sky: str
    edge_of: str | None
    sun_zenith_deg: float
    sun_azimuth_deg: float

    def reprocessed(self) -> "Pass":
        """The same acquisition from a later processing, as archives often hold both."""
        return replace(self, baseline=_LAST_BASELINE, generated=_reprocessed_at(self.generated))

    @property
    def day_of_year(self) -> int:
        """1–366."""
        return self.sensed.timetuple().tm_yday

    @property
    def offset_dn(self) -> int:
        """What the stored DN has on top: 1000 from baseline 04.00 on, else 0."""
        return OFFSET_DN if self.baseline >= OFFSET_BASELINE else 0

    @property
    def satellite(self) -> str:
        """``S2A`` or ``S2B``."""
        return "S2" + self.platform[-1]


def plan_year(
    seed: int,
    place: Sequence[int],
    tiles: Sequence[str],
    year: int,
    *,
    scenes: int,
    old_baseline_every: int,
    centre_deg: tuple[float, float],
) -> list[Pass]:
    """Plan a year over a canvas, by date.

    One pass is wholly clouded; while there are passes enough, the swath edge crosses each
    tile once. Old and new baselines alternate within the year: archives mix original and
    reprocessed products.

    Args:
        seed: of the archive.
        place: numbers that tell canvases apart.
        tiles: keys from west to east.
        year: calendar year.
        scenes: how many.
        old_baseline_every: each so manieth is below 04.00.
        centre_deg: longitude and latitude of the canvas' centre.
    """
    longitude, latitude = centre_deg
    west_minutes = round(4 * (_REFERENCE_LON_DEG - longitude))
    rng = np.random.default_rng([seed, *place, year, 2])
    spacing = 365.0 / scenes
    days = (np.arange(scenes) + 0.5 + rng.uniform(-0.32, 0.32, scenes)) * spacing
    skies = ["overcast"] + [_SKIES[i % len(_SKIES)] for i in range(scenes - 1)]
    skies = [skies[i] for i in rng.permutation(scenes)]
    open_skies = [i for i in range(scenes) if skies[i] in ("clear", "scattered", "cirrus")]
    chosen = rng.permutation(open_skies)[: len(tiles)]
    edges = {int(i): tile for i, tile in zip(chosen, tiles, strict=False)}
    shift = int(rng.integers(old_baseline_every))
    passes = []
    for i in range(scenes):
        view = int(rng.integers(2))
        orbit, seconds = _ORBITS[view]
        sensed = datetime(year, 1, 1, 10, tzinfo=UTC) + timedelta(
            days=int(days[i]),
            minutes=west_minutes,
            seconds=seconds,
            milliseconds=int(rng.integers(24, 999)),
        )
        old = (i + shift) % old_baseline_every == 0
        baseline, generated = _processing(rng, sensed, old, i)
        zenith, azimuth = sun_position(latitude, sensed.timetuple().tm_yday)
        passes.append(
            Pass(
                year=year,
                number=i,
                sensed=sensed,
                generated=generated,
                platform=f"Sentinel-2{'AB'[int(rng.integers(2))]}",
                orbit=orbit,
                view=view,
                baseline=baseline,
                sky=skies[i],
                edge_of=edges.get(i),
                sun_zenith_deg=zenith,
                sun_azimuth_deg=azimuth,
            )
        )
    return passes


def _processing(
    rng: np.random.Generator, sensed: datetime, old: bool, number: int
) -> tuple[str, datetime]:
    soon = sensed.replace(microsecond=0) + timedelta(seconds=int(rng.integers(28_000, 45_000)))
    if old:
        return ("02.14" if sensed.year < 2021 else "03.01"), soon
    if number % 2 or sensed.year < 2022:
        return _LAST_BASELINE, _reprocessed_at(soon)
    return ("04.00" if sensed.year < 2023 else "05.09"), soon


def _reprocessed_at(generated: datetime) -> datetime:
    """When a campaign after the last baseline's start came to a product."""
    turn = timedelta(days=generated.timetuple().tm_yday // 3, seconds=generated.minute * 977)
    return max(generated + timedelta(days=500), _LAST_BASELINE_FROM) + turn


def sun_position(latitude_deg: float, day_of_year: int) -> tuple[float, float]:
    """Zenith and azimuth at 10:50 local solar time, degrees (Spencer 1971 declination)."""
    gamma = 2 * np.pi * (day_of_year - 1) / 365.0
    declination = (
        0.006918
        - 0.399912 * np.cos(gamma)
        + 0.070257 * np.sin(gamma)
        - 0.006758 * np.cos(2 * gamma)
        + 0.000907 * np.sin(2 * gamma)
    )
    latitude = np.deg2rad(latitude_deg)
    hour = np.deg2rad(15.0 * (10.0 + 50.0 / 60.0 - 12.0))
    cos_zenith = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
        declination
    ) * np.cos(hour)
    zenith = np.arccos(cos_zenith)
    east = -np.cos(declination) * np.sin(hour)
    north = np.sin(declination) * np.cos(latitude) - np.cos(declination) * np.cos(hour) * np.sin(
        latitude
    )
    return float(np.rad2deg(zenith)), float(np.rad2deg(np.arctan2(east, north)) % 360.0)
