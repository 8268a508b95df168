"""Step of the learned vote: sums of maps and labels → a head that may decide maps.

What belongs here: ``learned_vote``. What does not: learning and judging it
(``core/compositing/vote_head_fit``, ``vote_head_judge``), using it (``maps``).

It learns on training labels alone; gold ground only judges: ``reference_labels`` refuses training
labels on it.
"""

import math
from pathlib import Path

import numpy as np

from lulc_assets.core.compositing.gold import labelled_sums
from lulc_assets.core.compositing.vote_head_fit import LabelledSums, LearnedHead, learn_head
from lulc_assets.core.compositing.vote_head_judge import VoteVerdict, judge_head
from lulc_assets.core.errors import InvalidProduct, NoLabels
from lulc_assets.core.figures.learned_vote import class_gains_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.maps import VOTE_FILE
from lulc_assets.steps.products import ANNUAL_MAP, LEARNED_VOTE, REFERENCE_LABELS
from lulc_assets.steps.properties import LearnedVoteProperties, MapProperties
from lulc_assets.steps.weights import sums_of, window_numbers
from lulc_assets.steps.workbench import Made, Workbench, write_png

Numbers = dict[tuple[str, str], int]


def make_learned_vote(work: Workbench) -> Record[LearnedVoteProperties]:
    """Learn a vote from the training partitions that have an annual map, and judge it.

    Maps that stand do not change by it; they are made again by whoever wants them to, which reads
    no scene. Files: ``learned_vote.json`` (the head), ``gains.png``.

    Raises:
        NoLabels: no training partition has a map, or its labels are too few.
        InvalidProduct: the maps are of several models, or keep other sums than the project has.
        InvalidProject: the strategy is not the weighted mode.
    """
    step = work.step(LEARNED_VOTE, Whole())
    keys = [TileYear(*one) for one in work.project.training_partitions()]
    maps = {key: one for key in keys if (one := step.find(ANNUAL_MAP, key)) is not None}
    bundle = _bundle_of(maps)
    labels = step.read_all(REFERENCE_LABELS, maps)
    vote, composite = work.project.vote, work.project.composite

    def build(scratch: Path) -> Made[LearnedVoteProperties]:
        numbers: tuple[Numbers, Numbers] = ({}, {})
        found = [_labelled(work, key, maps[key], labels[key], numbers) for key in maps]
        train, gold = (LabelledSums.join(list(of_role)) for of_role in zip(*found, strict=True))
        parts = tuple(part.name for part in composite.parts())
        land = len(work.legend.land)
        tables = [composite.weight_table(part, work.legend)[1 : land + 1] for part in parts]
        learned = learn_head(train, np.stack(tables), work.legend.digest, parts, bundle)
        verdict = judge_head(learned.head, gold, vote, work.legend)
        (scratch / VOTE_FILE).write_bytes(learned.head.to_json())
        files = {VOTE_FILE: scratch / VOTE_FILE}
        figure = class_gains_figure(verdict, work.legend)
        files["gains.png"] = write_png(scratch, "gains.png", figure)
        return Made(files, _properties(maps, learned, verdict))

    judged_by = (vote.margin, vote.class_margin, vote.min_class_pixels)
    made_of = {"composite": composite.identity(work.legend), "judged_by": judged_by}
    record = step.make(made_of | {"legend": work.legend.digest}, build)
    verdict = record.properties.verdict
    if not verdict.promote:
        work.warn(f"the learned vote is refused, maps stay with the plain vote: {verdict.reason}")
    return record


def _bundle_of(maps: dict[TileYear, Record[MapProperties]]) -> str:
    """The one model whose votes the maps count."""
    if not maps:
        raise NoLabels("no training partition has an annual map; make the maps first")
    bundles = {record.properties.bundle: key for key, record in maps.items()}
    if len(bundles) > 1:
        named = ", ".join(f"{key.title}: {bundle[:12]}" for bundle, key in bundles.items())
        raise InvalidProduct(
            f"the maps of the training partitions are of {len(bundles)} models ({named}), which "
            "vote in different ways; materialize scene_predictions and annual_map of all of them "
            "with the model in use"
        )
    return next(iter(bundles))


def _labelled(
    work: Workbench,
    key: TileYear,
    record: Record[MapProperties],
    labels: Record[DeliveredLabels],
    numbers: tuple[Numbers, Numbers],
) -> tuple[LabelledSums, LabelledSums]:
    """Sums at training and at gold labels of a tile and year."""
    grid, settings = work.grid(key.tile), work.project.composite
    if (record.properties.grid, record.properties.legend) != (grid, work.legend.digest):
        raise InvalidProduct(
            f"{record.product} is of another grid or legend than the project; make it again"
        )
    sums, table = sums_of(work, record), read_label_table(work.open(labels, "labels.parquet"))
    windows = [
        window_numbers(table, grid, key.tile, known, role)
        for known, role in zip(numbers, (TRAIN, GOLD), strict=True)
    ]
    masks = [read_raster(work.open(labels, f"{role}.tif")) for role in ("train", "gold")]
    train, gold = (
        labelled_sums(sums, grid, settings, mask, here, work.legend)
        for mask, here in zip(masks, windows, strict=True)
    )
    return train, gold


def _properties(
    maps: dict[TileYear, Record[MapProperties]], learned: LearnedHead, verdict: VoteVerdict
) -> LearnedVoteProperties:
    return LearnedVoteProperties(
        bundle=learned.head.bundle,
        parts=learned.head.parts,
        maps=tuple(key.title for key in maps),
        strength=None if math.isinf(learned.strength) else learned.strength,
        pixels=learned.pixels,
        windows=learned.windows,
        left_out=learned.left_out,
        plain_left_out=learned.plain_left_out,
        verdict=verdict,
    )
