"""Random fields and areas: the shapes from which landscapes and skies are made.

What belongs here: correlated noise, hashes of integer lattices, shares of an area taken
by rank. What does not: what a field means. All of it is plain numpy and scipy on one
thread, so that bytes do not depend on the number of threads.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Shape = tuple[int, int]


def smooth_noise(rng: np.random.Generator, shape: Shape, wave_px: float) -> Floats:
    """Correlated normal noise, shape (h, w), float32, mean 0 and deviation about 1.

    A normal lattice with a node each ``wave_px / 2`` pixels is interpolated by cubic
    splines; longer waves than the image give a gentle slope.
    """
    step = max(wave_px / 2.0, 1.0)
    nodes = tuple(int(np.ceil(n / step)) + 4 for n in shape)
    lattice = rng.standard_normal(nodes).astype(np.float32)
    if step <= 1.0:
        return lattice[: shape[0], : shape[1]]
    rows = _spline_weights(shape[0], nodes[0], step, rng.random())
    cols = _spline_weights(shape[1], nodes[1], step, rng.random())
    field = _apply_rows(rows, _apply_rows(cols, lattice.T).T)
    return field * np.float32(1.0 / 0.62)


def _spline_weights(
    size: int, nodes: int, step: float, phase: float
) -> tuple[npt.NDArray[np.intp], Floats]:
    """First node and four cubic B-spline weights per sample."""
    position = np.arange(size, dtype=np.float64) / step + phase
    first = np.minimum(position.astype(np.intp), nodes - 4)
    t = position - first
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    )
    return first, (weights / 6.0).astype(np.float32)


def _apply_rows(weights: tuple[npt.NDArray[np.intp], Floats], lattice: Floats) -> Floats:
    first, by_tap = weights
    out: Floats = by_tap[0][:, None] * lattice[first]
    for tap in range(1, 4):
        out += by_tap[tap][:, None] * lattice[first + tap]
    return out


def fractal_noise(
    rng: np.random.Generator,
    shape: Shape,
    wave_px: float,
    octaves: int = 4,
    roughness: float = 0.5,
) -> Floats:
    """Sum of :func:`smooth_noise` at halved waves, float32, deviation about 1."""
    total = np.zeros(shape, dtype=np.float32)
    power = 0.0
    for octave in range(octaves):
        wave = wave_px / 2**octave
        if wave < 2.0 and octave:
            break
        weight = roughness**octave
        total += np.float32(weight) * smooth_noise(rng, shape, wave)
        power += weight**2
    return total / np.float32(np.sqrt(power))


def hash_unit(*keys: npt.ArrayLike, salt: int = 0) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1) from integer keys (splitmix64), shape of the keys."""
    mixed: npt.NDArray[np.uint64] = np.uint64(salt * 2 + 1) * np.ones((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            mixed = mixed ^ np.asarray(key).astype(np.int64).astype(np.uint64)
            mixed = (mixed + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def take_share(
    score: Floats, available: Bools, share: Callable[[npt.NDArray[np.float64]], npt.ArrayLike]
) -> tuple[Bools, Floats]:
    """Take the highest scores so that each part from west to east gets its share.

    Args:
        score: what to prefer, shape (h, w).
        available: where may be taken.
        share: share of *all* pixels as a function of the position 0 (west) … 1 (east).

    Returns:
        the mask, and the margin by which the score passes the local threshold (float32).
    """
    height, width = score.shape
    bands = max(1, round(width / max(height / 3.0, 1.0)))
    edges = np.linspace(0, width, bands + 1).astype(int)
    centres = (edges[:-1] + edges[1:]) / 2.0
    wanted = np.asarray(share(centres / width), dtype=np.float64) * np.ones(bands)
    thresholds = np.empty(bands)
    for i in range(bands):
        part = slice(edges[i], edges[i + 1])
        values = score[:, part][available[:, part]]
        pixels = round(wanted[i] * height * (edges[i + 1] - edges[i]))
        if pixels <= 0 or values.size == 0:
            thresholds[i] = np.float64(score.max()) + 1.0
        else:
            place = max(values.size - pixels, 0)
            thresholds[i] = np.partition(values, place)[place]
    line = np.interp(np.arange(width) + 0.5, centres, thresholds).astype(np.float32)
    margin = score - line[None, :]
    return available & (margin >= 0), margin


def distance_px(mask: Bools) -> Floats:
    """Distance to the nearest true pixel, in pixels, float32 (large if there is none)."""
    if not mask.any():
        return np.full(mask.shape, 1e6, dtype=np.float32)
    distance: Floats = ndimage.distance_transform_edt(~mask).astype(np.float32)
    return distance


def draw_curve(mask: Bools, rows: npt.ArrayLike, cols: npt.ArrayLike) -> None:
    """Set the pixels along a polyline to true, in place; parts outside are dropped."""
    r = np.asarray(rows, dtype=np.float64)
    c = np.asarray(cols, dtype=np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(r), np.diff(c)))])
    dense = np.arange(0.0, along[-1], 0.5)
    i = np.floor(np.interp(dense, along, r)).astype(int)
    j = np.floor(np.interp(dense, along, c)).astype(int)
    inside = (i >= 0) & (i < mask.shape[0]) & (j >= 0) & (j < mask.shape[1])
    mask[i[inside], j[inside]] = True


def ramp(values: npt.NDArray[np.float32], low: float, high: float) -> Floats:
    """Smooth step from 0 at ``low`` to 1 at ``high`` (3t² − 2t³), float32."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    step: Floats = (t * t * (3 - 2 * t)).astype(np.float32)
    return step
