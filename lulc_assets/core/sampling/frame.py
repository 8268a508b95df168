"""The sampling frame: every owned pixel with a land class, over all maps.

What belongs here: counting the frame and finding its pixels again, strip by strip, so that
a region of many tiles needs the memory of one strip. What does not: choosing pixels at
random (``draw.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.map_file import MapFile

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pixels:
    """Some pixels of the frame, in its order: maps as given, each from top to bottom.

    Attributes:
        of_map: shape (n,): index of the map.
        rows: shape (n,), on the map's grid.
        cols: shape (n,).
        codes: shape (n,): map class.
    """

    of_map: Indices
    rows: Indices
    cols: Indices
    codes: Indices

    def take(self, order: Indices) -> "Pixels":
        """The same pixels in another order, or some of them."""
        return Pixels(self.of_map[order], self.rows[order], self.cols[order], self.codes[order])


def count_frame(maps: Sequence[MapFile]) -> Indices:
    """Pixels of the frame by class code 0…n, shape (n + 1,); code 0 has none.

    Raises:
        InvalidSample: the frame is empty.
    """
    counts = np.zeros(len(maps[0].legend.land) + 1, dtype=np.int64)
    for one in maps:
        for strip in one.strips():
            codes = strip.codes[strip.owned]
            counts += np.bincount(codes[codes > 0], minlength=counts.size)
    if not counts.any():
        raise InvalidSample("the maps have no owned pixel with a class; nothing can be drawn")
    return counts


def find_ranks(maps: Sequence[MapFile], ranks: Mapping[int, Indices]) -> Pixels:
    """The pixels with the given ranks among those of their class.

    Args:
        maps: of the frame.
        ranks: class code → ranks 0…N−1 in the order of the frame; code 0 stands for the
            whole frame.
    """
    left = {code: np.sort(of_code) for code, of_code in ranks.items()}
    before = dict.fromkeys(ranks, 0)

    def choose(_: int, __: Indices, ___: Indices, codes: Indices) -> Indices:
        chosen = []
        for code, of_code in left.items():
            members = np.flatnonzero(codes == code) if code else np.arange(codes.size)
            start = before[code]
            low, high = np.searchsorted(of_code, [start, start + members.size])
            chosen.append(members[of_code[low:high] - start])
            before[code] = start + members.size
        return np.sort(np.concatenate(chosen))

    return find_pixels(maps, choose)


def find_pixels(
    maps: Sequence[MapFile], choose: Callable[[int, Indices, Indices, Indices], Indices]
) -> Pixels:
    """The pixels that ``choose`` picks, asked strip by strip.

    Args:
        maps: of the frame.
        choose: from the map's index, and rows, columns and codes of a strip's pixels, the
            positions of those wanted.
    """
    found: list[list[Indices]] = [[], [], [], []]
    for index, one in enumerate(maps):
        for strip in one.strips():
            rows, cols = (a.astype(np.int64) for a in np.nonzero(strip.owned & (strip.codes > 0)))
            codes = strip.codes[rows, cols].astype(np.int64)
            rows += strip.window.row
            picked = choose(index, rows, cols, codes)
            of_map = np.full(picked.size, index, dtype=np.int64)
            for column, values in zip(
                found, (of_map, rows[picked], cols[picked], codes[picked]), strict=True
            ):
                column.append(values)
    return Pixels(*(np.concatenate(column) for column in found))
