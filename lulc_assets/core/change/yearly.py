"""The change map of a year against the year before, from files to files.

What belongs here: reading both years block by block, grading, the mapping unit, layers and
counts. What does not: the rule (``grades``, ``grading``), single-class layers (``stories``),
several years (``years``).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.dates import numbers_and_quarters, observations_by_date
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.grades import Grade, GradeRule
from lulc_assets.core.compositing.datatakes import Datatake, PredictedScene
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import flag_tallies
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX, LayerKind, read_raster, write_cog
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent

LAYERS: Mapping[str, tuple[LayerKind, int, str]] = {
    "from_to": ("class", 0, "100 x class of the former year + class of this year"),
    "grade": ("class", 0, "1 sustained, 2 recent, 3 flicker, 4 insufficient"),
    "posterior": ("continuous", 0, "255 x posterior of a lasting change"),
    "changed_on": ("class", 0, "first day that shows the change, days since 2014-12-31"),
}
"""Layer → kind, no data and title."""

FROM = 100
"""``from_to`` = FROM · class of the former year + class of this year."""

SHOWN = (Grade.SUSTAINED, Grade.RECENT)
"""Grades of change that the dates show; patches of them and of the others are apart."""

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class MappedYear:
    """A year's map with the evidence that it was made from.

    Attributes:
        year: calendar year.
        class_map: ``class.tif``, uint8, 0 = no data.
        scenes: the predictions that the map was made from.
        sums: part of the year → kept sums; empty where the strategy keeps none.
        identity: what two years must agree in: bundle, legend, weights, selection.
    """

    year: int
    class_map: Path
    scenes: Sequence[PredictedScene]
    sums: Mapping[str, Path] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangeMap:
    """A graded change map.

    Attributes:
        files: layer → COG, see ``LAYERS``.
        matrix: (land + 1, land + 1) int64: pixels by class of the former year and of this
            year, 0 = no data, of the two maps as they are.
        graded: grade → likewise, pixels of the change map by from and to.
        dates: clear or not, dates of the former year and of this year.
        sieved_pixels: changed pixels that lie in patches below the mapping unit.
    """

    files: Mapping[str, Path]
    matrix: npt.NDArray[np.int64]
    graded: Mapping[str, npt.NDArray[np.int64]]
    dates: tuple[int, int]
    sieved_pixels: int

    def pixels(self, grade: Grade) -> int:
        """Pixels of a grade."""
        return int(self.graded[grade.name.lower()].sum())


def require_comparable(former: MappedYear, current: MappedYear) -> None:
    """Refuse two years whose difference would show a change of method.

    Raises:
        InvalidProduct: years that do not follow each other, or another bundle, legend,
            weights or selection; the message names what differs.
    """
    if former.year != current.year - 1:
        raise InvalidProduct(
            f"a change map of {current.year} compares it with {current.year - 1}; "
            f"{former.class_map} is of {former.year}"
        )
    names = sorted(set(former.identity) | set(current.identity))
    differing = [n for n in names if former.identity.get(n) != current.identity.get(n)]
    if differing:
        listed = "; ".join(
            f"{name}: {former.identity.get(name)!r} in {former.year}, "
            f"{current.identity.get(name)!r} in {current.year}"
            for name in differing
        )
        raise InvalidProduct(
            f"{former.year} and {current.year} were mapped differently ({listed}): their "
            "difference would show that and not change. Map one of them again like the other"
        )


def map_change(
    former: MappedYear,
    current: MappedYear,
    grid: PixelGrid,
    evidence: Evidence,
    out_dir: Path,
    *,
    rule: GradeRule | None = None,
    composite: CompositeSettings | None = None,
    threads: int = 2,
    progress: Progress = silent,
) -> ChangeMap:
    """Grade the change between two years.

    Args:
        former: the year before.
        current: the year.
        grid: that all files lie on.
        evidence: learnt from validation data.
        out_dir: gets a COG for each of ``LAYERS``.
        rule: of the grades; None for the defaults.
        composite: settings of the maps, for pixels whose mask is wrong all year.
        threads: blocks at work at the same time; the result does not depend on it. Memory: 6
            bytes per pixel, and 0.8 MB for each date in each thread.
        progress: told after each block.

    Raises:
        InvalidProduct: see :func:`require_comparable`; or a file does not fit.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    require_comparable(former, current)
    chosen = rule or GradeRule()
    layers = _Layers(grid, len(evidence.legend.land))
    with ExitStack() as stack:
        sides = [observations_by_date(year.scenes) for year in (former, current)]
        takes = [take for side in sides for take in side]
        reader = stack.enter_context(BlockReader(grid, threads, takes, evidence.legend))
        flags = [
            _Flags(stack, year, grid, composite or CompositeSettings(), evidence.legend)
            for year in (former, current)
        ]
        grading = _Grading((former, current), sides, flags, evidence, chosen, reader)
        windows = list(grid.blocks(BLOCK_PX))
        blocks = stack.enter_context(
            closing(read_ahead(windows, _as_it_is, grading.grade, threads))
        )
        for done, (window, block) in enumerate(blocks, start=1):
            layers.put(window, block)
            progress(done, len(windows), "blocks compared")
    matrix = layers.matrix()
    sieved = layers.sieve(chosen.min_mapping_unit_px)
    return ChangeMap(
        files=layers.write(out_dir),
        matrix=matrix,
        graded=layers.counts(),
        dates=(len(sides[0]), len(sides[1])),
        sieved_pixels=sieved,
    )


