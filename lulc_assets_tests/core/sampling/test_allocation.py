import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AS_PRINTED
from lulc_assets.core.sampling.allocation import RULES, allocate
from lulc_assets.core.sampling.anticipation import (
    Anticipation,
    Target,
    anticipate,
    parse_target,
)

from .samples import units_of

NAMES = ("trees", "crops", "water")
AREAS = np.array([6000.0, 3500.0, 500.0])


def expected(users=0.8):
    return anticipate(NAMES, AREAS, dict.fromkeys(NAMES, users))


def test_errors_go_to_the_other_classes_by_area():
    rows = expected().rows

    assert rows[2] == pytest.approx([0.2 * 60 / 95, 0.2 * 35 / 95, 0.8])
    assert rows.sum(axis=1) == pytest.approx(1)


def test_equal_and_proportional_allocations():
    equal, proportional = (
        allocate(rule, expected(), [], units=300, least=2) for rule in ("equal", "proportional")
    )

    assert equal.units.tolist() == [100, 100, 100]
    assert proportional.units.tolist() == [180, 105, 15]


def test_neyman_allocation_is_the_textbooks():
    """n_h ∝ W_h S_h with S_h² = U (1 − U): Cochran 1977, eq. 5.26."""
    users = {"trees": 0.9, "crops": 0.5, "water": 0.8}
    plan = allocate("neyman", anticipate(NAMES, AREAS, users), [], units=1000, least=2)

    products = AREAS * np.sqrt([0.9 * 0.1, 0.5 * 0.5, 0.8 * 0.2])
    assert plan.units == pytest.approx(1000 * products / products.sum(), abs=1)


def test_the_sample_size_of_olofsson_2014():
    """Equation 13 with S(O) = 0.01 and U = .70, .60, .90, .95 gives 641 units (p. 53)."""
    names = ("deforestation", "gain", "forest", "other")
    areas = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09
    users = dict(zip(names, (0.70, 0.60, 0.90, 0.95), strict=True))

    plan = allocate("neyman", anticipate(names, areas, users), [Target("overall", "", 0.01)])

    assert plan.units.sum() == pytest.approx(641, abs=3)


def test_expected_errors_are_those_of_a_sample_that_comes_out_as_expected():
    rows = np.array([[90, 8, 2], [15, 80, 5], [10, 20, 70]])
    anticipation = Anticipation(NAMES, AREAS, rows / 100)
    plan = allocate("equal", anticipation, [Target("area", "crops", 1.0)], units=300, least=2)
    codes = units_of(rows)

    figures = estimate_figures(
        *codes,
        poststratify(codes[0], AREAS).strata,
        area_ha=AREAS.sum(),
        titles=NAMES,
        settings=AS_PRINTED,
    )

    # A sample variance divides by n − 1, an expected one by n.
    found = [figures.overall, figures.areas_ha[1], figures.users[1], figures.producers[1]]
    keys = ["overall", "area:crops", "users:crops", "producers:crops"]
    for estimate, key in zip(found, keys, strict=True):
        assert plan.expected_se[key] == pytest.approx(estimate.se * math.sqrt(0.99), rel=1e-6)
    assert plan.omission_units == pytest.approx(figures.omission_units)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "text", ["overall=0.02", "users:crops=0.04", "area:water=10%", "producers:trees=0.02"]
)
def test_every_rule_reaches_the_target_with_no_unit_to_spare(rule, text):
    target = parse_target(text, NAMES)
    plan = allocate(rule, expected(), [target], least=2)
    key = text.split("=")[0]
    goal = target.se
    if target.relative:
        goal *= float(AREAS @ expected().rows[:, 2])

    assert plan.expected_se[key] <= goal * (1 + 1e-9)
    fewer = allocate(rule, expected(), [target], units=int(plan.units.sum()) - 3, least=2)
    assert fewer.expected_se[key] > goal


def test_the_optimal_allocation_needs_the_fewest_units():
    targets = [
        parse_target(t, NAMES) for t in ("overall=0.02", "area:water=8%", "users:crops=0.05")
    ]

    totals = {rule: allocate(rule, expected(), targets).units.sum() for rule in RULES}

    assert totals["optimal"] == min(totals.values())
    assert totals["optimal"] < 0.9 * totals["proportional"]


@settings(deadline=None)
@given(
    units=st.integers(30, 5000),
    least=st.integers(2, 10),
    shares=st.lists(st.floats(0.01, 50), min_size=3, max_size=3),
)
def test_allocations_sum_up_and_keep_the_floor(units, least, shares):
    anticipation = anticipate(NAMES, np.array(shares), dict.fromkeys(NAMES, 0.7))

    for rule in RULES:
        plan = allocate(rule, anticipation, [], units=units, least=least)
        assert plan.units.sum() == units
        assert plan.units.min() >= least


@settings(deadline=None)
@given(
    units=st.integers(6, 400),
    most=st.lists(st.integers(2, 300), min_size=3, max_size=3),
    shares=st.lists(st.floats(0.01, 50), min_size=3, max_size=3),
)
def test_no_class_gets_more_units_than_it_has_pixels(units, most, shares):
    anticipation = anticipate(NAMES, np.array(shares), dict.fromkeys(NAMES, 0.7))
    pixels = np.array(most)
    units = min(units, int(pixels.sum()))

    for rule in RULES:
        plan = allocate(rule, anticipation, [], units=units, least=2, most=pixels)
        assert plan.units.sum() == units
        assert (plan.units <= pixels).all()
        assert plan.units.min() >= 2


def test_more_units_than_the_map_has_pixels_are_refused():
    with pytest.raises(InvalidSample, match="90 units are more than the map has pixels: 60"):
        allocate("equal", expected(), [], units=90, most=np.array([20, 20, 20]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crops=5", "write overall="),
        ("users:lava=0.1", "not 'lava'"),
        ("overall=0", "must be above 0"),
        ("overall=1e", "not a number"),
        ("overall=-1", "must be above 0"),
    ],
)
def test_targets_that_make_no_sense_are_refused(text, message):
    with pytest.raises(InvalidSample, match=message):
        parse_target(text, NAMES)


def test_impossible_wishes_are_refused():
    with pytest.raises(InvalidSample, match="more than 1,000,000 units"):
        allocate("equal", expected(), [Target("overall", "", 1e-6)])
    with pytest.raises(InvalidSample, match="too few for 20 in each of 3"):
        allocate("equal", expected(), [], units=50, least=20)
    with pytest.raises(InvalidSample, match="number of units or a target"):
        allocate("equal", expected(), [])
    with pytest.raises(InvalidSample, match=r"'water' is 1\.2"):
        anticipate(NAMES, AREAS, {"trees": 0.8, "crops": 0.9, "water": 1.2})
