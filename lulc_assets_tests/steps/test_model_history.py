"""Candidates and bundles after the first: refused, promoted by hand, rolled back."""

from pathlib import Path

import pytest

from lulc_assets.core.errors import BundleError, ProductCorrupt, ProductNotFound
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.bundling import make_model_bundle, promote_by_hand
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.model_history import (
    decisions,
    evaluations_of,
    kept_candidates,
    model_events,
    roll_back,
    set_aside,
)
from lulc_assets.steps.products import (
    ANNUAL_MAP,
    MODEL_BUNDLE,
    MODEL_EVALUATION,
    SCENE_PREDICTIONS,
)
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.tiny_project import KEY, open_work, predict_year, train_tiny_model


def with_another_seed(project_file: Path, *, promotes: bool) -> Workbench:
    """The project with a recipe that trains another candidate, and a rule that lets it pass."""
    text = project_file.read_text()
    if "seed = 7" not in text:
        text = text.replace("[recipe]", "[recipe]\nseed = 7")
    least = "0.02\nmargin = 1.0" if promotes else "0.99"
    project_file.write_text(text.replace("min_overall = 0.02", f"min_overall = {least}"))
    return open_work(project_file)


def second_candidate(work: Workbench) -> Record:
    candidate = make_lulc_model(work)
    make_model_evaluation(work)
    make_model_bundle(work)
    return candidate


def in_use(work: Workbench) -> str:
    return str(work.read(MODEL_BUNDLE, Whole()).properties.candidate)


def test_a_refused_candidate_is_kept_with_its_reason_and_can_be_promoted_with_another(copied):
    first = open_work(copied).read(MODEL_BUNDLE, Whole())
    work = with_another_seed(copied, promotes=False)
    candidate = second_candidate(work)
    assert in_use(work) == first.properties.candidate
    (judged,) = evaluations_of(work, candidate.digest)
    assert "below the required" in judged.properties.reason
    assert judged.properties.against == first.properties.candidate

    maps = [work.read(product, KEY) for product in (SCENE_PREDICTIONS, ANNUAL_MAP)]
    promoted = promote_by_hand(work, candidate.digest[:10], "gold lacks snow")
    assert in_use(work) == candidate.digest
    assert "promoted by hand: gold lacks snow (the rule said" in promoted.properties.reason
    assert maps == [work.read(product, KEY) for product in (SCENE_PREDICTIONS, ANNUAL_MAP)]

    # Only an explicit backfill brings the new model to the map.
    predict_year(work)
    remade = make_annual_map(work, KEY)
    assert remade.inputs != maps[1].inputs


def test_a_rollback_restores_the_former_bundle_and_holds_until_somebody_promotes(copied):
    first = open_work(copied).read(MODEL_BUNDLE, Whole())
    work = with_another_seed(copied, promotes=True)
    candidate = second_candidate(work)
    assert in_use(work) == candidate.digest
    assert roll_back(work, "stripes in the north") == first
    assert work.read(MODEL_BUNDLE, Whole()) == first
    assert set_aside(model_events(work)) == {candidate.digest}

    # The train job finds the candidate and its good verdict again: it stays set aside.
    second_candidate(work)
    assert work.read(MODEL_BUNDLE, Whole()) == first
    promote_by_hand(work, candidate.digest, "stripes were in the scene")
    assert in_use(work) == candidate.digest
    second_candidate(work)
    assert in_use(work) == candidate.digest


def test_a_rollback_of_a_rollback_names_its_bundle(copied):
    first = open_work(copied).read(MODEL_BUNDLE, Whole())
    work = with_another_seed(copied, promotes=True)
    second_candidate(work)
    second = work.read(MODEL_BUNDLE, Whole())
    roll_back(work, "worse crops")
    with pytest.raises(ProductNotFound, match="before this one"):
        roll_back(work, "again")
    assert roll_back(work, "no, better", second.digest[:8]) == second
    assert roll_back(work, "worse", first.properties.candidate[:8]) == first
    with pytest.raises(BundleError, match="in use already"):
        roll_back(work, "worse", first.digest[:8])
    with pytest.raises(ProductNotFound, match="begins with 'zz'"):
        roll_back(work, "worse", "zz")


def test_a_bundle_whose_files_are_damaged_is_not_rolled_back_to(copied):
    first = open_work(copied).read(MODEL_BUNDLE, Whole())
    work = with_another_seed(copied, promotes=True)
    second_candidate(work)
    work.open(first, "bundle.json").write_text("{}")
    with pytest.raises(ProductCorrupt):
        roll_back(work, "worse crops")
    assert in_use(work) != first.properties.candidate
    assert decisions(model_events(work)) == ()


def test_a_decision_needs_a_reason_and_a_judged_candidate_that_is_not_in_use(copied):
    work = open_work(copied)
    own = in_use(work)
    with pytest.raises(BundleError, match="in use already"):
        promote_by_hand(work, own[:10], "again")
    with pytest.raises(ProductNotFound):
        promote_by_hand(work, "zz", "because")
    work = with_another_seed(copied, promotes=True)
    candidate = make_lulc_model(work)
    with pytest.raises(BundleError, match="never judged"):
        promote_by_hand(work, candidate.digest, "because")
    make_model_evaluation(work)
    with pytest.raises(BundleError, match="needs a reason"):
        promote_by_hand(work, candidate.digest, "  ")
    assert in_use(work) == own


def test_judging_again_after_promotion_says_the_same(copied):
    work = with_another_seed(copied, promotes=True)
    second_candidate(work)
    judged, bundle = work.read(MODEL_EVALUATION, Whole()), work.read(MODEL_BUNDLE, Whole())
    assert judged.properties.difference.windows > 1
    train_tiny_model(work)
    assert work.read(MODEL_EVALUATION, Whole()) == judged
    assert work.read(MODEL_BUNDLE, Whole()) == bundle


def test_the_history_has_every_candidate_in_order(copied):
    work = with_another_seed(copied, promotes=True)
    first = in_use(work)
    candidate = second_candidate(work)
    kept = kept_candidates(work)
    assert [record.digest for record in kept] == [first, candidate.digest]
