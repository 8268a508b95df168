"""Marks of a map from which it is known again, and a changed pixel found.

What belongs here: digests of owned pixels, whole and by row and column. What does not: what is
estimated from them.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lulc_assets.core.sampling.map_file import MapFile

_SHOWN = 5
_NOT_OWNED = 255


@dataclass(frozen=True)
class MapMarks:
    """Marks of one map.

    Attributes:
        name: tile, or the file's name.
        grid: EPSG code, x0, y0, height, width, pixel size.
        digest: SHA-256 over grid and owned codes.
        rows: CRC-32 of each row.
        cols: CRC-32 of each column.
    """

    name: str
    grid: tuple[float, ...]
    digest: str
    rows: tuple[int, ...]
    cols: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; rows and columns as hexadecimal text, eight letters each."""
        marks = {"rows": self.rows, "cols": self.cols}
        texts = {key: "".join(f"{mark:08x}" for mark in each) for key, each in marks.items()}
        return {"name": self.name, "grid": list(self.grid), "digest": self.digest, **texts}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "MapMarks":
        """Rebuild from :meth:`to_dict`."""
        rows, cols = (
            tuple(int(data[key][i : i + 8], 16) for i in range(0, len(data[key]), 8))
            for key in ("rows", "cols")
        )
        return cls(data["name"], tuple(float(v) for v in data["grid"]), data["digest"], rows, cols)


def mark_map(one: MapFile) -> MapMarks:
    """Marks of a map's owned pixels; others do not matter.

    Raises:
        UnreadableRaster: the file fails while it is read.
        InvalidProduct: it holds a code that is not a land class.
    """
    grid = one.grid
    place = (grid.epsg, grid.x0, grid.y0, grid.height, grid.width, grid.pixel_m)
    whole = hashlib.sha256(repr(tuple(float(v) for v in place)).encode())
    rows: list[int] = []
    cols = np.zeros(grid.width, dtype=np.int64)
    for strip in one.strips():
        codes = np.where(strip.owned, strip.codes, _NOT_OWNED).astype(np.uint8)
        whole.update(codes.tobytes())
        rows += [zlib.crc32(row.tobytes()) for row in codes]
        columns = np.ascontiguousarray(codes.T)
        cols = np.array(
            [zlib.crc32(col.tobytes(), int(mark)) for col, mark in zip(columns, cols, strict=True)]
        )
    place_f = tuple(float(v) for v in place)
    return MapMarks(one.name, place_f, whole.hexdigest(), tuple(rows), tuple(cols.tolist()))


def differing_pixels(was: MapMarks, now: MapMarks) -> str:
    """A sentence that names the rows and columns in which two maps of one grid differ."""
    rows = [i for i, (a, b) in enumerate(zip(was.rows, now.rows, strict=True)) if a != b]
    cols = [i for i, (a, b) in enumerate(zip(was.cols, now.cols, strict=True)) if a != b]
    if len(rows) == len(cols) == 1:
        return f"pixel at row {rows[0]}, column {cols[0]} is of another class than certified."
    return (
        f"pixels differ from the certified ones in {len(rows)} rows ({_some(rows)}) and "
        f"{len(cols)} columns ({_some(cols)}), counted from 0."
    )


def frame_digest(maps: Sequence[MapFile]) -> str:
    """SHA-256 of the frame of a sample: the owned pixels of its maps, in their order."""
    whole = hashlib.sha256()
    for one in maps:
        whole.update(mark_map(one).digest.encode())
    return whole.hexdigest()


def seed_of_frame(maps: Sequence[MapFile], design: str) -> int:
    """A seed that nobody chose: from the frame and what is drawn from it, before labels exist.

    Args:
        maps: of the frame.
        design: how many units are drawn how, in any fixed wording.
    """
    text = f"{frame_digest(maps)} {design}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def _some(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    return shown + (" …" if len(numbers) > _SHOWN else "")
