"""What a catalogue lost is named, by kind, and what it has is not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.catalog_audit.__main__ import LEAST_FOUND_PCT, MOST_FALSE_PCT, measure
from benchmarks.catalog_audit.simulated import Settings, older, simulate
from lulc_assets.core.catalog.audit import audit_tile
from lulc_assets.core.catalog.audit_items import audit_catalog, opposite_neighbours
from lulc_assets.core.catalog.polling import open_poll
from lulc_assets.core.errors import CatalogError
from lulc_assets_tests.core.catalog.stac_documents import make_item, write_catalog

TILE, YEAR = "33TVL", 2022
SIM = Settings(not_acquired=0.0)
END = SIM.ends_s


def audit(items, **options):
    options = {"as_of": END, **options}
    return audit_tile(TILE, YEAR, items, {TILE: opposite_neighbours(TILE)}, **options)


@pytest.fixture(scope="module")
def every():
    return simulate(SIM, 1)


def test_a_whole_catalogue_has_no_gap(every):
    found = audit(every)
    assert found.gaps == () and found.expected == found.found and 140 <= found.expected <= 150


@pytest.mark.parametrize("kind", ["random", "orbit", "month"])
def test_what_is_withheld_is_found_and_little_else(kind):
    found = measure(kind, 4)
    assert found["found_pct"] >= LEAST_FOUND_PCT and found["false_pct"] <= MOST_FALSE_PCT


def _without_last_of_july(every):
    july = sorted(
        (p for p in every if p.tile == TILE
         and datetime.fromtimestamp(p.sensed, UTC).strftime("%Y%m") == "202207"),
        key=lambda p: p.sensed,
    )  # fmt: skip
    return july[-1], [p for p in every if p != july[-1]]


def test_gaps_are_told_apart(every):
    gone, left = _without_last_of_july(every)
    assert [g.kind for g in audit(left).gaps] == ["missing"]
    assert [g.kind for g in audit(left, had=[gone.id]).gaps] == ["withdrawn"]
    soon = [p for p in left if p.sensed <= gone.sensed + 86400]
    assert [g.kind for g in audit(soon, as_of=gone.sensed + 86400).gaps] == ["late"]
    nowhere = [p for p in left if abs(p.sensed - gone.sensed) > 3600]
    assert [g.kind for g in audit(nowhere).gaps] == ["missing everywhere"]


def test_an_older_baseline_than_the_neighbours_is_named_and_is_no_missing_pass(every):
    found = audit(older(every, TILE))
    assert {g.kind for g in found.gaps} == {"other baseline"} and found.missing_pct == 0
    assert found.gaps[0].why.startswith("02.14, and 05.09 in 33T")


def test_a_satellite_that_begins_within_the_year_is_not_missed_before(every):
    june = datetime(2022, 6, 1, tzinfo=UTC).timestamp()
    left = [p for p in every if p.platform == "sentinel-2a" or p.sensed > june]
    assert audit(left).gaps == ()


def test_neighbours_lie_on_opposite_sides_and_across_zones():
    assert ("33TWL", "33TUL") in opposite_neighbours("33TVL")
    assert any({one[:2], other[:2]} == {"32", "33"} for one, other in opposite_neighbours("33TUL"))


def test_items_of_a_catalogue_are_audited(tmp_path):
    days = [f"2020{month:02d}{day:02d}" for month, day in _every_ten_days()]
    items = [make_item(day) for day in days if day != "20200710"]
    items += [make_item(day, tile="33TVM") for day in days]
    poll = open_poll(write_catalog(tmp_path, items))
    (found,), without = audit_catalog(poll, TILE, [2020], as_of=END)
    assert [(g.day, g.orbit, g.kind) for g in found.gaps] == [("2020-07-10", 122, "missing")]
    assert without == 0 and found.missing_pct == pytest.approx(100 / found.expected)
    (nothing,), _ = audit_catalog(poll, TILE, [2016], as_of=END)
    assert nothing.expected == 0 and nothing.missing_pct is None
    nameless = write_catalog(tmp_path / "x", [{"id": "x"}])
    with pytest.raises(CatalogError, match="relative orbit"):
        audit_catalog(open_poll(nameless), TILE, [2020], as_of=END)


def _every_ten_days():
    first = datetime(2020, 1, 2, tzinfo=UTC).toordinal()
    return [(d.month, d.day) for d in (datetime.fromordinal(first + 10 * n) for n in range(37))]


def test_the_newest_of_two_processings_counts(every):
    twice = [*every, *(replace(p, baseline="02.14", id=p.id + "_old") for p in every)]
    assert audit(twice).gaps == ()
