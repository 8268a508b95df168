"""The composites of the benchmark: a U-Net's year under the plain and under the learned vote.

What belongs here: training on one tile's labels, predicting the scenes of both tiles, both votes.
What does not: the judgement. Votes are counted and decided by the pipeline's own code.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.tile_years import Classes, TileYear, clear
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.gold import labelled_block
from lulc_assets.core.compositing.reading import Stack
from lulc_assets.core.compositing.settings import CompositeSettings, VoteSettings
from lulc_assets.core.compositing.strategies import PartVotes, flag_tallies, strategy_of
from lulc_assets.core.compositing.sums_file import BlockSums
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.compositing.vote_head_fit import learn_head
from lulc_assets.core.compositing.vote_head_judge import VoteVerdict, judge_head
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import TrainingRecipe

Predict = Callable[[npt.NDArray[np.float32]], tuple[Classes, Classes]]
"""Reflectance → class and 255 · probability of it, both (h, w) uint8."""


@dataclass(frozen=True)
class OneDate:
    """A map from one scene: day, classes, and the pixels that SCL leaves."""

    date: str
    classes: Classes
    clear: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class YearVotes:
    """The votes of a tile and year: sums by part of the year, and the maps of single dates."""

    settings: CompositeSettings
    parts: dict[str, BlockSums]
    dates: list[OneDate]

    def map(self, head: VoteHead | None = None) -> Classes:
        """The year's map."""
        tallies = [part.tallies for part in self.parts.values()]
        flagged = flag_tallies(tallies, self.settings, KARRA_10)
        votes = [
            PartVotes(self.settings.weight_table(name), part, flagged)
            for name, part in self.parts.items()
        ]
        return strategy_of(self.settings, head=head).decide(votes).winner


@dataclass(frozen=True)
class Composites:
    """Maps of the held-out tile, and what gold windows of the other one say of the learned vote."""

    plain: Classes
    learned: Classes
    dates: list[OneDate]
    verdict: VoteVerdict

    @property
    def published(self) -> Classes:
        """The map that a project with ``[vote] learned`` would publish."""
        return self.learned if self.verdict.promote else self.plain


def map_year(
    train: TileYear,
    test: TileYear,
    chips: ChipSettings,
    recipe: TrainingRecipe,
    settings: CompositeSettings,
) -> Composites:
    """The pipeline's maps: chips, training, every scene, both votes."""
    predict = _train(train, chips, recipe)
    own, other = (_count(place, predict, settings) for place in (train, test))
    masks = {"train": train.train_mask, "gold": train.gold_mask}
    labelled, gold = (
        labelled_block(own.parts, settings, masks[role], train.windows[role])
        for role in ("train", "gold")
    )
    tables = np.stack([settings.weight_table(part)[1:10] for part in own.parts])
    learned = learn_head(labelled, tables, KARRA_10.digest, tuple(own.parts))
    verdict = judge_head(learned.head, gold, VoteSettings(), KARRA_10)
    return Composites(other.map(), other.map(learned.head), other.dates, verdict)


def _train(train: TileYear, chips: ChipSettings, recipe: TrainingRecipe) -> Predict:
    import torch  # the forests need none

    from lulc_assets.core.training.train import train_model

    dates = choose_dates(train.recipes, chips)
    cut = cut_chips(dates, train.grid, train.train_mask, train.gold_mask, chips)
    with tempfile.TemporaryDirectory() as scratch:
        model = train_model(
            [cut],
            recipe,
            KARRA_10,
            level="L2A",
            gsd_m=10.0,
            inputs={},
            out_dir=Path(scratch),
        )
        network = model.network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        calibration = model.calibration
    return lambda reflectance: _predict(network, calibration, reflectance)


def _count(place: TileYear, predict: Predict, settings: CompositeSettings) -> YearVotes:
    """Predict every scene of a tile and year and add up the votes."""
    whole = Window(0, 0, place.grid.height, place.grid.width)
    strategy, dates = strategy_of(settings), []
    parts = {part.name: strategy.empty(whole) for part in settings.parts()}
    for scene in place.recipes:
        block = read_scene(scene, place.grid)
        classes, probability = predict(block.reflectance)
        classes, seen = np.where(block.valid, classes, 0).astype(np.uint8), clear(block)
        dates.append(OneDate(scene.date, classes, seen))
        layers = (classes, probability, seen.astype(np.uint8))
        stack = Stack(*(layer[np.newaxis] for layer in layers))
        strategy.add(parts[settings.part_of(scene.date)], stack, 1)
    return YearVotes(settings, parts, dates)


def _predict(network, calibration, reflectance):  # type: ignore[no-untyped-def]
    """Classes and the winner's probability × 255, both (h, w) uint8."""
    import torch

    from lulc_assets.core.model.hardware import multiplies_bf16

    batch = torch.from_numpy(np.ascontiguousarray(reflectance))[None]
    batch = batch.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, multiplies_bf16("cpu")):
        best, index = torch.softmax(calibration.apply(network(batch).float()), 1)[0].max(0)
    share = np.floor(255 * best.numpy() + 0.5).astype(np.uint8)
    return (index.numpy() + 1).astype(np.uint8), share