@dataclass(frozen=True)
class _Block:
    """Layers of a block: from_to, grade, posterior, changed_on."""

    from_to: U16
    grade: U8
    posterior: U8
    changed_on: U16


class _Flags:
    """Where the masks of a year are wrong."""

    def __init__(
        self,
        stack: ExitStack,
        year: MappedYear,
        grid: PixelGrid,
        composite: CompositeSettings,
        legend: Legend,
    ) -> None:
        self._composite, self._legend = composite, legend
        self._sums = [
            stack.enter_context(SumsFile(path, grid)) for _, path in sorted(year.sums.items())
        ]

    def read(self, window: Window) -> npt.NDArray[np.bool_]:
        if not self._sums:
            return np.zeros((window.height, window.width), np.bool_)
        return flag_tallies(
            [sums.read_tallies(window) for sums in self._sums], self._composite, self._legend
        )


class _Grading:
    """Grades one block after the other, in any thread."""

    def __init__(
        self,
        years: tuple[MappedYear, MappedYear],
        sides: Sequence[Sequence[Datatake]],
        flags: Sequence[_Flags],
        evidence: Evidence,
        rule: GradeRule,
        reader: BlockReader,
    ) -> None:
        self._years = years
        self._takes = [take for side in sides for take in side]
        self._numbers, self._quarters = numbers_and_quarters([take.date for take in self._takes])
        self._side = np.repeat([0, 1], [len(side) for side in sides]).astype(np.int64)
        self._flags = flags
        self._likelihoods, self._legend = evidence.likelihoods, evidence.legend
        self._hazards, self._rule = rule.hazard_logs(), rule.numbers()
        self._rotating = rule.rotation_table(evidence.legend)
        self._reader = reader

    def grade(self, window: Window, _: Window) -> _Block:
        """Read and grade; scenes are only decoded where the maps differ."""
        from lulc_assets.core.change.grading import SUM_TABLE, grade_pixels  # numba

        former, current = (self._map(year, window) for year in self._years)
        seen = (former > 0) & (current > 0)
        from_to = np.where(seen, np.uint16(FROM) * former + current, 0).astype(np.uint16)
        if not (seen & (former != current)).any():
            empty = np.zeros(former.shape, np.uint8)
            return _Block(from_to, empty, empty, empty.astype(np.uint16))
        stack = self._reader.read(self._takes, window)
        grade, posterior, changed_on = grade_pixels(
            stack.classes,
            stack.probabilities,
            stack.masks,
            self._numbers,
            self._quarters,
            self._side,
            former,
            current,
            np.stack([flags.read(window) for flags in self._flags]),
            self._likelihoods,
            self._hazards,
            self._rule,
            self._rotating,
            SUM_TABLE,
        )
        return _Block(from_to, grade, posterior, changed_on)

    def _map(self, year: MappedYear, window: Window) -> U8:
        classes: U8 = read_raster(year.class_map, window)
        if classes.max(initial=0) > len(self._legend.land):
            raise InvalidProduct(
                f"{year.class_map} holds code {classes.max()}, which is not a class of land"
            )
        return classes


