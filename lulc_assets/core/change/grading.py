"""The loop that grades changed pixels from all dates of two years.

What belongs here: integers along time. What does not: files, settings.

Five stories are told of a pixel that the former map shows as a and this year's as b, and
each date is weighed in each, given the last (``evidence``):

- A: it was a all along, this year's map is wrong;
- B: it was b all along, the former map is wrong;
- M: it is both, and looks now like the one and now like the other;
- S: it was a, became b on some date and stayed so;
- R: it became b and turned back.

The posterior of a change is that of S. All scores are sums of int32 logarithms in 1/256;
sums of exponentials come from a table, so that the same dates give the same bytes anywhere.
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.counting import FORGET_DAYS
from lulc_assets.core.change.grades import DAYS_MAX
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.change.symbols import signed, view_of

_NONE, _SUSTAINED, _RECENT, _FLICKER, _INSUFFICIENT = range(5)
_IMPOSSIBLE = -(1 << 28)
_HALF = round(LOG_ONE * np.log(2.0))
_SHOWN = 128
"""Posterior of 255 from which a change without follow-up is recent rather than flicker."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I64 = npt.NDArray[np.int64]

SUM_TABLE = np.rint(LOG_ONE * np.log1p(np.exp(-np.arange(8 * LOG_ONE) / LOG_ONE))).astype(np.int32)
"""256 · ln(1 + e^(−d / 256)) by d."""


@numba.njit(nogil=True, inline="always")
def _add(one: int, other: int, table: npt.NDArray[np.int32]) -> int:
    """Logarithm of the sum of two exponentials."""
    larger, apart = max(one, other), abs(one - other)
    return larger + (signed(table[apart]) if apart < table.size else 0)


@numba.njit(nogil=True, cache=True)
def grade_pixels(
    classes: U8,
    probabilities: U8,
    masks: U8,
    numbers: I64,
    quarters: I64,
    side: I64,
    former: U8,
    current: U8,
    flagged: npt.NDArray[np.bool_],
    likelihoods: npt.NDArray[np.int32],
    hazard_logs: npt.NDArray[np.int32],
    rule: I64,
    rotating: npt.NDArray[np.bool_],
    table: npt.NDArray[np.int32],
) -> tuple[U8, U8, U16]:
    """Grade every pixel whose two maps differ.

    Args:
        classes: (n, h, w) uint8, one observation per date, by date.
        probabilities: (n, h, w) uint8.
        masks: (n, h, w) uint8.
        numbers: (n,) int64, day numbers, ascending.
        quarters: (n,) int64, 0–3.
        side: (n,) int64, 0: of the former year, 1: of this year.
        former: (h, w) uint8, map of the former year.
        current: (h, w) uint8, map of this year.
        flagged: (2, h, w) bool, by side: masked views count there.
        likelihoods: (9, 4, 28, 27) int32, see ``Evidence.likelihoods``.
        hazard_logs: (801,) int32, see ``GradeRule.hazard_logs``.
        rule: (5,) int64, see ``GradeRule.numbers``.
        rotating: (9, 9) bool, see ``GradeRule.rotation_table``.
        table: ``SUM_TABLE``.

    Returns:
        grade (h, w) uint8; posterior of a lasting change (h, w) uint8, of 255; day number of
        the likeliest date of change (h, w) uint16: the first date that shows it. All 0 where
        the maps agree or have no data.
    """
    scenes, height, width = classes.shape
    land = likelihoods.shape[0]
    grade = np.zeros((height, width), np.uint8)
    posterior = np.zeros((height, width), np.uint8)
    since = np.zeros((height, width), np.uint16)
    views = np.empty(scenes, np.int64)
    for row in range(height):
        for col in range(width):
            a, b = signed(former[row, col]) - 1, signed(current[row, col]) - 1
            if a < 0 or b < 0 or a == b or a >= land or b >= land:
                continue
            seasons = np.zeros(2, np.int64)
            for scene in range(scenes):
                clear = masks[scene, row, col] != 0 or flagged[side[scene], row, col]
                views[scene] = (
                    view_of(
                        signed(classes[scene, row, col]),
                        signed(probabilities[scene, row, col]),
                        land,
                    )
                    if clear
                    else 0
                )
                if views[scene] > 0:
                    seasons[side[scene]] |= 1 << quarters[scene]
            matching = seasons[0] & seasons[1]
            found = _tell(
                views, numbers, quarters, side, matching, likelihoods[a], likelihoods[b],
                hazard_logs, rule, table,
            )  # fmt: skip
            grade[row, col], posterior[row, col], since[row, col] = found
            if found[0] == _SUSTAINED and rotating[a, b]:
                grade[row, col] = _RECENT
    return grade, posterior, since


@numba.njit(nogil=True, cache=True)
def _tell(
    views: I64,
    numbers: I64,
    quarters: I64,
    side: I64,
    matching: int,
    of_a: npt.NDArray[np.int32],
    of_b: npt.NDArray[np.int32],
    hazard_logs: npt.NDArray[np.int32],
    rule: I64,
    table: npt.NDArray[np.int32],
) -> tuple[int, int, int]:
    """Weigh the five stories of one pixel: grade, posterior of 255, day number."""
    least, min_dates, last_dates, contrary, limit = rule
    stays, was, mixed = 0, 0, 0
    switched, back = _IMPOSSIBLE, _IMPOSSIBLE
    last, last_on, changed_on = 0, signed(0), signed(0)
    before, after, agreeing = 0, 0, 0
    dates = np.zeros(2, np.int64)
    for scene in range(views.size):
        view, quarter = views[scene], quarters[scene]
        if view == 0 or (matching >> quarter) & 1 == 0:
            continue
        gap = numbers[scene] - last_on if last_on > 0 else 1
        if gap > FORGET_DAYS:
            last = 0
        turn = signed(hazard_logs[min(gap, DAYS_MAX)])
        a, b = _limited(of_a[quarter, last, view - 1], of_b[quarter, last, view - 1], limit)
        a0, b0 = _limited(of_a[quarter, 0, view - 1], of_b[quarter, 0, view - 1], limit)
        back = _add(back + a, switched + turn + a0, table)
        kept, fresh = switched + b, stays + turn + b0
        if fresh >= kept:
            changed_on, before, after = numbers[scene], dates[0] + dates[1], 0
        switched = _add(kept, fresh, table)
        stays, was, mixed = stays + a, was + b, mixed + _add(a, b, table) - _HALF
        after += 1
        agreeing = agreeing + 1 if b - a >= -contrary else 0
        dates[side[scene]] += 1
        last, last_on = view, numbers[scene]
    if min(dates[0], dates[1]) < min_dates:
        return _INSUFFICIENT, 0, 0
    total = _add(_add(_add(stays, was, table), _add(mixed, back, table), table), switched, table)
    sure = signed(np.rint(255 * np.exp((switched - total) / LOG_ONE)))
    if sure >= least and before >= min_dates and after >= min_dates and agreeing >= last_dates:
        return _SUSTAINED, sure, changed_on
    if after < min_dates and sure >= _SHOWN:
        return _RECENT, sure, changed_on
    return _FLICKER, sure, changed_on


@numba.njit(nogil=True, inline="always")
def _limited(a: int, b: int, limit: int) -> tuple[int, int]:
    """Two logarithms, no further apart than the limit."""
    larger = signed(max(a, b))
    return max(signed(a), larger - limit), max(signed(b), larger - limit)
