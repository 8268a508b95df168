"""What one observation of a pixel says: class × bin of its probability × how familiar it is.

What belongs here: the alphabet that evidence is counted in. What does not: how often each
letter comes (``counting``) and what follows from it (``evidence``).

A class is familiar to a pixel in a season when the pixel was seen as it in the same season
of the year before: a harvested field is bare each autumn, a lowland lake low each August.
Such a view is not news. A class that was seen in another season of that year is half known: a
field that was bare in autumn may be bare in spring, under another crop. Only what the pixel
never was is new, and each of the three has letters of its own.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.odds import MOST_CLASSES
from lulc_assets.core.compositing.seasons import Part, part_of
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.legend import Legend

BIN_EDGES = (128, 217)
"""Probabilities (of 255) at which bins begin: below half, up to .85, above."""

BINS = len(BIN_EDGES) + 1
STRANGE, HALF_KNOWN, FAMILIAR = range(3)
LEVELS = 3
NONE = 0
"""Letter or view "not observed before"; views and letters are stored from 1."""

FAMILIAR_SHARE_PCT = 15
"""A class that had at least this share of a season's votes in the year before is familiar:
at 5 days' revisit that is more than one date, so that one bad date does not make it so."""

HALF_KNOWN_SHARE_PCT = 2
"""… of the whole year's votes: about one date of a year of scenes every five days."""

YEAR_SHIFT = 16
"""Bits of the year's classes begin here in a pixel's word, those of the season at 0."""

SEASON_SLACK_DAYS = 20
"""A spring may be so much later than the last one: dates this near to another part of the
year look there as well. Twice the standard deviation of the start of season in Central
Europe, about 10 days (Menzel et al. 2006)."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@numba.njit(nogil=True, inline="always")
def signed(value: Any) -> int:
    """Any whole number as int64: unsigned ones would make differences wrap or turn to floats."""
    return int(np.int64(value))


@numba.njit(nogil=True, inline="always")
def view_of(code: int, probability: int, land: int) -> int:
    """1…3 · land: class and bin of a view of land; no view is 0."""
    if code == 0 or code > land:
        return 0
    # Sums of comparisons: a branch that is as good as random costs more than all the rest.
    place = int(probability >= BIN_EDGES[0]) + int(probability >= BIN_EDGES[1])
    return (code - 1) * BINS + place + 1


@numba.njit(nogil=True, inline="always")
def class_of_view(view: int) -> int:
    """1…land: the class of a view."""
    return (view - 1) // BINS + 1


@numba.njit(nogil=True, inline="always")
def level_of(place: int, known: int) -> int:
    """How familiar the class at a place (code − 1) is, by a word of :func:`known_at`."""
    season, year = (known >> place) & 1, (known >> (YEAR_SHIFT + place)) & 1
    return FAMILIAR * season + HALF_KNOWN * (year & ~season)  # and STRANGE is 0


@numba.njit(nogil=True, inline="always")
def letter_of(view: int, known: int) -> int:
    """1…9 · land: a view, and how familiar its class is."""
    return LEVELS * (view - 1) + level_of((view - 1) // BINS, known) + 1


@numba.njit(nogil=True, cache=True)
def familiar_classes(
    sums: npt.NDArray[np.unsignedinteger], flagged: npt.NDArray[np.bool_], share_pct: int
) -> U16:
    """Which classes a pixel was seen as in a part of a year.

    Args:
        sums: (2 · land, h, w), kept sums of the part (see ``compositing.kernel``).
        flagged: (h, w) bool: masked votes count there.
        share_pct: of the part's votes that make a class familiar.

    Returns:
        (h, w) uint16: bit c − 1 is set where class c is familiar.
    """
    planes, height, width = sums.shape
    land = planes // 2
    found = np.zeros((height, width), np.uint16)
    for row in range(height):
        for col in range(width):
            total = signed(0)
            for plane in range(land):
                total += sums[plane, row, col]
                if flagged[row, col]:
                    total += sums[land + plane, row, col]
            if total == 0:
                continue
            for plane in range(land):
                votes = signed(sums[plane, row, col])
                if flagged[row, col]:
                    votes += sums[land + plane, row, col]
                if votes > 0 and 100 * votes >= share_pct * total:
                    found[row, col] |= np.uint16(1 << plane)
    return found


def land_classes(legend: Legend) -> int:
    """How many classes of land a legend has.

    Raises:
        InvalidProject: more than change can be looked for between.
    """
    land = len(legend.land)
    if land > MOST_CLASSES:
        raise InvalidProject(
            f"legend {legend.name} has {land} classes of land; change and alerts know up to "
            f"{MOST_CLASSES}. Put its classes into groups and map the change of these"
        )
    return land


def parts_at(day: str, parts: Sequence[Part]) -> tuple[int, ...]:
    """Places of the parts of a year whose familiar classes hold on a date, ascending."""
    found = date.fromisoformat(day)
    near = (found + timedelta(days=step) for step in (-SEASON_SLACK_DAYS, 0, SEASON_SLACK_DAYS))
    names = {part_of(one.isoformat(), parts).name for one in near}
    return tuple(place for place, part in enumerate(parts) if part.name in names)


def known_at(day: str, parts: Sequence[Part], familiar: U16) -> npt.NDArray[np.uint32]:
    """What is known of pixels on a date.

    Args:
        day: ISO date.
        parts: of the year.
        familiar: (parts + 1, h, w) uint16: classes of each part, then of the whole year.

    Returns:
        (h, w) uint32: classes of the season, and from bit ``YEAR_SHIFT`` on of the year.
    """
    season = np.bitwise_or.reduce(familiar[list(parts_at(day, parts))], axis=0)
    return season | familiar[len(parts)].astype(np.uint32) << np.uint32(YEAR_SHIFT)


def familiar_planes(sums: Sequence[U16], flagged: npt.NDArray[np.bool_]) -> U16:
    """Familiar classes of a year from its kept sums.

    Args:
        sums: (2 · land, h, w) uint16 of each part of the year.
        flagged: (h, w) bool: masked votes count there.

    Returns:
        (parts + 1, h, w) uint16, as :func:`known_at` takes it.
    """
    whole = np.stack(sums).sum(axis=0, dtype=np.uint32)
    planes = [familiar_classes(one, flagged, FAMILIAR_SHARE_PCT) for one in sums]
    return np.stack([*planes, familiar_classes(whole, flagged, HALF_KNOWN_SHARE_PCT)])
