"""Change maps of a project: what is made, what is refused, what is only said."""

import json

import numpy as np
import pystac
import pytest

from lulc_assets.core.change.dates import day_number
from lulc_assets.core.change.grades import Grade
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.maps import make_annual_map
from lulc_assets_tests.steps.predicted_year import TILE, commit_scenes, open_project
from lulc_assets_tests.steps.two_years import (
    BARE,
    CLEARED,
    FORMER,
    KEY,
    TREES,
    YEAR,
    commit_evidence,
    scenes_of,
    two_years,
)


def test_a_clearing_is_a_sustained_change_with_its_date_layers_and_story(tmp_path):
    work = two_years(tmp_path)
    record = make_change_map(work, KEY)
    layers = {
        name: read_raster(work.open(record, f"{name}.tif"))
        for name in ("from_to", "grade", "changed_on", "forest_loss", "permanent_water")
    }
    changed = np.zeros(layers["grade"].shape, bool)
    changed[CLEARED] = True
    assert set(layers["grade"][changed]) == {Grade.SUSTAINED}
    assert not layers["grade"][~changed].any()
    assert set(layers["from_to"][changed]) == {100 * TREES + BARE}
    assert set(layers["changed_on"][changed]) == {day_number("2022-05-10")}
    assert np.array_equal(layers["forest_loss"] > 0, changed)
    properties = record.properties
    assert properties.transitions[0].pixels["sustained"] == changed.sum()
    assert properties.stories["forest_loss"]["sustained"] == changed.sum()
    assert properties.matrix["trees"]["bare_ground"] == properties.differing_pixels
    assert properties.dates == (12, 12)
    assert {"change.png", "transitions.png"} <= set(record.files)
    item = pystac.Item.from_dict(json.loads(work.open(record, "item.json").read_bytes()))
    assert item.assets["from_to"].extra_fields["data_type"] == "uint16"
    assert [c["name"] for c in item.assets["grade"].extra_fields["classification:classes"]][:3] == [
        "none", "sustained", "recent"
    ]  # fmt: skip
    assert make_change_map(work, KEY) == record


def test_a_year_without_a_previous_map_says_so_and_has_no_file(tmp_path):
    work = open_project(tmp_path)
    commit_scenes(work, scenes_of(tmp_path, YEAR), YEAR)
    make_annual_map(work, KEY)
    commit_evidence(work)
    record = make_change_map(work, KEY)
    assert record.properties.reason == f"no baseline: {TILE} is not mapped in {FORMER}"
    assert not record.files
    first = TileYear(TILE, 2015)
    commit_scenes(work, [], 2015)
    make_annual_map(work, first)
    assert "no baseline" in make_change_map(work, first).properties.reason


def test_years_of_two_bundles_are_refused_until_one_is_mapped_again(tmp_path):
    work = two_years(tmp_path)
    commit_scenes(work, scenes_of(tmp_path, FORMER), FORMER, "another")
    make_annual_map(work, KEY.former)
    with pytest.raises(
        InvalidProduct, match=r"2021 and 2022 were mapped differently \(bundle: 'ano"
    ):
        make_change_map(work, KEY)
    commit_scenes(work, scenes_of(tmp_path, FORMER), FORMER)
    make_annual_map(work, KEY.former)
    assert make_change_map(work, KEY).properties.grades["sustained"]


def test_evidence_of_another_bundle_is_refused(tmp_path):
    work = two_years(tmp_path)
    commit_evidence(work, "another")
    with pytest.raises(InvalidProduct, match="evidence of change is of bundle another"):
        make_change_map(work, KEY)


def test_years_of_other_weights_are_refused_by_name(tmp_path):
    two_years(tmp_path)
    work = open_project(
        tmp_path, '\n[composite]\nseasons = "quarters"\n[composite.weights_256]\ngrass = 256\n'
    )
    make_annual_map(work, KEY)
    with pytest.raises(InvalidProduct, match="weights and rule of the vote"):
        make_change_map(work, KEY)


def test_two_clear_dates_are_insufficient_everywhere(tmp_path):
    work = two_years(tmp_path)
    commit_scenes(work, scenes_of(tmp_path, YEAR, 1, months=(5, 6)), YEAR)
    make_annual_map(work, KEY)
    grades = make_change_map(work, KEY).properties.grades
    assert grades["insufficient"] == 12 * 14
    assert grades["sustained"] == grades["recent"] == grades["flicker"] == 0
