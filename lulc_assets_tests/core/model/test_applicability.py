"""How far a place is from the training set, and what the levels say."""

import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import BundleError
from lulc_assets.core.judging.bundling import write_bundle
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.judging.promotion import Verdict
from lulc_assets.core.model.applicability import APPLICABILITY_FILE, Applicability, cell_features
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.training.applicability_fit import fit_applicability
from lulc_assets.core.training.dataset import select_chips
from lulc_assets_tests.core.training.chips_for_tests import two_class_chips


@pytest.fixture(scope="module")
def fitted(trained, chips):
    return fit_applicability(
        trained.network(), select_chips([chips], "train"), select_chips([chips], "val")
    )


def levels_of(fitted, network, reflectance):
    with torch.no_grad():
        features = cell_features(network, reflectance)
    return fitted.levels(fitted.distance(features.permute(0, 2, 3, 1).flatten(0, 2)).numpy())


def image_of(chips):
    return torch.from_numpy(chips.images.astype(np.float32)) / 10_000


def test_places_like_those_of_training_are_near_and_other_spectra_are_far(fitted, trained):
    network, like = trained.network(), image_of(two_class_chips(seed=9))
    # The two classes of these chips are grey in all bands; nothing else was ever seen.
    unlike = like.clone()
    unlike[:, :3] = 0.39 - like[:, :3]
    near, far = (levels_of(fitted, network, image) for image in (like, unlike))
    assert np.median(near) <= 95
    assert np.median(far) > 100
    assert (far > 95).mean() > (near > 95).mean() + 0.3


def test_a_cell_has_the_bands_and_all_stages(trained):
    network = trained.network()
    features = cell_features(network, torch.rand(2, 6, 32, 64))
    assert features.shape == (2, 6 + 64 + 64 + 128, 4, 8)


def line(length=101):
    """A fit of one feature, with thresholds 0, 1, … 100."""
    one = torch.ones(1, dtype=torch.float64)
    limits = torch.arange(length, dtype=torch.float64)
    return Applicability(0 * one, one, one[:, None], one, one[0], limits, 16 * one[0], 128 * one[0])


def test_a_level_is_the_percentile_of_validation_cells_and_then_a_multiple_of_the_farthest():
    distances = np.array([0.0, 1.0, 50.5, 95.0, 100.0, 100.4, 120.0, 1e6])
    assert line().levels(distances).tolist() == [0, 0, 50, 94, 99, 101, 120, 254]


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=20))
def test_what_is_farther_never_has_a_smaller_level(distances):
    levels = line().levels(np.sort(np.array(distances)))
    assert (np.diff(levels.astype(int)) >= 0).all()
    assert levels.max() <= 254


def test_the_distance_is_counted_in_standard_deviations(fitted):
    at_the_mean = fitted.distance(fitted.mean[None].float())
    assert at_the_mean.item() == pytest.approx(0, abs=1e-3)
    moved = fitted.mean + 3 * fitted.variance[0].sqrt() * fitted.axes[:, 0] * fitted.deviation
    assert fitted.distance(moved[None].float()).item() == pytest.approx(3, rel=1e-3)


def test_the_file_gives_back_the_same_levels(fitted, trained, chips):
    again = Applicability.from_bytes(fitted.to_bytes())
    network, image = trained.network(), image_of(chips)
    np.testing.assert_array_equal(
        levels_of(again, network, image), levels_of(fitted, network, image)
    )
    assert again.to_bytes() == fitted.to_bytes()


@pytest.mark.parametrize("damage", ["no safetensors", "another shape"])
def test_a_file_that_does_not_fit_is_refused(fitted, damage):
    content = b"pickle" if damage == "no safetensors" else line(50).to_bytes()
    with pytest.raises(BundleError, match=APPLICABILITY_FILE):
        Applicability.from_bytes(content)


def test_a_bundle_carries_the_candidate_s_file_and_refuses_another(trained, chips, tmp_path):
    evaluation, yes = evaluate_model(trained, [chips]), Verdict(True, "good enough")
    folder = write_bundle(trained.weights.parent, evaluation, yes, tmp_path / "bundle")
    own = (trained.folder / APPLICABILITY_FILE).read_bytes()
    assert Bundle.load(folder).applicability == own
    (folder / APPLICABILITY_FILE).write_bytes(own[:-1])
    with pytest.raises(BundleError, match=APPLICABILITY_FILE):
        Bundle.load(folder)


def test_a_candidate_from_before_makes_a_bundle_without(trained, chips, tmp_path):
    old = shutil.copytree(trained.weights.parent, tmp_path / "old")
    card = json.loads((old / "card.json").read_bytes())
    del card["applicability"]
    (old / "card.json").write_text(json.dumps(card))
    evaluation = evaluate_model(trained, [chips])
    folder = write_bundle(old, evaluation, Verdict(True, "good enough"), tmp_path / "bundle")
    assert Bundle.load(folder).applicability is None
