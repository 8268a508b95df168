"""The votes behind one pixel of a map, read from the stored layers and counted again.

What belongs here: reading a pixel's dates, whether each counted and why, and the decision that
follows. What does not: the trace as data (``trace``), the loops that decide
(``core/compositing/kernel``: the very same code counts here), records, printing.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.compositing.datatakes import Datatake, PredictedScene, group_datatakes
from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.compositing.reading import BlockReader, Stack
from lulc_assets.core.compositing.strategies import (
    PartVotes,
    flag_tallies,
    refined,
    strategy_of,
)
from lulc_assets.core.compositing.sums_file import BlockSums
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.errors import PointOutside, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.legend import Legend
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.lineage.trace import DateVote, MapValue, PixelTrace, Reason

U8 = npt.NDArray[np.uint8]
_CODE, _PROBABILITY, _MASK = 0, 1, 2


class PixelReader:
    """Traces pixels of one map; a context manager that keeps the files open.

    Args:
        layers: ``class``, ``vote_share`` and ``observations`` → file of the map.
        scenes: exactly the predictions that the map was made from.
        grid: of the map.
        rule: that it was decided by.
        legend: of its codes.
        head: the learned vote that decided it; None where none did.

    Raises:
        InvalidProduct: a prediction is on another grid.
        UnreadableRaster: a file is missing or damaged.
    """

    def __init__(
        self,
        layers: Mapping[str, Path],
        scenes: Sequence[PredictedScene],
        grid: PixelGrid,
        rule: VoteRule,
        legend: Legend,
        head: VoteHead | None = None,
    ) -> None:
        self._grid, self._rule, self._legend = grid, rule, legend
        self._takes = group_datatakes(scenes)
        self._scenes = [scene for take in self._takes.values() for scene in take.scenes]
        self._strategy = refined(strategy_of(rule.settings, legend), head)
        with ExitStack() as stack, gdal_env():
            # One scene as a pass of its own: what each datastrip said is wanted, not their merger.
            singles = [Datatake(scene.scene_id, (scene,)) for scene in self._scenes]
            self._reader = stack.enter_context(BlockReader(grid, 1, singles, legend))
            self._singles = singles
            self._layers = [stack.enter_context(_open(layers[name])) for name in LAYERS]
            self._open = stack.pop_all()

    def __enter__(self) -> "PixelReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def trace(self, row: int, col: int) -> PixelTrace:
        """The votes behind a pixel.

        Raises:
            PointOutside: the map has no such pixel.
        """
        height, width = self._grid.shape
        if not (0 <= row < height and 0 <= col < width):
            raise PointOutside(f"row {row}, column {col} is outside the map's {height} × {width}")
        window = Window(row, col, 1, 1)
        seen = self._reader.read(self._singles, window)
        passes = self._merge(seen)
        parts = self._count(passes, window)
        tallies = [part.tallies for part in parts.values()]
        flagged = flag_tallies(tallies, self._rule.settings, self._legend)
        weights = {part: self._rule.weight_table(part, self._legend) for part in parts}
        decided = self._strategy.decide(
            [PartVotes(weights[part], sums, flagged) for part, sums in parts.items()]
        )
        recomputed = MapValue(
            int(decided.winner[0, 0]), int(decided.share[0, 0]), int(decided.count[0, 0])
        )
        stored = MapValue(*(_value(layer, row, col) for layer in self._layers))
        votes = self._votes(seen, passes, bool(flagged[0, 0]), weights)
        scores: dict[int, int] = {}
        for vote in votes:
            if vote.counted:
                scores[vote.code] = scores.get(vote.code, 0) + vote.score
        return PixelTrace(
            row=row,
            col=col,
            stored=stored,
            recomputed=recomputed,
            flagged=bool(flagged[0, 0]),
            scores=dict(sorted(scores.items())),
            votes=votes,
            sieved=self._rule.min_mapping_unit_px > 1
            and stored.code != recomputed.code
            and stored.share == 0,
        )

    def _merge(self, seen: Stack) -> dict[str, tuple[int, int, int]]:
        """Pass → class, probability and mask of the datastrip that speaks for it."""
        from lulc_assets.core.compositing.kernel import merge_datastrips  # numba

        found, first = {}, 0
        layers = (seen.classes, seen.probabilities, seen.masks)
        for name, take in self._takes.items():
            strips = [layer[first : first + len(take.scenes)].copy() for layer in layers]
            merge_datastrips(strips[0], strips[1], strips[2], len(self._legend.land))
            code, probability, mask = (int(layer[0, 0, 0]) for layer in strips)
            found[name] = (code, probability, mask)
            first += len(take.scenes)
        return found

    def _count(
        self, passes: Mapping[str, tuple[int, int, int]], window: Window
    ) -> dict[str, BlockSums]:
        """The sums of each part of the year."""
        parts = {part: self._strategy.empty(window) for part in sorted(self._rule.weights_256)}
        for name, take in self._takes.items():
            layers = (np.full((1, 1, 1), value, np.uint8) for value in passes[name])
            self._strategy.add(parts[self._rule.part_of(take.date)], Stack(*layers), 1)
        return parts

    def _votes(
        self,
        seen: Stack,
        passes: Mapping[str, tuple[int, int, int]],
        flagged: bool,
        weights: Mapping[str, npt.NDArray[np.int64]],
    ) -> tuple[DateVote, ...]:
        votes, number = [], 0
        for name, take in self._takes.items():
            spoken = False
            table = weights[self._rule.part_of(take.date)]
            for scene in take.scenes:
                said = tuple(
                    int(layer[number, 0, 0])
                    for layer in (seen.classes, seen.probabilities, seen.masks)
                )
                number += 1
                speaks = not spoken and said == passes[name]
                spoken |= speaks
                reason = self._reason(said[_CODE], said[_MASK] > 0, flagged, speaks)
                unit = 1 if self._rule.strategy == "plain_mode" else said[_PROBABILITY]
                weight = int(table[said[_CODE]])
                counts = reason in ("counted", "overruled")
                votes.append(
                    DateVote(
                        scene_id=scene.scene_id,
                        date=scene.date,
                        datatake=name,
                        code=said[_CODE],
                        probability=said[_PROBABILITY],
                        clear=said[_MASK] > 0,
                        reason=reason,
                        weight_256=weight,
                        score=unit * weight if counts else 0,
                    )
                )
        return tuple(sorted(votes, key=lambda vote: (vote.date, vote.scene_id)))

    def _reason(self, code: int, clear: bool, flagged: bool, speaks: bool) -> Reason:
        if code == 0:
            return "outside"
        if not speaks:
            return "merged"
        if self._legend.by_code(code).role == "cloud":
            return "cloud"
        if clear:
            return "counted"
        return "overruled" if flagged else "masked"


def _open(path: Path) -> rasterio.DatasetReader:
    try:
        return rasterio.open(path, driver="GTiff")
    except RasterioError as error:
        raise UnreadableRaster(f"cannot read {path}: {error}") from error


def _value(layer: rasterio.DatasetReader, row: int, col: int) -> int:
    try:
        with gdal_env():
            return int(layer.read(1, window=RasterWindow(col, row, 1, 1))[0, 0])
    except RasterioError as error:
        raise UnreadableRaster(f"cannot read {layer.name}: {error.__cause__ or error}") from error
