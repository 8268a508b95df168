"""The loop that moves pixels on the ladder by one date.

What belongs here: integers of one date. What does not: files (``state_file``), the order of
dates (``replay``), settings (``ladder``).

Log odds of "changed since last year's map" are int16 in 1/256. Before a date they rise by the
hazard of the days since the pixel was last seen, with the date they move by its likelihood
ratio given the last view, softened by those of its neighbours. A pixel that a date does not see
clearly is not touched, so that dates may be many and cloudy.
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.alerts.ladder import GAP_DAYS_MAX, HAZARD_TOP, LOGIT_TOP
from lulc_assets.core.change.counting import FORGET_DAYS
from lulc_assets.core.change.odds import LOG_ONE, RATIO_LIMIT
from lulc_assets.core.change.symbols import LEVELS, class_of_view, letter_of, signed, view_of

PLANES = 10
"""Planes of a state, uint16 each."""

(
    LOGIT,
    SEEN_ON,
    LAST,
    STATUS,
    FIRST_ON,
    POSSIBLE_ON,
    LIKELY_ON,
    CONFIRMED_ON,
    CLOSED_ON,
    ANCHOR_ON,
) = range(PLANES)
"""Log odds minus the floor (so that untouched pixels are 0); day last seen; last letter and
256 · supporting dates; step, 16 · leading class and 256 · its lead; days of the first
supporting date, of each step, of rejection; day on which the pixel first was possible, which
is kept for good: the identity of alerts hangs on it."""

OWN_WEIGHT = 2
"""A pixel's own view counts as much as two neighbours'; for the gain on their mean, see
``ladder.GAIN_PCT``."""

_LIMIT = round(LOG_ONE * np.log(RATIO_LIMIT))
_UNSEEN = -32_768

_NONE, _POSSIBLE, _LIKELY, _CONFIRMED, _REJECTED = range(5)

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I64 = npt.NDArray[np.int64]


@numba.njit(nogil=True, cache=True)
def see_date(
    classes: U8,
    probabilities: U8,
    masks: U8,
    day: int,
    quarter: int,
    start: int,
    baseline: U8,
    known: npt.NDArray[np.uint32],
    flagged: npt.NDArray[np.bool_],
    ratios: npt.NDArray[np.int16],
    hazards: npt.NDArray[np.int16],
    clear_days: npt.NDArray[np.int64],
    rule: npt.NDArray[np.int64],
    confirmed: npt.NDArray[np.int64],
    gains: npt.NDArray[np.int64],
    state: U16,
    touched: npt.NDArray[np.bool_],
) -> int:
    """Let a block see one date.

    Args:
        classes: (h, w) uint8, 0 = not valid, 1–10.
        probabilities: (h, w) uint8.
        masks: (h, w) uint8, 1 = SCL lets the pixel vote.
        day: number of the date.
        quarter: of the date, 0–3.
        start: number of the day before the year begins.
        baseline: (h, w) uint8, last year's map; 0: no baseline, never an alert.
        known: (h, w) uint32, see ``change.symbols.known_at``.
        flagged: (h, w) bool: masked views count there.
        ratios: (9, 4, 82, 81) int16, see ``change.evidence.Evidence.ratios``.
        hazards: see ``AlertSettings.hazard_table``.
        clear_days: (367,) int64 by day of the year.
        rule: (8,) int64, see ``AlertSettings.rule``.
        confirmed: (n + 1, 16) int64, see ``AlertSettings.confirmed_at``.
        gains: (n + 1,) int64, see ``AlertSettings.gains``.
        state: (10, h, w) uint16, changed in place.
        touched: (10,) bool: set where a plane of the state was written to.

    Returns:
        How many pixels were seen.
    """
    height, width = classes.shape
    land = ratios.shape[0]
    # One pixel more on each side, so that every pixel has eight neighbours.
    own = np.zeros((height + 2, width + 2), np.int32)
    group = np.full((height + 2, width + 2), _UNSEEN, np.int32)
    letters = np.zeros((height, width), np.uint8)
    seen = 0
    for row in range(height):
        for col in range(width):
            code = signed(baseline[row, col]) - 1
            if code < 0 or code >= land or (masks[row, col] == 0 and not flagged[row, col]):
                continue
            view = view_of(signed(classes[row, col]), signed(probabilities[row, col]), land)
            if view == 0:
                continue
            seen += 1
            last = signed(state[LAST, row, col]) & 255
            if _gap(state[SEEN_ON, row, col], day, start) > FORGET_DAYS:
                last = 0
            letter = letter_of(view, signed(known[row, col]))
            letters[row, col] = letter
            own[row + 1, col + 1] = ratios[code, quarter, last, letter - 1]
            group[row + 1, col + 1] = code + 1
    if seen == 0:
        return 0
    touched[LOGIT] = touched[SEEN_ON] = touched[LAST] = True
    heard = np.empty(width, np.int64)
    for row in range(height):
        _hear(own[row : row + 3], group[row : row + 3], gains, heard)
        for col in range(width):
            if letters[row, col] == 0:
                continue
            letter, mapped = signed(letters[row, col]), signed(baseline[row, col])
            ratio = heard[col]
            gap = _gap(state[SEEN_ON, row, col], day, start)
            level = signed(state[LOGIT, row, col])
            if level + rule[0] <= HAZARD_TOP:
                level = signed(hazards[min(gap, GAP_DAYS_MAX), level]) - signed(rule[0])
            level = min(max(level + ratio, 0), LOGIT_TOP - signed(rule[0]))
            supports = signed(state[LAST, row, col]) >> 8
            state[LOGIT, row, col] = np.uint16(level)
            state[SEEN_ON, row, col] = np.uint16(day)
            if ratio < rule[6] and state[FIRST_ON, row, col] == 0:
                state[LAST, row, col] = np.uint16(letter | supports << 8)
                continue
            pixel = state[:, row, col]
            if ratio >= rule[6]:
                seen_as = class_of_view((letter - 1) // LEVELS + 1)
                supports = _support(pixel, day, seen_as, mapped, supports, touched)
            state[LAST, row, col] = np.uint16(letter | supports << 8)
            logit = level + signed(rule[0])
            sure = signed(confirmed[mapped, (signed(state[STATUS, row, col]) >> 4) & 15])
            _move(pixel, logit, ratio, day, start, supports, clear_days, rule, sure, touched)
    return seen


@numba.njit(nogil=True, inline="always")
def _gap(seen_on: int, day: int, start: int) -> int:
    """Days since a pixel was last seen, or since the year began."""
    since = signed(seen_on)
    return day - (since if since > 0 else start)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _hear(own: npt.NDArray[np.int32], group: npt.NDArray[np.int32], gains: I64, heard: I64) -> None:
    """What the pixels of a row and the neighbours that the map shows as them say together.

    Neighbours in another block of the file do not count: a block is judged by itself. There is no
    branch in the loops, so that several pixels are done at a time; quotients of such small
    whole numbers are rounded down right as doubles.

    Args:
        own: (3, w + 2) int32, what the row, that above and that below say by themselves.
        group: (3, w + 2) int32, their class in the map; ``_UNSEEN``: not seen.
        gains: (n + 1,) int64, see ``AlertSettings.gains``.
        heard: (w,) int64, set to the log ratio of each pixel in 1/256; of one that is not seen to
            anything.
    """
    width = heard.size
    total = OWN_WEIGHT * own[1, 1:-1]
    weight = np.full(width, OWN_WEIGHT, np.int32)
    for r in range(3):
        for c in range(3):
            if r == 1 and c == 1:
                continue
            for col in range(width):
                same = np.int32(group[r, col + c] == group[1, col + 1])
                total[col] += same * own[r, col + c]
                weight[col] += same
    for col in range(width):
        gain = gains[max(group[1, col + 1], 0)]
        ratio = np.floor(float(gain * total[col]) / float(100 * weight[col]))
        heard[col] = np.int64(min(max(ratio, -_LIMIT), _LIMIT))


@numba.njit(nogil=True, cache=True)
def _support(
    pixel: U16,
    day: int,
    code: int,
    baseline: int,
    supports: int,
    touched: npt.NDArray[np.bool_],
) -> int:
    """Count a supporting date and who leads (Boyer and Moore 1991); supporting dates now."""
    packed = signed(pixel[STATUS])
    step, leader, lead = packed & 15, (packed >> 4) & 15, packed >> 8
    touched[STATUS] = True
    if pixel[FIRST_ON] == 0:
        touched[FIRST_ON] = True
        pixel[FIRST_ON] = np.uint16(day)
        supports, leader, lead = 0, 0, 0
    if code != baseline:
        if lead == 0:
            leader, lead = code, 1
        elif leader == code:
            lead = min(lead + 1, 255)
        else:
            lead -= 1
    pixel[STATUS] = np.uint16(step | leader << 4 | lead << 8)
    return min(supports + 1, 255)


@numba.njit(nogil=True, cache=True)
def _move(
    pixel: U16,
    logit: int,
    ratio: int,
    day: int,
    start: int,
    supports: int,
    clear_days: npt.NDArray[np.int64],
    rule: npt.NDArray[np.int64],
    sure: int,
    touched: npt.NDArray[np.bool_],
) -> None:
    """Step up, or reject; ``sure`` are the log odds of a confirmed pixel."""
    packed = signed(pixel[STATUS])
    step, rest = packed & 15, packed & ~15
    waited = clear_days[day - start] - clear_days[signed(pixel[FIRST_ON]) - start]
    late = step != _CONFIRMED and waited > rule[7]
    if late or (logit < rule[1] and ratio < 0):
        if step in (_POSSIBLE, _LIKELY, _CONFIRMED):
            step = _REJECTED
            pixel[CLOSED_ON] = np.uint16(day)
        touched[STATUS] = touched[FIRST_ON] = touched[CLOSED_ON] = True
        pixel[FIRST_ON] = 0
        pixel[LAST] &= np.uint16(255)
        if late:
            pixel[LOGIT] = 0
        pixel[STATUS] = np.uint16(step | rest)
        return
    reached = _NONE
    if logit >= sure and supports >= rule[5]:
        reached = _CONFIRMED
    elif logit >= rule[3] and supports >= rule[4]:
        reached = _LIKELY
    elif logit >= rule[2]:
        reached = _POSSIBLE
    if reached == _NONE or (step != _REJECTED and reached <= step):
        return
    touched[STATUS:] = True
    if step == _REJECTED:
        pixel[POSSIBLE_ON] = pixel[LIKELY_ON] = pixel[CONFIRMED_ON] = pixel[CLOSED_ON] = 0
        step = _NONE
    for place in range(step + 1, reached + 1):
        pixel[FIRST_ON + place] = np.uint16(day)
    if pixel[ANCHOR_ON] == 0:
        pixel[ANCHOR_ON] = np.uint16(day)
    pixel[STATUS] = np.uint16(reached | rest)
