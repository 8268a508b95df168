"""The loops of the learned vote, in integers.

What belongs here: loops over pixels. What does not: the head itself (``vote_head``), files,
threads. They go through the sums of a block plane by plane.

Scores are whole numbers below 2^44 and are added up as float64, which is exact below 2^53 in any
order and on any machine, and which processors multiply several at once.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = int | np.signedinteger[Any]

_ONE = 1024
"""``vote_head.SHARE_ONE``, as a constant of the compiled loops."""

_WHOLE = 255


@numba.njit(nogil=True, cache=True)
def _share(value: Whole, total: Whole) -> int:
    """A share in 1/1024, half rounded up; 0 where there is no total.

    Exact, and four times as fast as dividing integers: below 2^35 by below 2^25, so that a
    quotient that is not whole is farther from the next whole number than it can be rounded.
    """
    return int(np.float64(2 * _ONE * value + total) / np.float64(2 * total)) if total > 0 else 0


@numba.njit(nogil=True, cache=True)
def input_rows(sums: U16, tallies: U16, flagged: Flags) -> I64:
    """The inputs of pixels, to learn from.

    Args:
        sums: (parts, 2 · land, n) uint16.
        tallies: (parts, 4, n) uint16.
        flagged: (n,) bool: masked votes count there.

    Returns:
        (n, inputs) int64, see :class:`~lulc_assets.core.compositing.vote_head.VoteHead`.
    """
    parts, planes, pixels = sums.shape
    land = planes // 2
    table = np.zeros((pixels, 2 * parts * land + 4 * parts + 1), np.int64)
    for pixel in range(pixels):
        counted = np.int64(0)
        masked = np.int64(0)
        dates = np.int64(0)
        for part in range(parts):
            for plane in range(land):
                hidden = np.int64(sums[part, land + plane, pixel])
                counted += np.int64(sums[part, plane, pixel]) + hidden * flagged[pixel]
                masked += hidden
            for tally in range(4):
                dates += np.int64(tallies[part, tally, pixel])
        for part in range(parts):
            for plane in range(land):
                hidden = np.int64(sums[part, land + plane, pixel])
                votes = np.int64(sums[part, plane, pixel]) + hidden * flagged[pixel]
                at = part * land + plane
                table[pixel, at] = _share(votes, counted)
                table[pixel, parts * land + at] = _share(hidden, masked)
            for tally in range(4):
                at = 2 * parts * land + 4 * part + tally
                table[pixel, at] = _share(np.int64(tallies[part, tally, pixel]), dates)
        table[pixel, -1] = _ONE
    return table


@numba.njit(nogil=True, cache=True)
def decide_learned(
    sums: U16,
    tallies: U16,
    flagged: Flags,
    class_weights: I64,
    table: F64,
    needed: Flags,
    known: Flags,
    winner: U8,
    share: U8,
) -> tuple[int, int]:
    """Decide a block by the head where it may, and leave the plain vote elsewhere.

    The head chooses among the classes that it knows and that have a vote that counts at the pixel;
    equal scores go to the smallest code. The share becomes that of the chosen class among all
    weighted votes, floored, as for the plain vote.

    Args:
        sums: (parts, 2 · land, h, w) uint16.
        tallies: (parts, 4, h, w) uint16.
        flagged: (parts, h, w) bool: masked votes count there.
        class_weights: (parts, land + 1 or more) int64 by class code, in 1/256.
        table: (inputs, land) float64, the weights of the head, transposed: whole numbers.
        needed: (parts,) bool.
        known: (land,) bool.
        winner: (h, w) uint8, of the plain vote; changed in place.
        share: (h, w) uint8, of the plain vote; changed in place.

    Returns:
        Pixels with a vote that were left to the plain vote, and pixels whose class changed.
    """
    _, planes, height, width = sums.shape
    land = planes // 2
    left = 0
    changed = 0
    totals = np.empty((3, width), np.int64)
    scores = np.empty((width, land), np.int64)
    logits = np.empty((land, width))
    usable = np.empty(width, np.bool_)
    for row in range(height):
        usable[:] = winner[row] > 0
        _add_up(sums, tallies, flagged, class_weights, needed, row, totals, scores, usable)
        _add_logits(sums, tallies, flagged, table, row, totals, logits)
        for col in range(width):
            best = _best(logits[:, col], scores[col], known) if usable[col] else -1
            if best < 0:
                left += winner[row, col] > 0
            elif winner[row, col] != best + 1:
                changed += 1
                winner[row, col] = best + 1
                # As in ``kernel.decide``; below 2^46, so that no quotient rounds up.
                whole = np.float64(scores[col].sum())
                share[row, col] = np.uint8(np.float64(_WHOLE * scores[col, best]) / whole)
    return left, changed


@numba.njit(nogil=True, cache=True)
def _add_up(
    sums: U16,
    tallies: U16,
    flagged: Flags,
    class_weights: I64,
    needed: Flags,
    row: int,
    totals: I64,
    scores: I64,
    usable: Flags,
) -> None:
    """Add up the votes of a row, and note which pixels have one in each needed part.

    ``totals`` gets votes that count, masked votes and dates.
    """
    parts, planes, _, width = sums.shape
    land = planes // 2
    totals[:] = 0
    scores[:] = 0
    for part in range(parts):
        for plane in range(land):
            weight = class_weights[part, plane + 1]
            for col in range(width):
                masked = np.int64(sums[part, land + plane, row, col])
                value = np.int64(sums[part, plane, row, col]) + masked * flagged[part, row, col]
                totals[0, col] += value
                totals[1, col] += masked
                scores[col, plane] += weight * value
        for col in range(width):
            for tally in range(4):
                totals[2, col] += np.int64(tallies[part, tally, row, col])
            views = np.int64(tallies[part, 0, row, col])
            views += np.int64(tallies[part, 2, row, col]) * flagged[part, row, col]
            usable[col] &= views > 0 or not needed[part]


@numba.njit(nogil=True, cache=True)
def _add_logits(
    sums: U16, tallies: U16, flagged: Flags, table: F64, row: int, totals: I64, logits: F64
) -> None:
    """Scores of the head for the pixels of a row."""
    parts, planes, _, width = sums.shape
    land = planes // 2
    shares = np.empty((2, width))
    for plane in range(land):
        logits[plane] = _ONE * table[-1, plane]
    for part in range(parts):
        for plane in range(land):
            for col in range(width):
                masked = np.int64(sums[part, land + plane, row, col])
                value = np.int64(sums[part, plane, row, col]) + masked * flagged[part, row, col]
                shares[0, col] = _share(value, totals[0, col])
                shares[1, col] = _share(masked, totals[1, col])
            at = part * land + plane
            _add(logits, table[at], shares[0])
            _add(logits, table[parts * land + at], shares[1])
        for tally in range(4):
            for col in range(width):
                value = np.int64(tallies[part, tally, row, col])
                shares[0, col] = _share(value, totals[2, col])
            _add(logits, table[2 * parts * land + 4 * part + tally], shares[0])


@numba.njit(nogil=True, cache=True)
def _add(logits: F64, weights: F64, shares: F64) -> None:
    """Add an input of a row, unless it is 0 everywhere."""
    if shares.max() == 0:
        return
    for plane in range(len(weights)):
        weight = weights[plane]
        for col in range(len(shares)):
            logits[plane, col] += weight * shares[col]


@numba.njit(nogil=True, cache=True)
def _best(logits: F64, scores: I64, known: Flags) -> int:
    """The class of the largest logit among those that are known and have a vote; -1: none."""
    best = -1
    for plane in range(len(logits)):
        able = known[plane] and scores[plane] > 0
        if able and (best < 0 or logits[plane] > logits[best]):
            best = plane
    return best
