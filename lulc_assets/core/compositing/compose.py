"""The yearly map and the sums that it is made from, block by block.

What belongs here: reading, counting and writing in threads. What does not: the loops over
pixels (``kernel``), what has to be read (``update``), publishing (``core/publishing``).

A block is a tile of the files, so that each tile is decoded once. Blocks are counted side by
side; sums are written as they come, in the order of the blocks; the three layers, 3 bytes per
pixel, are held until the end, because their overviews need them whole.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.compositing.datatakes import PredictedScene, group_datatakes, scene_ids
from lulc_assets.core.compositing.layers import Layers
from lulc_assets.core.compositing.reading import BlockReader
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import (
    Decision,
    PartVotes,
    Strategy,
    flag_tallies,
    strategy_of,
)
from lulc_assets.core.compositing.sums_file import (
    BlockSums,
    PackedBlock,
    SumsFile,
    SumsWriter,
    pack_block,
)
from lulc_assets.core.compositing.update import KeptYear, PartPlan, plan_parts, plan_update
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.inference.pipeline import read_ahead
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.progress import Progress, silent

SCENES_AT_ONCE = 16
"""Scenes of a block that are decoded before they are counted: 12 MB per thread."""


@dataclass(frozen=True)
class YearComposite:
    """A composed map.

    Attributes:
        files: ``class`` (code, 0 = no data), ``vote_share`` (255 · winner / total, floored;
            of other strategies what their ``share_title`` says) and ``observations`` (votes
            counted, 255 = 255 or more), each a uint8 COG.
        sums: part of the year → its kept sums; empty for a strategy that keeps none.
        scene_ids: scenes that were counted, sorted.
        datatakes: passes that they make: the most votes that a pixel can have.
        class_counts: code → pixels, all codes of the legend and 0, also those with no pixel.
        flagged_pixels: pixels where SCL was overruled by the network (see settings).
        sieved_pixels: pixels that the minimum mapping unit changed.
        observations_median: votes at the median pixel.
        passes_read: passes that were decoded; of an update only what changed.
        left_to_plain: pixels with a vote that the learned vote left to the plain one.
        changed_by_head: pixels to which it gave another class; both 0 without one.
    """

    files: Mapping[str, Path]
    sums: Mapping[str, Path]
    scene_ids: tuple[str, ...]
    datatakes: int
    class_counts: Mapping[int, int]
    flagged_pixels: int
    sieved_pixels: int
    observations_median: float
    passes_read: int
    left_to_plain: int = 0
    changed_by_head: int = 0


def compose_year(
    predictions: Sequence[PredictedScene],
    grid: PixelGrid,
    settings: CompositeSettings,
    out_dir: Path,
    *,
    legend: Legend = KARRA_10,
    kept: KeptYear | None = None,
    head: VoteHead | None = None,
    meanwhile: Callable[[Layers], None] = lambda _: None,
    progress: Progress = silent,
) -> YearComposite:
    """Compose predictions into one map; without predictions, a map of no data.

    The order of the predictions does not matter, nor does a scene given twice, nor whether
    the sums of a former map are used: the files are equal, byte by byte.

    Args:
        predictions: predicted scenes, all on ``grid``.
        grid: grid of the map.
        settings: strategy, weights, thresholds and seasons.
        out_dir: gets ``class.tif``, ``vote_share.tif``, ``observations.tif``, and for each
            part of the year ``sums_MMDD.zip``.
        legend: of the predictions and the map.
        kept: sums of a former map; used where that reads fewer scenes.
        head: a learned vote; it decides from the sums, so that no scene is read for it.
        meanwhile: called with the layers, which it must not change, while they are written: what
            is drawn of them then costs little time.
        progress: told after each block.

    Returns:
        The files and what is in them.

    Raises:
        InvalidProduct: a prediction is on another grid, is not uint8, holds a code that is
            not in the legend, or two predictions share an id but not their files; or the learned
            vote is of another legend or of other parts of the year.
        InvalidProject: more scenes than sums can hold, or a weight of a class that the legend
            does not have.
        ProductCorrupt: the kept sums cannot be read or are not those of their scenes.
        UnreadableRaster: a prediction cannot be read.
    """
    settings.require(legend)
    takes, strategy = group_datatakes(predictions), strategy_of(settings, legend, head)
    plans = None
    if kept is not None and strategy.unit is not None:
        land = len(legend.land)
        plans = plan_update(takes.values(), settings, grid, kept, (strategy.unit, land))
    if plans is None:
        plans = plan_parts(takes.values(), settings)
    layers = Layers(grid, legend)
    out_dir.mkdir(parents=True, exist_ok=True)
    totals, sums = _count_blocks(plans, strategy, layers, settings, out_dir, progress)
    sieved = layers.apply_mapping_unit(settings.min_mapping_unit_px)
    return YearComposite(
        files=layers.write(
            out_dir, strategy.share_title, settings.threads, meanwhile=lambda: meanwhile(layers)
        ),
        sums=sums,
        scene_ids=scene_ids(takes),
        datatakes=len(takes),
        class_counts=layers.class_counts(),
        flagged_pixels=totals.flagged,
        sieved_pixels=sieved,
        observations_median=layers.observations_median(),
        passes_read=sum(len(plan.add) + len(plan.retract) for plan in plans),
        left_to_plain=totals.left_to_plain,
        changed_by_head=totals.changed,
    )


@dataclass
class _Totals:
    """Pixels of all blocks."""

    flagged: int = 0
    left_to_plain: int = 0
    changed: int = 0


def _count_blocks(
    plans: Sequence[PartPlan],
    strategy: Strategy,
    layers: Layers,
    settings: CompositeSettings,
    folder: Path,
    progress: Progress,
) -> tuple[_Totals, dict[str, Path]]:
    """Fill the layers and write the sums; pixels counted, and part → file of sums."""
    windows = list(layers.grid.blocks(BLOCK_PX))
    totals = _Totals()
    with ExitStack() as stack:
        writers = {
            plan.name: stack.enter_context(
                SumsWriter(
                    folder / _sums_name(plan.name),
                    layers.grid,
                    plan.datatakes,
                    strategy.unit,
                    len(layers.legend.land),
                )
            )
            for plan in plans
            if strategy.unit is not None and not plan.keeps_base
        }
        takes = [take for plan in plans for take in (*plan.add, *plan.retract)]
        legend = layers.legend
        reader = stack.enter_context(BlockReader(layers.grid, settings.threads, takes, legend))
        counter = _Counter(plans, strategy, settings, legend, reader, frozenset(writers))
        for plan in plans:
            if plan.base is not None:
                counter.bases[plan.name] = stack.enter_context(SumsFile(plan.base, layers.grid))
        # A bound on blocks in memory: a slow disk would let counted ones pile up.
        blocks = stack.enter_context(
            closing(read_ahead(windows, _as_it_is, counter.count, settings.threads))
        )
        for done, (_, block) in enumerate(blocks, start=1):
            totals.flagged += block.flagged_pixels
            totals.left_to_plain += block.decision.left_to_plain
            totals.changed += block.decision.changed
            layers.put(block.window, block.decision)
            for name, packed in block.packed.items():
                writers[name].write(packed)
            progress(done, len(windows), "blocks composed")
    kept = {p.name: _link(p.base, folder, p.name) for p in plans if p.base and p.keeps_base}
    return totals, {name: writer.path for name, writer in writers.items()} | kept


def _as_it_is(window: Window) -> Window:
    return window


def _link(base: Path, folder: Path, part: str) -> Path:
    """Sums that stay as they are, under the name that new ones would have."""
    path = folder / _sums_name(part)
    path.unlink(missing_ok=True)
    path.symlink_to(base.absolute())
    return path


def _sums_name(part: str) -> str:
    return f"sums_{part}.zip"


@dataclass(frozen=True)
class _Block:
    """A counted block: its layers, and its new sums by part of the year."""

    window: Window
    decision: Decision
    flagged_pixels: int
    packed: Mapping[str, PackedBlock]


class _Counter:
    """Counts one block after the other, in any thread."""

    def __init__(
        self,
        plans: Sequence[PartPlan],
        strategy: Strategy,
        settings: CompositeSettings,
        legend: Legend,
        reader: BlockReader,
        written: frozenset[str],
    ) -> None:
        self._plans = plans
        self._strategy = strategy
        self._settings = settings
        self._legend = legend
        self._reader = reader
        self._written = written
        self._weights = {plan.name: settings.weight_table(plan.name, legend) for plan in plans}
        self.bases: dict[str, SumsFile] = {}

    def count(self, window: Window, _: Window) -> _Block:
        """The layers and the new sums of a block; decoding is part of it."""
        parts = {plan.name: self._sum(plan, window) for plan in self._plans}
        tallies = [block.tallies for block in parts.values()]
        flagged = flag_tallies(tallies, self._settings, self._legend)
        decision = self._strategy.decide(
            [PartVotes(self._weights[name], block, flagged) for name, block in parts.items()]
        )
        packed = {name: pack_block(window, parts[name]) for name in self._written}
        return _Block(window, decision, int(flagged.sum()), packed)

    def _sum(self, plan: PartPlan, window: Window) -> BlockSums:
        base = self.bases.get(plan.name)
        block = base.read(window) if base is not None else self._strategy.empty(window)
        for sign, takes in ((1, plan.add), (-1, plan.retract)):
            for start in range(0, len(takes), SCENES_AT_ONCE):
                stack = self._reader.read(takes[start : start + SCENES_AT_ONCE], window)
                self._strategy.add(block, stack, sign)
        return block
