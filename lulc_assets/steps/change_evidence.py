"""Steps of the evidence that change is judged by: labels and mapped years → counts.

What belongs here: ``change_evidence``: which labels count, against which maps. What does not:
counting (``core/change``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.learning import count_unchanged
from lulc_assets.core.errors import ProductNotFound
from lulc_assets.core.figures.maps import class_histogram_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.steps.mapped_years import identity_of_map, open_mapped_year
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    CHANGE_EVIDENCE,
    MODEL_BUNDLE,
    REFERENCE_LABELS,
)
from lulc_assets.steps.properties import EvidenceProperties, EvidenceSource, MapProperties
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.change.counting import LetterCounts
    from lulc_assets.core.change.evidence import Evidence

EVIDENCE_FILE = "evidence.json"
ENOUGH_GOLD_PX = 300
"""Of a class: with fewer gold pixels the training labels of the class count as well. A network
is surer of what it learnt from, so that these make errors look a little rarer than they are."""

U8 = npt.NDArray[np.uint8]
EvidenceStep = Step[Whole, EvidenceProperties]


@dataclass(frozen=True)
class _Labelled:
    """A labelled, mapped year with the map that it is remembered by."""

    key: TileYear
    labels: Record[DeliveredLabels]
    own: Record[MapProperties]
    former_key: TileYear
    former: Record[MapProperties]
    former_labels: Record[DeliveredLabels] | None


def make_change_evidence(work: Workbench) -> Record[EvidenceProperties]:
    """Learn what unchanged pixels look like, from the labels of mapped years.

    A labelled pixel is taken to have kept its class, unless labels of the year before say
    otherwise. Maps of another bundle than the promoted one are left out. Files: ``evidence.json``
    and a picture; where there is nothing to learn from, the record says so and has no file.
    """
    from lulc_assets.core.change.evidence import Evidence  # numba

    step = work.step(CHANGE_EVIDENCE, Whole())
    bundle = step.read(MODEL_BUNDLE)
    found, left_out = _labelled_years(step, bundle.digest)

    def build(scratch: Path) -> Made[EvidenceProperties]:
        counts, sources = _count(work, found)
        if not counts.views.any():
            return Made({}, _nothing(work, bundle.digest, left_out))
        origin = {f"{s.tile} {s.year}": f"map of {s.baseline_year}" for s in sources}
        evidence = Evidence(counts, origin, work.legend)
        views = {c.name: int(counts.views[c.code - 1].sum()) for c in work.legend.land}
        amounts = {c.code: float(views[c.name]) for c in work.legend.land}
        picture = class_histogram_figure(amounts, work.legend, "views", "Evidence by class of map")
        files = {
            EVIDENCE_FILE: evidence.write(scratch / EVIDENCE_FILE),
            "evidence.png": write_png(scratch, "evidence.png", picture),
        }
        properties = EvidenceProperties(
            evidence=evidence.digest,
            reason="",
            bundle=bundle.digest,
            legend=work.legend.digest,
            sources=tuple(sources),
            left_out=left_out,
            views=views,
        )
        return Made(files, properties)

    return step.make({"legend": work.legend.digest, "enough_gold_px": ENOUGH_GOLD_PX}, build)


def _count(
    work: Workbench, found: Sequence[_Labelled]
) -> "tuple[LetterCounts, list[EvidenceSource]]":
    """What the labels of all years show together, and how much each gave."""
    from lulc_assets.core.change.counting import LetterCounts  # numba
    from lulc_assets.core.change.symbols import land_classes

    counts, sources = LetterCounts.empty(land_classes(work.legend)), []
    masks = {one.key: _unchanged(work, one, scarce=frozenset()) for one in found}
    scarce = _scarce_classes(work, found, masks)
    for number, one in enumerate(found, start=1):
        every = _unchanged(work, one, scarce)
        new = count_unchanged(
            open_mapped_year(work, one.former, one.former_key),
            open_mapped_year(work, one.own, one.key).scenes,
            every,
            work.grid(one.key.tile),
            work.project.composite,
            work.legend,
        )
        counts, gold = counts + new, int(masks[one.key].sum())
        sources.append(
            EvidenceSource(one.key.tile, one.key.year, one.former_key.year, gold,
                           int(every.sum()) - gold, int(new.views.sum()))
        )  # fmt: skip
        work.progress(number, len(found), f"labels of {one.key.title}")
    return counts, sources


def read_evidence(work: Workbench, record: Record[EvidenceProperties]) -> "Evidence":
    """The counts of a record; raises ProductNotFound where it has none."""
    from lulc_assets.core.change.evidence import Evidence  # numba

    if EVIDENCE_FILE not in record.files:
        raise ProductNotFound(f"there is no evidence of change: {record.properties.reason}")
    return Evidence.read(work.open(record, EVIDENCE_FILE), work.legend)


def _labelled_years(step: EvidenceStep, bundle: str) -> tuple[list[_Labelled], dict[str, str]]:
    """Training partitions that can be counted, and why the others cannot."""
    work = step.work
    found: list[_Labelled] = []
    left_out: dict[str, str] = {}
    for tile, year in work.project.training_partitions():
        key = TileYear(tile, year)
        labels, own = step.find(REFERENCE_LABELS, key), step.find(ANNUAL_MAP, key)
        if labels is None or own is None:
            left_out[key.title] = "no labels" if labels is None else "not mapped"
        elif own.properties.bundle != bundle:
            left_out[key.title] = "mapped with another model than the promoted one"
        else:
            former_key, former = _former(step, key, own)
            before = step.find(REFERENCE_LABELS, key.former) if year > FIRST_YEAR else None
            found.append(_Labelled(key, labels, own, former_key, former, before))
    if any(one.former_key != one.key for one in found):
        alone = [one for one in found if one.former_key == one.key]
        # Within its own year every class is familiar: that would blur what the others tell.
        left_out |= {one.key.title: "no map of the year before" for one in alone}
        found = [one for one in found if one.former_key != one.key]
    return found, left_out


def _former(
    step: EvidenceStep, key: TileYear, own: Record[MapProperties]
) -> tuple[TileYear, Record[MapProperties]]:
    """The map of the year before if it was made like this year's, else this year's own."""
    if key.year == FIRST_YEAR:
        return key, own
    former = step.find(ANNUAL_MAP, key.former)
    if former is None:
        return key, own
    alike = identity_of_map(step.work, former, key.former) == identity_of_map(step.work, own, key)
    return (key.former, former) if alike else (key, own)


def _unchanged(work: Workbench, one: _Labelled, scarce: frozenset[int]) -> npt.NDArray[np.bool_]:
    """Gold pixels, and training pixels of scarce classes, that no former label contradicts."""
    now = _classes(work, one.labels, scarce)
    if one.former_labels is None:
        return now > 0
    every = frozenset(c.code for c in work.legend.land)
    before = _classes(work, one.former_labels, every)
    kept: npt.NDArray[np.bool_] = (now > 0) & ((before == 0) | (before == now))
    return kept


def _classes(work: Workbench, labels: Record[DeliveredLabels], scarce: frozenset[int]) -> U8:
    gold: U8 = read_raster(work.open(labels, "gold.tif"))
    train: U8 = read_raster(work.open(labels, "train.tif"))
    land = len(work.legend.land)
    train = np.where(np.isin(train, sorted(scarce)), train, 0).astype(np.uint8)
    found = np.where(gold > 0, gold, train)
    return np.where(found <= land, found, 0).astype(np.uint8)


def _scarce_classes(
    work: Workbench,
    found: Sequence[_Labelled],
    masks: Mapping[TileYear, npt.NDArray[np.bool_]],
) -> frozenset[int]:
    """Classes with too few gold pixels in all."""
    total = np.zeros(256, np.int64)
    for one in found:
        gold = _classes(work, one.labels, frozenset())
        total += np.bincount(gold[masks[one.key]], minlength=256)
    return frozenset(c.code for c in work.legend.land if total[c.code] < ENOUGH_GOLD_PX)


def _nothing(work: Workbench, bundle: str, left_out: Mapping[str, str]) -> EvidenceProperties:
    why = "; ".join(f"{where}: {what}" for where, what in left_out.items())
    reason = "no labelled tile × year is mapped with the promoted model"
    told = f"{reason} ({why})" if why else reason
    return EvidenceProperties("", told, bundle, work.legend.digest, (), left_out)
