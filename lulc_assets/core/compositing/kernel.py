"""The class-weighted mode of a block of pixels, in integers.

What belongs here: the hot loop. What does not: files, threads, settings. The functions
release the interpreter lock, so that blocks can run in threads; each pixel is counted on
its own, so neither threads nor the order of scenes can change a result.

score(c) = Σ over voting scenes of [class = c] · probability · weight(c)

The winner has the largest score; equal scores go to the smallest code. The vote share is
255 · winner // total. A scene votes at a pixel when it is valid there (class > 0), its
class is not clouds, and its mask lets it vote. Where the mask is found to be wrong for the
whole year (``flagged``), it is ignored and the network's own class decides alone.
"""

import numba
import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend import LandCover

CLOUDS = int(LandCover.CLOUDS)
CODES = CLOUDS + 1
COUNT_MAX = 255

U8 = npt.NDArray[np.uint8]


@numba.njit(nogil=True, cache=True)
def vote(
    classes: U8,
    probabilities: U8,
    masks: U8,
    weights: npt.NDArray[np.int64],
    flag_rule: npt.NDArray[np.int64],
) -> tuple[U8, U8, U8, npt.NDArray[np.bool_]]:
    """Count the votes of all scenes at each pixel of a block.

    Args:
        classes: (n, h, w) uint8, 0 = not valid, 1–10.
        probabilities: (n, h, w) uint8, 255 = certain.
        masks: (n, h, w) uint8, 1 = SCL lets the pixel vote.
        weights: (11,) int64 by class code, in 1/256; entries 0 and 10 are 0.
        flag_rule: (3,) int64: masked_pct, ground_pct and min_dates of
            :class:`~lulc_assets.core.compositing.settings.CompositeSettings`.

    Returns:
        winner (h, w) uint8, 0 where nobody voted; vote share (h, w) uint8; number of votes
        (h, w) uint8, 255 = 255 or more; flagged (h, w) bool.
    """
    scenes, height, width = classes.shape
    winner = np.zeros((height, width), dtype=np.uint8)
    share = np.zeros((height, width), dtype=np.uint8)
    count = np.zeros((height, width), dtype=np.uint8)
    flagged = np.zeros((height, width), dtype=np.bool_)
    for row in range(height):
        # Scores of one row at a time: each scene's row is then read in one sweep.
        scores = np.zeros((width, CODES), dtype=np.int64)
        votes = np.zeros(width, dtype=np.int64)
        _flag_row(classes[:, row], masks[:, row], flag_rule, flagged[row])
        for scene in range(scenes):
            for col in range(width):
                code = classes[scene, row, col]
                if 0 < code < CLOUDS and (masks[scene, row, col] != 0 or flagged[row, col]):
                    scores[col, code] += np.int64(probabilities[scene, row, col]) * weights[code]
                    votes[col] += 1
        for col in range(width):
            total = np.int64(0)
            best = np.int64(0)
            for code in range(1, CLOUDS):
                score = scores[col, code]
                total += score
                if score > best:
                    best = score
                    winner[row, col] = code
            if total > 0:
                share[row, col] = COUNT_MAX * best // total
            count[row, col] = min(votes[col], COUNT_MAX)
    return winner, share, count, flagged


@numba.njit(nogil=True, cache=True)
def _flag_row(
    classes: U8,
    masks: U8,
    flag_rule: npt.NDArray[np.int64],
    flagged: npt.NDArray[np.bool_],
) -> None:
    """Mark the pixels of a row that SCL masks nearly always while the network sees ground."""
    scenes, width = classes.shape
    masked_pct, ground_pct, min_dates = flag_rule
    for col in range(width):
        valid = 0
        masked = 0
        ground = 0
        for scene in range(scenes):
            code = classes[scene, col]
            if code != 0:
                valid += 1
                if masks[scene, col] == 0:
                    masked += 1
                    if code != CLOUDS:
                        ground += 1
        flagged[col] = (
            valid >= min_dates
            and 100 * masked > masked_pct * valid
            and 100 * ground > ground_pct * masked
        )
