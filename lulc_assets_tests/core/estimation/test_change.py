import numpy as np
import pytest

from lulc_assets.core.estimation.change import estimate_change
from lulc_assets.core.estimation.strata import Strata

TITLES = ("wood", "field", "town")


def two_strata(n_change, n_stable, sizes=(100.0, 9900.0)):
    of_unit = np.repeat([0, 1], [n_change, n_stable])
    return Strata(("change", "stable"), of_unit, np.array(sizes), np.zeros(2))


def test_the_area_of_change_is_a_weighted_share_with_its_standard_error():
    # 40 of 50 units changed where the map says so, 1 of 100 elsewhere.
    before = np.ones(150, int)
    after = np.ones(150, int)
    after[:40], after[50] = 2, 2

    changed = estimate_change(before, after, two_strata(50, 100), area_ha=1000, titles=TITLES)

    share = 0.01 * 0.8 + 0.99 * 0.01
    se = np.sqrt(0.01**2 * 0.8 * 0.2 / 49 + 0.99**2 * 0.01 * 0.99 / 99)
    assert changed.changed.value == pytest.approx(1000 * share)
    assert changed.changed.se == pytest.approx(1000 * se)
    assert changed.transitions.keys() == {(1, 2)}
    assert changed.transitions[1, 2].value == pytest.approx(changed.changed.value)


def test_gains_less_losses_are_the_net_change():
    rng = np.random.default_rng(1)
    before, after = rng.integers(1, 4, 300), rng.integers(1, 4, 300)

    areas = estimate_change(before, after, two_strata(100, 200), area_ha=500, titles=TITLES)

    for gain, loss, net in zip(areas.gains, areas.losses, areas.net, strict=True):
        assert net.value == pytest.approx(gain.value - loss.value)
        assert net.ci_low < net.value < net.ci_high
    assert sum(net.value for net in areas.net) == pytest.approx(0, abs=1e-9)
    assert sum(t.value for t in areas.transitions.values()) == pytest.approx(areas.changed.value)


def test_no_change_in_the_sample_is_no_certainty_of_none():
    same = np.repeat([1, 2], 100)

    areas = estimate_change(same, same, two_strata(100, 100), area_ha=100, titles=TITLES)

    assert areas.changed.value == 0
    assert areas.changed.ci_low == 0
    assert areas.changed.ci_high > 0.5
    assert not areas.transitions


def test_change_that_few_units_show_is_named():
    before, after = np.ones(150, int), np.ones(150, int)
    after[:3] = 3

    areas = estimate_change(before, after, two_strata(50, 100), area_ha=100, titles=TITLES)

    assert "all change" in areas.warnings[0]
    assert "wood to town" in areas.warnings[0]
