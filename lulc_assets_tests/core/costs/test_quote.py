"""Quotes cover what came as often as they say, and say what they do not know."""

import math

import numpy as np
import pytest

from lulc_assets.core.costs.quote import (
    NoPastRuns,
    PastMap,
    Prices,
    core_hours_per_1000_km2,
    make_quote,
)

PRICES = Prices("EUR", core_hour=0.05, gpu_hour=2.0, stored_gb_year=0.3, co2_g_core_hour=10.0,
                co2_g_gpu_hour=100.0)  # fmt: skip


def made(chance, number):
    areas = chance.uniform(50, 12_000, number)
    rates = chance.normal(1e-3, 2e-4, number)
    return [PastMap(a, a * r, 0.0, a * r * 10, a * 1e-4) for a, r in zip(areas, rates, strict=True)]


@pytest.mark.parametrize("together", [1, 20])
def test_what_came_lies_within_the_interval_as_often_as_stated(together):
    chance = np.random.default_rng(7)
    inside = 0
    for _ in range(400):
        past, to_come = made(chance, 8), made(chance, together)
        quote = make_quote([m.area_km2 for m in to_come], past, PRICES)
        real = sum(m.core_hours for m in to_come)
        inside += quote.core_hours.low <= real <= quote.core_hours.high
    assert 0.92 <= inside / 400 <= 0.98


def test_money_and_co2_follow_from_unit_prices():
    past = [PastMap(100.0, 1.0, 0.5, 10, 2.0)] * 3
    quote = make_quote([100.0, 200.0], past, PRICES)
    assert quote.money.value == pytest.approx(3 * (1.0 * 0.05 + 0.5 * 2.0 + 2.0 * 0.3))
    assert quote.co2_kg.value == pytest.approx(3 * (10 + 50) / 1000)
    assert quote.money.low == pytest.approx(quote.money.high)  # the past did not differ
    assert (quote.partitions, quote.area_km2) == (2, 300.0)
    assert quote.scenes.value == pytest.approx(30.0)


def test_a_missing_price_leaves_the_money_unknown_only_where_it_is_used():
    past = [PastMap(100.0, 1.0)] * 3
    assert make_quote([100.0], past, Prices(core_hour=1.0)).money.value == 1.0
    assert make_quote([100.0], past, Prices()).money is None
    assert make_quote([100.0], [PastMap(100.0, 1.0, 1.0)] * 3, Prices(core_hour=1.0)).money is None


def test_too_few_past_maps_are_no_quote():
    with pytest.raises(NoPastRuns, match="there are 2"):
        make_quote([1.0], [PastMap(1.0, 1.0)] * 2, PRICES)


def test_core_hours_per_area():
    assert core_hours_per_1000_km2([PastMap(500.0, 1.0), PastMap(1500.0, 5.0)]) == 3.0
    assert math.isnan(core_hours_per_1000_km2([]))