class _Layers:
    """The layers while they are made, 6 bytes per pixel."""

    def __init__(self, grid: PixelGrid, land: int) -> None:
        self._grid, self._land = grid, land
        self.from_to, self.changed_on = (np.zeros(grid.shape, np.uint16) for _ in range(2))
        self.grade, self.posterior = (np.zeros(grid.shape, np.uint8) for _ in range(2))

    def put(self, window: Window, block: _Block) -> None:
        for name in LAYERS:
            getattr(self, name)[window.slices] = getattr(block, name)

    def matrix(self) -> npt.NDArray[np.int64]:
        return _by_from_to(_histogram(self.from_to), self._land)

    def counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """Grade → pixels by from and to; ``none`` are pixels without change."""
        found = np.zeros((len(Grade), FROM * FROM), np.int64)
        for row in range(0, self._grid.height, BLOCK_PX):
            part = slice(row, row + BLOCK_PX)
            keys = self.grade[part].astype(np.int64) * (FROM * FROM) + self.from_to[part]
            found += np.bincount(keys.ravel(), minlength=found.size).reshape(found.shape)
        return {grade.name.lower(): _by_from_to(found[grade], self._land) for grade in Grade}

    def sieve(self, size_px: int) -> int:
        """Take back changes in patches of fewer pixels; returns the pixels taken back.

        There the former class stays on: a patch that small is an edge that moved, or noise.
        """
        from lulc_assets.core.change.patches import label_patches  # numba

        places = np.flatnonzero(self.grade)
        if size_px < 2 or places.size == 0:
            return 0
        shown = np.isin(self.grade.flat[places], SHOWN)
        to = self.from_to.flat[places].astype(np.int64) % FROM
        labels = label_patches(places, to * 2 + shown, self._grid.width)
        small = places[(np.bincount(labels) < size_px)[labels]]
        former = self.from_to.flat[small] // FROM
        self.from_to.flat[small] = former * (FROM + 1)
        for layer in (self.grade, self.posterior, self.changed_on):
            layer.flat[small] = 0
        return int(small.size)

    def write(self, folder: Path) -> dict[str, Path]:
        return {
            name: write_cog(
                folder / f"{name}.tif",
                getattr(self, name),
                self._grid,
                kind=kind,
                nodata=nodata,
                description=title,
            )
            for name, (kind, nodata, title) in LAYERS.items()
        }


def _histogram(codes: U16) -> npt.NDArray[np.int64]:
    found = np.zeros(FROM * FROM, np.int64)
    for row in range(0, codes.shape[0], BLOCK_PX):
        found += np.bincount(codes[row : row + BLOCK_PX].ravel(), minlength=FROM * FROM)
    return found


def _by_from_to(counts: npt.NDArray[np.int64], land: int) -> npt.NDArray[np.int64]:
    """Counts of from_to codes as (land + 1, land + 1); no data is [0, 0]."""
    size = land + 1
    return counts.reshape(FROM, FROM)[:size, :size].copy()


def _as_it_is(window: Window) -> Window:
    return window
