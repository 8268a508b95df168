"""Kept sums where labels are, and what other weights make of a map.

What belongs here: reading sums for fitting weights or learning a vote. What does not: the choice
(``fit``, ``vote_head_fit``).
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import PartVotes, flag_tallies, strategy_of
from lulc_assets.core.compositing.sums_file import BlockSums, SumsFile
from lulc_assets.core.compositing.vote_head_fit import LabelledSums
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.legend import KARRA_10, Legend

I64 = npt.NDArray[np.int64]
Tables = Mapping[str, I64]
"""Part of the year → weights by class code, int64."""


def votes_at(
    sums: Mapping[str, Path],
    grid: PixelGrid,
    settings: CompositeSettings,
    chosen: npt.NDArray[np.bool_],
    legend: Legend = KARRA_10,
) -> I64:
    """The votes at chosen pixels, with masked ones where the year's masks are wrong.

    Args:
        sums: part of the year → kept sums.
        grid: of the sums.
        settings: the rule of wrong masks.
        chosen: (h, w) bool.
        legend: of the sums.

    Returns:
        (n, parts, land) int64, pixels in the order of blocks and rows; see :func:`values_at`.
    """
    land = len(legend.land)
    found = [np.empty((0, len(sums), land), np.int64)]
    for window, parts in _blocks(sums, grid, chosen):
        here = chosen[window.slices]
        flagged = flag_tallies([part.tallies for part in parts], settings, legend)[here]
        rows = [
            part.sums[:land, here].astype(np.int64) + part.sums[land:, here] * flagged
            for part in parts
        ]
        found.append(np.stack(rows).transpose(2, 0, 1))
    return np.concatenate(found)


def labelled_sums(
    sums: Mapping[str, Path],
    grid: PixelGrid,
    settings: CompositeSettings,
    truth: npt.NDArray[np.integer],
    windows: npt.NDArray[np.integer],
    legend: Legend = KARRA_10,
) -> LabelledSums:
    """What the sums say where there are labels and somebody voted.

    Args:
        sums: part of the year → kept sums, in the order of the parts.
        grid: of the sums.
        settings: the rule of wrong masks and the weights of the plain vote.
        truth: (h, w) codes; 0 and codes that are not land are left out.
        windows: (h, w) number of the labelled window; below 0 is left out.
        legend: of the sums and the labels.

    Raises:
        ProductCorrupt: the sums cannot be read, or are of another grid.
        InvalidProduct: they are of another number of classes, or do not hold probabilities.
    """
    land = len(legend.land)
    chosen = (truth > 0) & (truth <= land) & (windows >= 0)
    found = [LabelledSums.none(len(sums), land)]
    for window, blocks in _blocks(sums, grid, chosen, land):
        here = truth[window.slices], windows[window.slices]
        parts = dict(zip(sums, blocks, strict=True))
        found.append(labelled_block(parts, settings, *here, legend))
    return LabelledSums.join(found)


def labelled_block(
    parts: Mapping[str, BlockSums],
    settings: CompositeSettings,
    truth: npt.NDArray[np.integer],
    windows: npt.NDArray[np.integer],
    legend: Legend = KARRA_10,
) -> LabelledSums:
    """What the sums of a block say where there are labels and somebody voted.

    Args:
        parts: part of the year → sums of probabilities, (h, w).
        settings: as for :func:`labelled_sums`, and so on.
        truth: (h, w).
        windows: (h, w).
        legend: of the sums and the labels.
    """
    from lulc_assets.core.compositing.vote_head_kernel import input_rows  # numba

    land = len(legend.land)
    here = (truth > 0) & (truth <= land) & (windows >= 0)
    flagged = flag_tallies([part.tallies for part in parts.values()], settings, legend)[here]
    planes = np.stack([part.sums[:, here] for part in parts.values()])
    tallies = np.stack([part.tallies[:, here] for part in parts.values()])
    votes = planes[:, :land].astype(np.int64) + planes[:, land:].astype(np.int64) * flagged
    weights = [settings.weight_table(part, legend)[1 : land + 1] for part in parts]
    scores = np.einsum("pcn,pc->nc", votes, np.stack(weights))
    rows = LabelledSums(
        input_rows(planes, tallies, flagged),
        scores,
        (tallies[:, 0].astype(np.int64) + tallies[:, 2].astype(np.int64) * flagged).T,
        truth[here].astype(np.int64),
        windows[here].astype(np.int64),
    )
    return rows.take(scores.max(axis=1) > 0)


def values_at(
    layer: npt.NDArray[np.integer], grid: PixelGrid, chosen: npt.NDArray[np.bool_]
) -> I64:
    """Values of a layer at chosen pixels, in the order of :func:`votes_at`, (n,) int64."""
    parts = [layer[w.slices][chosen[w.slices]] for w in grid.blocks(BLOCK_PX)]
    return np.concatenate(parts).astype(np.int64)


def count_changes(
    sums: Mapping[str, Path],
    grid: PixelGrid,
    settings: CompositeSettings,
    before: Tables,
    after: Tables,
    legend: Legend = KARRA_10,
) -> npt.NDArray[np.int64]:
    """What other weights would change of a map: from code to code of land.

    Returns:
        (land + 1, land + 1) pixels, int64.

    Raises:
        InvalidProduct: the strategy keeps no sums.
    """
    strategy = strategy_of(settings, legend)
    if strategy.unit is None:
        raise InvalidProduct(f"strategy {settings.strategy} keeps no sums")
    size = len(legend.land) + 1
    found = np.zeros((size, size), np.int64)
    for _, parts in _blocks(sums, grid, np.ones(grid.shape, dtype=bool)):
        flagged = flag_tallies([part.tallies for part in parts], settings, legend)
        old, new = (
            strategy.decide(
                [
                    PartVotes(tables[name], part, flagged)
                    for name, part in zip(sums, parts, strict=True)
                ]
            ).winner.astype(np.int64)
            for tables in (before, after)
        )
        cells = np.bincount((size * old + new).ravel(), minlength=size * size)
        found += cells.reshape(size, size)
    return found


def _blocks(
    sums: Mapping[str, Path],
    grid: PixelGrid,
    chosen: npt.NDArray[np.bool_],
    land: int | None = None,
) -> Iterator[tuple[Window, list[BlockSums]]]:
    """The blocks that hold a chosen pixel, with their sums by part."""
    with ExitStack() as stack:
        files = [stack.enter_context(SumsFile(path, grid)) for path in sums.values()]
        for file in files:
            if land is not None and (file.land, file.unit) != (land, "probability"):
                raise InvalidProduct(
                    f"kept sums {file.path} are of {file.land} classes and hold {file.unit}; the "
                    f"learned vote needs probabilities of {land} classes: make the annual map "
                    "again with [composite] strategy weighted_mode"
                )
        for window in grid.blocks(BLOCK_PX):
            if chosen[window.slices].any():
                yield window, [file.read(window) for file in files]
