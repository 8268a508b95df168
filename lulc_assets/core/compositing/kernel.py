"""The hot loops of the vote, in integers.

What belongs here: loops over pixels. What does not: files, threads, settings. The functions
release the interpreter lock, so that blocks can run in threads; each pixel is counted on
its own, so neither threads nor the order of scenes can change a result.

Votes are first summed without weights, for each class, and apart for pixels that the scene
classification (SCL) lets vote and for those that it masks. Two rules come after all sums are
known: whether the mask of a pixel was wrong all year (``flag_pixels``), which decides if its
masked votes count, and the weights (``decide``). Both can therefore change, and scenes come
and go, without any other scene being read again.

Codes 1…land are classes of land, land + 1 is clouds, if the legend has them: how many there are
is half the number of planes of the sums.
"""

import numba
import numpy as np
import numpy.typing as npt

COUNT_MAX = 255
CERTAIN_VOTE = 256 * 255
"""Score of a certain vote of weight 1."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@numba.njit(nogil=True, cache=True)
def add_scenes(
    classes: U8,
    probabilities: U8,
    masks: U8,
    sign: int,
    plain: bool,
    sums: U16,
    tallies: U16,
) -> None:
    """Add the votes of scenes to the sums of a block, or take them away again.

    Sums are exact as long as no more than 257 scenes are in them: 257 · 255 = 65535.

    Args:
        classes: (n, h, w) uint8, 0 = not valid, 1…land + 1.
        probabilities: (n, h, w) uint8, 255 = certain.
        masks: (n, h, w) uint8, 1 = SCL lets the pixel vote.
        sign: 1 adds, -1 retracts.
        plain: a vote counts 1 instead of its probability.
        sums: (2 · land, h, w) uint16, changed in place: by class where SCL lets a pixel vote,
            then by class where SCL masks it.
        tallies: (4, h, w) uint16, changed in place.
    """
    scenes, height, width = classes.shape
    land = sums.shape[0] // 2
    for row in range(height):
        # All scenes of one row after the other: its sums stay in the processor's cache.
        for scene in range(scenes):
            for col in range(width):
                code = np.int64(classes[scene, row, col])
                if code == 0:
                    continue
                masked = np.int64(masks[scene, row, col] == 0)
                if code > land:
                    tally = 2 * masked + 1
                else:
                    tally = 2 * masked
                    plane = land * masked + code - 1
                    amount = 1 if plain else np.int64(probabilities[scene, row, col])
                    sums[plane, row, col] = np.uint16(sums[plane, row, col] + sign * amount)
                tallies[tally, row, col] = np.uint16(tallies[tally, row, col] + sign)


@numba.njit(nogil=True, cache=True)
def merge_datastrips(classes: U8, probabilities: U8, masks: U8, land: int) -> None:
    """Make one observation of the datastrips of one pass, in place, in the first of them.

    Where several see a pixel, one that may vote goes before one that may not, then one that
    is masked before none at all, then the surer, then the smaller code: the order in which
    they come plays no role.

    Args:
        classes: (k, h, w) uint8.
        probabilities: (k, h, w) uint8.
        masks: (k, h, w) uint8.
        land: classes of land.
    """
    strips, height, width = classes.shape
    for strip in range(1, strips):
        for row in range(height):
            for col in range(width):
                new = _rank(classes, probabilities, masks, land, strip, row, col)
                if new > _rank(classes, probabilities, masks, land, 0, row, col):
                    classes[0, row, col] = classes[strip, row, col]
                    probabilities[0, row, col] = probabilities[strip, row, col]
                    masks[0, row, col] = masks[strip, row, col]


@numba.njit(nogil=True, cache=True)
def _rank(
    classes: U8, probabilities: U8, masks: U8, land: int, strip: int, row: int, col: int
) -> int:
    code = np.int64(classes[strip, row, col])
    if code == 0:
        return 0
    clear = np.int64(masks[strip, row, col] != 0)
    votes = np.int64(clear == 1 and code <= land)
    sureness = np.int64(probabilities[strip, row, col])
    return int((1 + clear + 2 * votes) * 65536 + sureness * 256 + (255 - code))


@numba.njit(nogil=True, cache=True)
def add_latest(
    classes: U8, probabilities: U8, masks: U8, land: int, latest: U16, tallies: U16
) -> None:
    """Let scenes, given by time, each overwrite what the former saw.

    Args:
        classes: (n, h, w) uint8; probabilities and masks likewise.
        probabilities: as for :func:`add_scenes`.
        masks: as for :func:`add_scenes`.
        land: classes of land.
        latest: (4, h, w) uint16, changed in place: class and probability of the last clear
            view of ground, and of the last view of ground whatever SCL says.
        tallies: (4, h, w) uint16, changed in place.
    """
    scenes, height, width = classes.shape
    for scene in range(scenes):
        for row in range(height):
            for col in range(width):
                code = classes[scene, row, col]
                if code == 0:
                    continue
                masked = np.int64(masks[scene, row, col] == 0)
                cloud = np.int64(code > land)
                tallies[2 * masked + cloud, row, col] += np.uint16(1)
                if cloud == 0:
                    for place in range(2 * masked, 4, 2):
                        latest[place, row, col] = code
                        latest[place + 1, row, col] = probabilities[scene, row, col]


@numba.njit(nogil=True, cache=True)
def flag_pixels(tallies: U16, rule: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark the pixels that SCL masks nearly always while the network sees ground.

    Args:
        tallies: (parts, 4, h, w) uint16 of all parts of one year.
        rule: (3,) int64: masked_pct, ground_pct and min_dates of
            :class:`~lulc_assets.core.compositing.settings.CompositeSettings`.

    Returns:
        (h, w) bool.
    """
    parts, _, height, width = tallies.shape
    masked_pct, ground_pct, min_dates = rule
    flagged = np.zeros((height, width), dtype=np.bool_)
    for row in range(height):
        for col in range(width):
            clear = np.int64(0)
            ground = np.int64(0)
            cloud = np.int64(0)
            for part in range(parts):
                clear += np.int64(tallies[part, 0, row, col]) + tallies[part, 1, row, col]
                ground += tallies[part, 2, row, col]
                cloud += tallies[part, 3, row, col]
            masked = ground + cloud
            dates = clear + masked
            flagged[row, col] = (
                dates >= min_dates
                and 100 * masked > masked_pct * dates
                and 100 * ground > ground_pct * masked
            )
    return flagged


