"""Simulated catalogues of a block of tiles: Sentinel-2 passes with jitter, some never acquired.

What belongs here: who passes when over which tile, and withholding. What does not: the audit.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lulc_assets.core.catalog.audit import Pass

DAY_S = 86400.0
TILES = tuple(f"33T{column}{row}" for column in "UVWX" for row in "KLMN")
ORBITS = {22: "UVW", 122: "UVWX", 79: "WX"}
"""Relative orbit → columns of squares under its swath."""

_LOCAL_TIME_S = 10 * 3600.0
"""Sentinel-2 passes at the same time of the day, here in the middle of a zone near Greenwich."""

PHASES = {"sentinel-2a": 0.0, "sentinel-2b": 5.0}


@dataclass(frozen=True)
class Settings:
    """A simulated catalogue; ``not_acquired`` is a share of the datatakes, of all tiles alike."""

    years: tuple[int, ...] = (2021, 2022, 2023)
    not_acquired: float = 0.004
    ends_s: float = datetime(2024, 1, 1, tzinfo=UTC).timestamp()


def simulate(settings: Settings, seed: int) -> list[Pass]:
    """All items of the block."""
    chance = random.Random(seed)
    first = datetime(settings.years[0], 1, 1, tzinfo=UTC).timestamp()
    shift = chance.randrange(10)
    items = []
    for place, (orbit, columns) in enumerate(ORBITS.items()):
        for platform, phase in PHASES.items():
            days = (shift + phase + 2 * place) % 10
            at = first + days * DAY_S + _LOCAL_TIME_S + orbit * 5
            while at < settings.ends_s:
                if chance.random() >= settings.not_acquired:
                    items += _cut(at, orbit, columns, platform, chance)
                at += 10 * DAY_S
    return items


def _cut(at: float, orbit: int, columns: str, platform: str, chance: random.Random) -> list[Pass]:
    found = []
    for tile in TILES:
        if tile[3] in columns:
            sensed = at + chance.uniform(-60, 60)
            day = f"{datetime.fromtimestamp(sensed, UTC):%Y%m%dT%H%M%S}"
            found.append(Pass(tile, orbit, platform, sensed, f"{day}_R{orbit:03d}_{tile}", "05.09"))
    return found


def withhold(items: list[Pass], how: str, tile: str, year: int, seed: int) -> list[Pass]:
    """The catalogue without some items of a tile and year.

    Args:
        items: all.
        how: ``random`` (a third of the tile's items), ``orbit`` (all of one relative orbit over
            the tile), ``month`` (all items of the block in a month).
        tile: of which.
        year: of which.
        seed: of the choice.
    """
    chance = random.Random(seed)
    orbit = chance.choice([o for o, columns in ORBITS.items() if tile[3] in columns])
    month = chance.randint(1, 12)

    def goes(each: Pass) -> bool:
        day = datetime.fromtimestamp(each.sensed, UTC)
        if day.year != year:
            return False
        if how == "month":
            return day.month == month
        if each.tile != tile:
            return False
        return each.orbit == orbit if how == "orbit" else chance.random() < 1 / 3

    return [each for each in items if not goes(each)]


def older(items: list[Pass], tile: str) -> list[Pass]:
    """The tile's items in an older baseline than its neighbours'."""
    return [replace(each, baseline="02.14") if each.tile == tile else each for each in items]
