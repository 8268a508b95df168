"""What the instance knows of maps comes onto their pages and into a table beside them."""

import json

import dagster as dg
import pytest

from lulc_assets.core.costs.quote import PastMap
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.defs import map_facts
from lulc_assets.defs.map_facts import AUDIT, facts_of_maps, say_cost, say_gap, write_costs
from lulc_assets_tests.tiny_project import REGION, TILE, YEAR, open_work

KEY = TileYear(TILE, YEAR)


def audited(instance, partition, missing):
    gaps = "- 2022-03-01 R022 missing\n- 2022-04-10 R122 missing everywhere"
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=AUDIT.asset_key, check_name=AUDIT.name, passed=not missing,
            metadata={"expected": 70, "found": 70 - missing, "gaps": dg.MetadataValue.md(gaps)},
            partition=partition,
        )
    )  # fmt: skip


def test_core_hours_are_told_per_1000_km2_and_year():
    assert say_cost([PastMap(100.0, 0.5)]) == (
        "0.5 core-hours; 5 core-hours per 1,000 km² and year."
    )
    assert say_cost([PastMap(100.0, 0.5), PastMap(300.0, 0.5)]).startswith(
        "1 core-hours for 2 tiles; 2.5 core-hours per 1,000"
    )


def test_a_gap_is_told_of_its_own_partition_only(instance):
    audited(instance, KEY.partition, 2)
    audited(instance, f"{TILE}|2021", 0)
    assert "lacked 2 of 70 passes" in say_gap(instance, KEY)
    assert "2022-03-01 R022 missing" in say_gap(instance, KEY)
    assert say_gap(instance, TileYear(TILE, 2021)) == say_gap(instance, TileYear(TILE, 2020)) == ""


@pytest.fixture
def facts(trained, instance, monkeypatch):
    monkeypatch.setattr(map_facts, "maps_made", lambda *_: {KEY: PastMap(6.5536, 0.01)})
    audited(instance, KEY.partition, 2)
    return facts_of_maps(instance, open_work(trained))


def test_tile_and_region_are_told(facts):
    assert set(facts.told) == {KEY, RegionYear(REGION, YEAR)}
    assert facts.told[KEY]["Computing"].startswith("0.01 core-hours; 1.53 core-hours per")
    assert "Catalogue" in facts.told[KEY]


def test_costs_lie_beside_the_pages(facts, tmp_path):
    found = json.loads(write_costs(tmp_path, facts).read_text())
    (row,) = found["maps"]
    assert (row["tile"], row["year"]) == (TILE, YEAR)
    assert row["core_hours_per_1000_km2_year"] == pytest.approx(1000 * 0.01 / 6.5536)
    empty = json.loads(write_costs(tmp_path, map_facts.Facts()).read_text())
    assert empty == {"maps": [], "core_hours_per_1000_km2_year": None}
