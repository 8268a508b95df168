"""What alerts of a year are judged against: last year's map and how each season looked.

What belongs here: the baseline file, made once a year from a map and its kept sums. What does
not: what is seen against it (``update``).

Planes of a block: the class code, plus 256 where SCL is wrong all year (masked views count
there); then the familiar classes of each part of the year and of the whole.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lulc_assets.core.alerts.block_file import BlockFile, BlockWriter, pack_planes
from lulc_assets.core.change.remembered import RememberedBlock, remember_block
from lulc_assets.core.compositing.seasons import Part
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.legend import KARRA_10, Legend

_FLAG = 256


@dataclass(frozen=True)
class BaselineSource:
    """The map of a year that alerts of the next are judged against.

    Attributes:
        year: of the map.
        class_map: ``class.tif``, uint8, 0 = no data.
        sums: part of the year → its kept sums; empty where the strategy keeps none: then no
            class is familiar, and cycles are told by the evidence of their class alone.
        identity: what the map is: bundle, legend, selection and composite settings.
    """

    year: int
    class_map: Path
    sums: Mapping[str, Path]
    identity: Mapping[str, str] = field(default_factory=dict)


def write_baseline(
    source: BaselineSource,
    grid: PixelGrid,
    settings: CompositeSettings,
    path: Path,
    legend: Legend = KARRA_10,
) -> Path:
    """Write the baseline of a map: 4 bytes per pixel and 2 more for each part of the year.

    Raises:
        InvalidProduct: the map holds a code that is not a class of land.
        ProductCorrupt: the kept sums cannot be read.
        UnreadableRaster: the map cannot be read.
    """
    from lulc_assets.core.change import symbols  # numba

    parts = settings.parts()
    header = {
        "year": source.year,
        "parts": [[part.name, list(part.first)] for part in parts],
        "identity": dict(source.identity),
        "legend": legend.digest,
        "familiar_pct": [symbols.FAMILIAR_SHARE_PCT, symbols.HALF_KNOWN_SHARE_PCT],
    }
    with ExitStack() as stack:
        sums = {
            name: stack.enter_context(SumsFile(file, grid)) for name, file in source.sums.items()
        }

        def planes(window: Window, _: Window) -> tuple[Window, bytes | None]:
            known = remember_block(source.class_map, sums, window, settings, legend)
            block = np.zeros((2 + len(parts), *known.classes.shape), np.uint16)
            block[0] = known.classes + np.uint16(_FLAG) * known.flagged
            block[1:] = known.familiar
            return window, pack_planes(block)

        with BlockWriter(path, grid, header) as writer:
            windows = grid.blocks(BLOCK_PX)
            for _, (window, packed) in read_ahead(windows, _as_it_is, planes, settings.threads):
                writer.write(window, packed)
    return path


class BaselineFile:
    """A baseline, open for reading; a context manager, usable from several threads.

    Attributes:
        year: of its map.
        parts: that familiar classes are kept by.
        identity: of its map.

    Raises:
        ProductCorrupt: see :class:`BlockFile`.
    """

    def __init__(self, path: Path, grid: PixelGrid) -> None:
        self._file = BlockFile(path, grid)
        header = self._file.header
        self.year = int(header["year"])
        self.parts = tuple(Part(name, (first[0], first[1])) for name, first in header["parts"])
        self.identity: dict[str, str] = header["identity"]

    def __enter__(self) -> "BaselineFile":
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.__exit__(*exc)

    def read(self, window: Window) -> RememberedBlock:
        """One block."""
        planes = self._file.read(window, 2 + len(self.parts))
        classes = (planes[0] & 255).astype(np.uint8)
        return RememberedBlock(classes, planes[0] >= _FLAG, planes[1:])


def _as_it_is(window: Window) -> Window:
    return window
