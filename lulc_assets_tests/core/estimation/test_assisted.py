import numpy as np
import pytest

from lulc_assets.core.estimation.assisted import estimate_assisted, estimate_zones
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.strata import Strata


def landscape(seed, n=20_000):
    """Map and truth of a population of three classes in zones of unlike composition."""
    rng = np.random.default_rng(seed)
    zone = np.arange(n) * 10 // n
    lean = 0.05 + 0.05 * zone
    truth = np.where(rng.random(n) < lean, 1, np.where(rng.random(n) < 0.6, 2, 3))
    wrong = rng.random(n) < 0.1
    shown = np.where(wrong, rng.integers(1, 4, n), truth)
    return shown, truth, zone


def windows(n, size, picked):
    """Strata of a sample of windows of neighbouring places."""
    units = (picked[:, None] * size + np.arange(size)).ravel()
    primary = np.repeat(np.arange(picked.size), size)
    weights = np.full(units.size, n / units.size)
    strata = Strata(
        ("all",), np.zeros(units.size, int), np.array([float(n)]), np.zeros(1), primary, weights
    )
    return units, strata


def test_with_one_sample_of_units_it_is_the_poststratified_estimate():
    shown, truth, _ = landscape(0)
    sizes = np.bincount(shown, minlength=4)[1:].astype(float)
    units = np.random.default_rng(1).choice(shown.size, 400, replace=False)
    whole = Strata(("all",), np.zeros(400, int), np.array([20_000.0]), np.zeros(1))

    found = estimate_assisted(shown[units], truth[units], whole, sizes)

    post = poststratify(shown[units], sizes).strata
    for code in (1, 2, 3):
        expected = estimate_ratio((truth[units] == code).astype(float), np.ones(400), post)
        assert found.areas_ha[code - 1].value == pytest.approx(20_000 * expected.value)
        assert found.areas_ha[code - 1].se == pytest.approx(20_000 * expected.se, rel=0.02)
    assert sum(e.value for e in found.areas_ha) == pytest.approx(20_000)


def test_windows_gain_much_and_stay_unbiased_with_honest_intervals():
    shown, truth, _ = landscape(2)
    sizes, rng = np.bincount(shown, minlength=4)[1:].astype(float), np.random.default_rng(3)
    area, hits, ratios, draws = np.sum(truth == 1), 0, [], 200
    values, plain = [], []
    for _ in range(draws):
        units, strata = windows(20_000, 50, rng.choice(400, 25, replace=False))
        found = estimate_assisted(shown[units], truth[units], strata, sizes)
        values.append(found.areas_ha[0].value)
        plain.append(np.mean(truth[units] == 1) * 20_000)
        hits += found.areas_ha[0].ci_low <= area <= found.areas_ha[0].ci_high
        ratios.append(found.variance_ratios[0])

    assert np.mean(values) == pytest.approx(area, abs=4 * np.std(values) / np.sqrt(draws))
    assert np.var(plain) > 4 * np.var(values)
    assert np.median(ratios) > 4
    assert 0.91 <= hits / draws <= 0.99


def test_zones_borrow_from_the_region_and_say_how_far_the_model_errs():
    shown, truth, zone = landscape(4)
    rng = np.random.default_rng(5)
    errors = {"direct": [], "assisted": [], "composite": []}
    covered = []
    for _ in range(60):
        units = rng.choice(shown.size, 300, replace=False)
        strata = Strata(("all",), np.zeros(300, int), np.array([20_000.0]), np.zeros(1))
        zones = [
            (zone[units] == z, np.bincount(shown[zone == z], minlength=4)[1:].astype(float))
            for z in range(10)
        ]
        found = estimate_zones(shown[units], truth[units] == 1, strata, 1, zones)
        for z in range(10):
            real, here = np.mean(truth[zone == z] == 1), zones[z][0]
            errors["direct"].append(np.mean(truth[units][here] == 1) - real)
            errors["assisted"].append(found.assisted[z].value - real)
            errors["composite"].append(found.composite[z].value - real)
            covered.append(found.composite[z].ci_low <= real <= found.composite[z].ci_high)
    spread = {kind: np.sqrt(np.mean(np.square(e))) for kind, e in errors.items()}

    assert spread["assisted"] < 0.8 * spread["direct"]
    assert spread["composite"] < spread["assisted"]
    assert abs(np.mean(errors["assisted"])) < 0.01
    assert np.mean(covered) > 0.8


def test_a_class_that_the_map_shows_too_rarely_is_taken_at_its_word_and_corrected():
    shown = np.repeat([1, 2], [3, 97])
    truth = shown.copy()
    truth[5:9] = 1
    strata = Strata(("all",), np.zeros(100, int), np.array([1.0]), np.zeros(1))

    found = estimate_assisted(shown, truth, strata, np.array([2.0, 98.0]))

    # 2 % on the map and 4 of 97 units of the rest.
    assert found.areas_ha[0].value == pytest.approx(2 + 98 * 4 / 97, abs=0.05)
    assert found.areas_ha[0].ci_low < found.areas_ha[0].value < found.areas_ha[0].ci_high
