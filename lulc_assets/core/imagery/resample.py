"""Samples of one north-up raster at the pixel centres of another.

What belongs here: the arithmetic of bilinear and nearest sampling, on arrays. What does
not: files, or what the numbers mean.

One rule serves both 20 m bands on the 10 m grid and rasters that are not on the tile's
grid at all: the centre of target pixel *t* lies at source coordinate
``u = (x_t − x_source) / pixel_source`` (pixel edges at whole numbers), so nothing is
shifted by half a pixel. Positions are computed from the pixel's number in the whole
grid, so that a window gives exactly the crop of the whole.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Axis:
    """Where target pixels of one axis lie on the source.

    Attributes:
        low: source pixel whose centre is at or before the target's centre, clamped, int64.
        high: the next source pixel, clamped, int64.
        weight: share of ``high``, float32 in 0–1.
        nearest: source pixel that holds the target's centre, clamped, int64.
        inside: whether the target's centre lies on the source at all, bool.
    """

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    weight: FloatArray
    nearest: npt.NDArray[np.int64]
    inside: BoolArray

    def span(self, *, nearest: bool) -> tuple[int, int]:
        """First source pixel needed and one past the last; (0, 0) when none is.

        Args:
            nearest: only the pixels that hold a target's centre are needed: one fewer at
                the end, and with it often a whole row of blocks.
        """
        if not self.inside.any():
            return 0, 0
        low, high = (self.nearest, self.nearest) if nearest else (self.low, self.high)
        return int(low[self.inside].min()), int(high[self.inside].max()) + 1

    def since(self, start: int, size: int) -> "Axis":
        """The same axis on a piece of the source that begins at ``start``."""

        def shift(index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return np.clip(index - start, 0, size - 1)

        return Axis(
            shift(self.low), shift(self.high), self.weight, shift(self.nearest), self.inside
        )


def place_axis(
    first: int,
    count: int,
    *,
    step_m: float,
    origin_m: float,
    source_step_m: float,
    source_size: int,
) -> Axis:
    """Place target pixels ``first … first + count − 1`` on a source axis.

    Args:
        first: number of the first target pixel in its grid.
        count: how many.
        step_m: size of a target pixel, metres.
        origin_m: target edge of pixel 0 minus the source's edge, along the axis, metres.
        source_step_m: size of a source pixel, metres.
        source_size: number of source pixels.
    """
    edge = (origin_m + (np.arange(first, first + count) + 0.5) * step_m) / source_step_m
    low = np.floor(edge - 0.5).astype(np.int64)
    weight = (edge - 0.5 - low).astype(np.float32)
    last = source_size - 1
    return Axis(
        low=np.clip(low, 0, last),
        high=np.clip(low + 1, 0, last),
        weight=weight,
        nearest=np.clip(np.floor(edge).astype(np.int64), 0, last),
        inside=(edge >= 0.0) & (edge < source_size),
    )


def sample_nearest(source: npt.NDArray[np.generic], rows: Axis, cols: Axis) -> npt.NDArray:  # type: ignore[type-arg]
    """Source pixel that holds each target centre, clamped at the border; source dtype.

    May be a view of ``source`` where the grids agree.
    """
    return source[_index(rows.nearest)][:, _index(cols.nearest)]


def sample_bilinear(source: FloatArray, valid: BoolArray, rows: Axis, cols: Axis) -> FloatArray:
    """Bilinear samples in which only valid source pixels have weight (0 where none has).

    Normalised convolution (Knutsson and Westin 1993): the sum of weight · value over the
    valid neighbours by the sum of their weights. Where the pixel that holds the target's
    centre is itself not valid the sample is 0: holes keep their shape and never bleed.
    Beyond the centre of a border pixel its value is held.
    """
    filled = np.where(valid, source, np.float32(0))
    result = _blend(filled, rows, cols)
    if bool(valid.all()):
        return result
    whole = _all_valid(valid, rows, cols)
    share = _blend(valid.astype(np.float32), rows, cols)
    ratio = np.divide(result, share, out=np.zeros_like(result), where=share > 0)
    np.copyto(result, ratio, where=~whole)
    result[~sample_nearest(valid, rows, cols)] = 0
    return result


def _blend(source: FloatArray, rows: Axis, cols: Axis) -> FloatArray:
    # Columns first: gathering along a row is the slow part, and there are fewer rows yet.
    wide = _mix(source, cols.low, cols.high, cols.weight[None, :], axis=1)
    return _mix(wide, rows.low, rows.high, rows.weight[:, None], axis=0)


def _mix(
    source: FloatArray,
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    weight: FloatArray,
    axis: int,
) -> FloatArray:
    """``source[low] · (1 − weight) + source[high] · weight`` along an axis, in place."""
    result: FloatArray = np.take(source, low, axis=axis)
    result *= np.float32(1) - weight
    upper = np.take(source, high, axis=axis)
    upper *= weight
    result += upper
    return result


def _all_valid(valid: BoolArray, rows: Axis, cols: Axis) -> BoolArray:
    wide = np.take(valid, cols.low, axis=1) & np.take(valid, cols.high, axis=1)
    result: BoolArray = wide[rows.low] & wide[rows.high]
    return result


def _index(pixels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | slice:
    """A slice where the pixels are consecutive (same grid): no gathering, no copy."""
    first, last = int(pixels[0]), int(pixels[-1])
    if last - first == pixels.size - 1 and bool((np.diff(pixels) == 1).all()):
        return slice(first, last + 1)
    return pixels
