"""The loop that grades changed pixels from all dates of two years.

What belongs here: integers along time. What does not: files, settings.

Five stories are told of a pixel that the former map shows as a and this year's as b, and
each date is weighed in each, given the last (``evidence``):

- A: it was a all along, this year's map is wrong;
- B: it was b all along, the former map is wrong;
- M: it is both, and looks now like the one and now like the other;
- S: it was a, became b on some date and stayed so;
- R: it became b and turned back.

What changes is larger than a pixel: a date says of a pixel what it says of the pixel and of those
neighbours whose two maps tell the same, on average.

The posterior of a change is that of S. All scores are sums of int32 logarithms in 1/256;
sums of exponentials come from a table, so that the same dates give the same bytes anywhere.
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.counting import FORGET_DAYS
from lulc_assets.core.change.grades import DAYS_MAX
from lulc_assets.core.change.odds import LOG_ONE
from lulc_assets.core.change.symbols import BINS, signed, view_of

_NONE, _SUSTAINED, _RECENT, _FLICKER, _INSUFFICIENT = range(5)
_IMPOSSIBLE = -(1 << 28)
_HALF = round(LOG_ONE * np.log(2.0))
OWN_WEIGHT = 2
"""A pixel's own view counts as much as two neighbours', as in alerts."""

_SHOWN = 128
"""Posterior of 255 from which a change without follow-up is recent rather than flicker."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I64 = npt.NDArray[np.int64]

SUM_TABLE = np.rint(LOG_ONE * np.log1p(np.exp(-np.arange(8 * LOG_ONE) / LOG_ONE))).astype(np.int32)
"""256 · ln(1 + e^(−d / 256)) by d."""

TRAIL = 4
COUNTED, FOR_FORMER, FOR_CURRENT, POSTERIOR = range(TRAIL)
"""What a trail tells of a date: whether it counts; what it says for the class of the former year
and for that of this year, given the last date, in 1/256; 255 · posterior of a lasting change so
far."""


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
    height, width = former.shape
    none = np.zeros((0, TRAIL), np.int64)
    grade = np.zeros((height, width), np.uint8)
    posterior = np.zeros((height, width), np.uint8)
    since = np.zeros((height, width), np.uint16)
    for row in range(height):
        for col in range(width):
            grade[row, col], posterior[row, col], since[row, col] = grade_pixel(
                row, col, classes, probabilities, masks, numbers, quarters, side, former,
                current, flagged, likelihoods, hazard_logs, rule, rotating, table, none,
            )  # fmt: skip
    return grade, posterior, since


