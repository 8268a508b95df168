"""The loops of the vote with nine classes as a constant: what the general ones are compared with.

They are as they were before a legend became data of the project.

What belongs here: those loops, unchanged. What does not: anything that a map is made with.
"""

import numba
import numpy as np
import numpy.typing as npt

CLOUDS = 10
LAND = 9
COUNT_MAX = 255
CERTAIN_VOTE = 256 * 255

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
    """As ``kernel.add_scenes``, of nine classes and clouds = 10."""
    scenes, height, width = classes.shape
    for row in range(height):
        # All scenes of one row after the other: its sums stay in the processor's cache.
        for scene in range(scenes):
            for col in range(width):
                code = np.int64(classes[scene, row, col])
                if code == 0:
                    continue
                masked = np.int64(masks[scene, row, col] == 0)
                if code == CLOUDS:
                    tally = 2 * masked + 1
                else:
                    tally = 2 * masked
                    plane = LAND * masked + code - 1
                    amount = 1 if plain else np.int64(probabilities[scene, row, col])
                    sums[plane, row, col] = np.uint16(sums[plane, row, col] + sign * amount)
                tallies[tally, row, col] = np.uint16(tallies[tally, row, col] + sign)


@numba.njit(nogil=True, cache=True)
def decide(
    sums: U16,
    tallies: U16,
    weights: npt.NDArray[np.int64],
    flagged: npt.NDArray[np.bool_],
    mean: bool,
) -> tuple[U8, U8, U8]:
    """As ``kernel.decide``, of nine classes."""
    parts, _, height, width = sums.shape
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
        for code in range(1, LAND + 1):
            score[:] = 0
            for part in range(parts):
                weight = weights[part, code]
                for col in range(width):
                    counted = np.int64(sums[part, code - 1, row, col])
                    masked = np.int64(sums[part, LAND + code - 1, row, col])
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