@numba.njit(nogil=True, cache=True)
def decide(
    sums: U16,
    tallies: U16,
    weights: npt.NDArray[np.int64],
    flagged: npt.NDArray[np.bool_],
    mean: bool,
) -> tuple[U8, U8, U8]:
    """The winner of each pixel, its share and the number of votes.

    score(c) = Σ over parts of weight(part, c) · sum(part, c). The largest score wins, equal
    scores go to the smallest code.

    Args:
        sums: (parts, 2 · land, h, w) uint16.
        tallies: (parts, 4, h, w) uint16.
        weights: (parts, land + 1 or more) int64 by class code, in 1/256.
        flagged: (parts, h, w) bool: masked votes count there.
        mean: the share is of 255 times the number of votes instead of all scores.

    Returns:
        winner (h, w) uint8, 0 where nobody voted; share (h, w) uint8, 255 · winner / total,
        floored; number of votes (h, w) uint8, 255 = 255 or more.
    """
    parts, planes, height, width = sums.shape
    land = planes // 2
    winner = np.zeros((height, width), dtype=np.uint8)
    share = np.zeros((height, width), dtype=np.uint8)
    count = np.zeros((height, width), dtype=np.uint8)
    score = np.empty(width, dtype=np.int64)
    best = np.empty(width, dtype=np.int64)
    total = np.empty(width, dtype=np.int64)
    votes = np.empty(width, dtype=np.int64)
    for row in range(height):
        best[:] = 0
        total[:] = 0
        votes[:] = 0
        for code in range(1, land + 1):
            score[:] = 0
            for part in range(parts):
                weight = weights[part, code]
                for col in range(width):
                    counted = np.int64(sums[part, code - 1, row, col])
                    masked = np.int64(sums[part, land + code - 1, row, col])
                    score[col] += weight * (counted + masked * flagged[part, row, col])
            for col in range(width):
                total[col] += score[col]
                if score[col] > best[col]:
                    best[col] = score[col]
                    winner[row, col] = code
        for part in range(parts):
            for col in range(width):
                votes[col] += np.int64(tallies[part, 0, row, col]) + (
                    np.int64(tallies[part, 2, row, col]) * flagged[part, row, col]
                )
        for col in range(width):
            whole = CERTAIN_VOTE * votes[col] if mean else total[col]
            if whole > 0:
                # Exact: numerator and denominator are below 2^46, so that no quotient that
                # is not whole rounds up to a whole number of at most 255.
                share[row, col] = np.uint8(np.float64(COUNT_MAX * best[col]) / np.float64(whole))
            count[row, col] = min(votes[col], COUNT_MAX)
    return winner, share, count