@numba.njit(nogil=True, cache=True)
def grade_pixel(
    row: int,
    col: int,
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
    trail: I64,
) -> tuple[int, int, int]:
    """Grade one pixel of a block: grade, posterior of 255, day number.

    Args as :func:`grade_pixels`, and ``trail``: (n, 4) int64, filled with what each date did;
    (0, 4): nothing is filled.
    """
    scenes, height, width = classes.shape
    land = likelihoods.shape[0]
    a, b = signed(former[row, col]) - 1, signed(current[row, col]) - 1
    if a < 0 or b < 0 or a == b or a >= land or b >= land:
        return _NONE, 0, 0
    views = np.zeros(scenes, np.int64)
    said, weight = np.zeros((4, scenes), np.int64), np.zeros(scenes, np.int64)
    for step in range(9):
        r, c = row + (step // 3 + 1) % 3 - 1, col + (step + 1) % 3 - 1  # the pixel itself first
        if r < 0 or r >= height or c < 0 or c >= width:
            continue
        if former[r, c] == former[row, col] and current[r, c] == current[row, col]:
            _listen(
                classes[:, r, c], probabilities[:, r, c], masks[:, r, c], flagged[:, r, c],
                numbers, quarters, side, likelihoods[a], likelihoods[b], step == 0,
                views, said, weight,
            )  # fmt: skip
    seasons = np.zeros(2, np.int64)
    for scene in range(scenes):
        if views[scene] > 0:
            seasons[side[scene]] |= 1 << quarters[scene]
    for scene in range(scenes):
        if (seasons[0] & seasons[1] & (1 << quarters[scene])) == 0:
            views[scene] = 0
        if views[scene] > 0:
            said[:, scene] //= weight[scene]
    found = _tell(views, numbers, side, said, hazard_logs, rule, table, trail)
    if found[0] == _SUSTAINED and rotating[a, b]:
        return _RECENT, found[1], found[2]
    return found


@numba.njit(nogil=True, cache=True)
def _listen(
    classes: U8,
    probabilities: U8,
    masks: U8,
    flagged: npt.NDArray[np.bool_],
    numbers: I64,
    quarters: I64,
    side: I64,
    of_a: npt.NDArray[np.int32],
    of_b: npt.NDArray[np.int32],
    first: bool,
    views: I64,
    said: I64,
    weight: I64,
) -> None:
    """Add what the dates of one pixel say.

    All are of that pixel alone, (n,), and else as in :func:`grade_pixels`. ``first``: it is the
    pixel that is graded, whose ``views``, (n,) int64, are kept; a neighbour speaks on the dates of
    these only. ``said``, (4, n) int64, are sums for a and for b given the last view, and for both
    given none; ``weight``, (n,) int64, is what is in them.
    """
    land, own = of_a.shape[2] // BINS, OWN_WEIGHT if first else 1
    last, last_on = 0, signed(0)
    for scene in range(classes.size):
        if (masks[scene] == 0 and not flagged[side[scene]]) or (not first and views[scene] == 0):
            continue
        view = view_of(signed(classes[scene]), signed(probabilities[scene]), land)
        if view == 0:
            continue
        if numbers[scene] - last_on > FORGET_DAYS:
            last = 0
        quarter = quarters[scene]
        if first:
            views[scene] = view
        weight[scene] += own
        said[0, scene] += own * signed(of_a[quarter, last, view - 1])
        said[1, scene] += own * signed(of_b[quarter, last, view - 1])
        said[2, scene] += own * signed(of_a[quarter, 0, view - 1])
        said[3, scene] += own * signed(of_b[quarter, 0, view - 1])
        last, last_on = view, numbers[scene]


@numba.njit(nogil=True, cache=True)
def _tell(
    views: I64,
    numbers: I64,
    side: I64,
    said: I64,
    hazard_logs: npt.NDArray[np.int32],
    rule: I64,
    table: npt.NDArray[np.int32],
    trail: I64,
) -> tuple[int, int, int]:
    """Weigh the five stories of one pixel: grade, posterior of 255, day number.

    ``said`` is (4, n): what each date says for a, for b, and for each without a last date.
    """
    least, min_dates, last_dates, contrary, limit = rule
    stays, was, mixed = 0, 0, 0
    switched, back = _IMPOSSIBLE, _IMPOSSIBLE
    last_on, changed_on = signed(0), signed(0)
    before, after, agreeing, sure = 0, 0, 0, 0
    dates = np.zeros(2, np.int64)
    for scene in range(views.size):
        if views[scene] == 0:
            continue
        gap = numbers[scene] - last_on if last_on > 0 else 1
        turn = signed(hazard_logs[min(gap, DAYS_MAX)])
        a, b = _limited(said[0, scene], said[1, scene], limit)
        a0, b0 = _limited(said[2, scene], said[3, scene], limit)
        back = _add(back + a, switched + turn + a0, table)
        kept, fresh = switched + b, stays + turn + b0
        if fresh >= kept:
            changed_on, before, after = numbers[scene], dates[0] + dates[1], 0
        switched = _add(kept, fresh, table)
        stays, was, mixed = stays + a, was + b, mixed + _add(a, b, table) - _HALF
        after += 1
        agreeing = agreeing + 1 if b - a >= -contrary else 0
        dates[side[scene]] += 1
        last_on = numbers[scene]
        if trail.size > 0:
            trail[scene, COUNTED], trail[scene, FOR_FORMER], trail[scene, FOR_CURRENT] = 1, a, b
            trail[scene, POSTERIOR] = _posterior(stays, was, mixed, back, switched, table)
    if min(dates[0], dates[1]) < min_dates:
        return _INSUFFICIENT, 0, 0
    sure = _posterior(stays, was, mixed, back, switched, table)
    if sure >= least and before >= min_dates and after >= min_dates and agreeing >= last_dates:
        return _SUSTAINED, sure, changed_on
    if after < min_dates and sure >= _SHOWN:
        return _RECENT, sure, changed_on
    return _FLICKER, sure, changed_on


@numba.njit(nogil=True, cache=True)
def _posterior(
    stays: int, was: int, mixed: int, back: int, switched: int, table: npt.NDArray[np.int32]
) -> int:
    """255 · the share of ``switched`` in all five stories."""
    total = _add(_add(_add(stays, was, table), _add(mixed, back, table), table), switched, table)
    return signed(np.rint(255 * np.exp((switched - total) / LOG_ONE)))


@numba.njit(nogil=True, inline="always")
def _limited(a: int, b: int, limit: int) -> tuple[int, int]:
    """Two logarithms, no further apart than the limit."""
    larger = signed(max(a, b))
    return max(signed(a), larger - limit), max(signed(b), larger - limit)
