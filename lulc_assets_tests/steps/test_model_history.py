"""Candidates and bundles after the first: refused, promoted by hand, rolled back."""

from pathlib import Path

import pytest

from lulc_assets.core.errors import BundleError, ProductCorrupt, ProductNotFound
from lulc_assets.core.store.records import Record
from lulc_assets.steps import model as model_steps
from lulc_assets.steps.making import Place
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.model_evaluation import make_model_evaluation
from lulc_assets.steps.model_history import (
    BUNDLE,
    CANDIDATE,
    EVALUATION,
    evaluations_of,
    model_history,
    of_product,
    roll_back,
    set_aside,
)
from lulc_assets_tests.tiny_project import TILE, YEAR, open_place, predict_year, train_tiny_model

KEY = (TILE, YEAR)


def with_another_seed(project_file: Path, *, promotes: bool) -> Place:
    """The project with a recipe that trains another candidate, and a rule that lets it pass."""
    text = project_file.read_text()
    if "seed = 7" not in text:
        text = text.replace("[recipe]", "[recipe]\nseed = 7")
    least = "0.02\nmargin = 1.0" if promotes else "0.99"
    project_file.write_text(text.replace("min_overall = 0.02", f"min_overall = {least}"))
    return open_place(project_file)


def second_candidate(place: Place) -> Record:
    candidate = model_steps.make_lulc_model(place)
    make_model_evaluation(place)
    model_steps.make_model_bundle(place)
    return candidate


def in_use(place: Place) -> str:
    return str(place.record(BUNDLE).properties["candidate"])


def test_a_refused_candidate_is_kept_with_its_reason_and_can_be_promoted_with_another(copied):
    first = open_place(copied).record(BUNDLE)
    place = with_another_seed(copied, promotes=False)
    candidate = second_candidate(place)
    assert in_use(place) == first.properties["candidate"]
    history = model_history(place)
    (judged,) = evaluations_of(history, candidate.digest)
    assert "below the required" in judged.properties["reason"]
    assert judged.properties["against"] == first.properties["candidate"]

    maps = [place.record(name, *KEY) for name in ("scene_predictions", "annual_map")]
    promoted = model_steps.promote_by_hand(place, candidate.digest[:10], "gold lacks snow")
    assert in_use(place) == candidate.digest
    assert "promoted by hand: gold lacks snow (the rule said" in promoted.properties["reason"]
    assert maps == [place.record(name, *KEY) for name in ("scene_predictions", "annual_map")]

    # Only an explicit backfill brings the new model to the map.
    predict_year(place)
    remade = make_annual_map(place, *KEY)
    assert remade.identity != maps[1].identity


def test_a_rollback_restores_the_former_bundle_and_holds_until_somebody_promotes(copied):
    first = open_place(copied).record(BUNDLE)
    place = with_another_seed(copied, promotes=True)
    candidate = second_candidate(place)
    assert in_use(place) == candidate.digest
    assert roll_back(place, "stripes in the north") == first
    assert place.record(BUNDLE) == first
    assert set_aside(model_history(place).decisions) == {candidate.digest}

    # The train job finds the candidate and its good verdict again: it stays set aside.
    second_candidate(place)
    assert place.record(BUNDLE) == first
    model_steps.promote_by_hand(place, candidate.digest, "stripes were in the scene")
    assert in_use(place) == candidate.digest
    second_candidate(place)
    assert in_use(place) == candidate.digest


def test_a_rollback_of_a_rollback_names_its_bundle(copied):
    first = open_place(copied).record(BUNDLE)
    place = with_another_seed(copied, promotes=True)
    second_candidate(place)
    second = place.record(BUNDLE)
    roll_back(place, "worse crops")
    with pytest.raises(ProductNotFound, match="before this one"):
        roll_back(place, "again")
    assert roll_back(place, "no, better", second.digest[:8]) == second
    assert roll_back(place, "worse", first.properties["candidate"][:8]) == first
    with pytest.raises(BundleError, match="in use already"):
        roll_back(place, "worse", first.digest[:8])
    with pytest.raises(ProductNotFound, match="begins with 'zz'"):
        roll_back(place, "worse", "zz")


def test_a_bundle_whose_files_are_damaged_is_not_rolled_back_to(copied):
    first = open_place(copied).record(BUNDLE)
    place = with_another_seed(copied, promotes=True)
    second_candidate(place)
    place.open(first, "bundle.json").write_text("{}")
    with pytest.raises(ProductCorrupt):
        roll_back(place, "worse crops")
    assert in_use(place) != first.properties["candidate"]
    assert model_history(place).decisions == ()


def test_a_decision_needs_a_reason_and_a_judged_candidate_that_is_not_in_use(copied):
    place = open_place(copied)
    own = in_use(place)
    with pytest.raises(BundleError, match="in use already"):
        model_steps.promote_by_hand(place, own[:10], "again")
    with pytest.raises(ProductNotFound):
        model_steps.promote_by_hand(place, "zz", "because")
    place = with_another_seed(copied, promotes=True)
    candidate = model_steps.make_lulc_model(place)
    with pytest.raises(BundleError, match="never judged"):
        model_steps.promote_by_hand(place, candidate.digest, "because")
    make_model_evaluation(place)
    with pytest.raises(BundleError, match="needs a reason"):
        model_steps.promote_by_hand(place, candidate.digest, "  ")
    assert in_use(place) == own


def test_judging_again_after_promotion_says_the_same(copied):
    place = with_another_seed(copied, promotes=True)
    second_candidate(place)
    judged, bundle = place.record(EVALUATION), place.record(BUNDLE)
    assert judged.properties["difference"]["windows"] > 1
    train_tiny_model(place)
    assert place.record(EVALUATION) == judged
    assert place.record(BUNDLE) == bundle


def test_the_history_has_every_candidate_in_order(copied):
    place = with_another_seed(copied, promotes=True)
    first = in_use(place)
    candidate = second_candidate(place)
    kept = of_product(model_history(place).records, CANDIDATE)
    assert [record.digest for record in kept] == [first, candidate.digest]
