"""Evidence of change: whose labels count, against which map."""

from pathlib import Path

import numpy as np

from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.labels.account import BurntRole, DeliveredLabels, ReadingAccount
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.change_evidence import ENOUGH_GOLD_PX, make_change_evidence, read_evidence
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import MODEL_BUNDLE, REFERENCE_LABELS
from lulc_assets.steps.properties import BundleProperties
from lulc_assets.steps.workbench import Made, Workbench
from lulc_assets_tests.steps.predicted_year import TILE, commit_scenes, open_project
from lulc_assets_tests.steps.two_years import (
    FORMER,
    KEY,
    TREES,
    YEAR,
    ground,
    scenes_of,
)

GOLD = np.s_[:, 24:]
"""Outside the clearing: 24 × 16 pixels, more than are needed."""


def promote(work: Workbench, name: str = "first") -> str:
    properties = BundleProperties(name, 0.9, "", "L2A")
    step = work.step(MODEL_BUNDLE, Whole())
    return step.make(name, lambda _: Made({}, properties)).digest


def label(work: Workbench, year: int, train: np.ndarray, gold: np.ndarray) -> None:
    grid = work.grid(TILE)
    none = BurntRole({}, 0, 0, 0)
    properties = DeliveredLabels(
        0, ReadingAccount(0, 0, {}, (), (), 0, 0, {}), none, none, None, ()
    )

    def build(scratch: Path) -> Made[DeliveredLabels]:
        files = {
            f"{role}.tif": write_cog(scratch / f"{role}.tif", mask, grid, kind="class", nodata=0)
            for role, mask in (("train", train), ("gold", gold))
        }
        return Made(files, properties)

    made_of = [int(mask.sum()) for mask in (train, gold)]
    work.step(REFERENCE_LABELS, TileYear(TILE, year)).make(made_of, build)


def mapped(folder: Path, years: tuple[int, ...], bundle: str | None = None) -> Workbench:
    """Years mapped by the promoted model, with gold in the trees of the second one."""
    work = open_project(folder, '\n[composite]\nseasons = "quarters"\n')
    digest = promote(work) if bundle is None else bundle
    for year in years:
        commit_scenes(work, scenes_of(folder, year, 5 if year == YEAR else 13), year, digest)
        make_annual_map(work, TileYear(TILE, year))
    gold = np.zeros(ground(False).shape, np.uint8)
    gold[GOLD] = TREES
    label(work, YEAR, ground(True), gold)
    return work


def test_gold_pixels_of_a_year_are_counted_against_the_map_of_the_year_before(tmp_path):
    work = mapped(tmp_path, (FORMER, YEAR))
    record = make_change_evidence(work)
    (source,) = record.properties.sources
    assert (source.year, source.baseline_year) == (YEAR, FORMER)
    assert record.properties.across_years and not record.properties.reason
    bare = 12 * 14
    assert (source.gold_pixels, source.training_pixels) == (24 * 16, bare), "bare ground is scarce"
    assert source.gold_pixels >= ENOUGH_GOLD_PX
    counts = read_evidence(work, record).counts
    assert counts.views.sum() == source.views == 12 * (24 * 16 + bare)
    assert counts.views[TREES - 1].sum() == source.views, "by the class of the former map"
    assert make_change_evidence(work) == record
    assert make_change_map(work, KEY).properties.baseline


def test_pixels_that_former_labels_show_as_another_class_are_left_out(tmp_path):
    work = mapped(tmp_path, (FORMER, YEAR))
    label(work, FORMER, ground(False), np.zeros(ground(False).shape, np.uint8))
    (source,) = make_change_evidence(work).properties.sources
    assert source.training_pixels == 0, "the clearing is labelled trees in the year before"


def test_without_the_year_before_yearly_change_has_evidence_and_alerts_have_none(tmp_path):
    record = make_change_evidence(mapped(tmp_path, (YEAR,)))
    assert record.properties.sources[0].baseline_year == YEAR
    assert record.properties.evidence and not record.properties.across_years


def test_maps_of_another_model_and_missing_ones_are_named_and_left_out(tmp_path):
    work = mapped(tmp_path, (FORMER, YEAR), bundle="an older one")
    promote(work)
    record = make_change_evidence(work)
    assert "33TVM 2022: mapped with another model" in record.properties.reason
    assert not record.files
    said = make_change_map(work, KEY)
    assert said.properties.reason.startswith("no evidence") and not said.files
    empty = open_project(tmp_path / "empty")
    promote(empty)
    assert make_change_evidence(empty).properties.left_out == {"33TVM 2022": "no labels"}
