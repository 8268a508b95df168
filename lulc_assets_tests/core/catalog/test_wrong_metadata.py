"""Simulated archives whose items lie about the offset; the pixels are what they are."""

import dataclasses
import json

import pytest

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
from lulc_assets.simulation.archive.spec import demo_spec
from lulc_assets.simulation.archive.write import write_archive


def small_spec(**fields):
    spec = demo_spec(size_px=384, years=(2021,), scenes_per_year=6)
    return dataclasses.replace(spec, tiles=spec.tiles[:1], **fields)


def edit_items(archive, change):
    for path in archive.catalog.parent.rglob("*/*/*/*.json"):
        item = json.loads(path.read_text())
        change(item)
        path.write_text(json.dumps(item))


def reasons(spec, archive):
    area = spec.tiles[0]
    found = search_scenes(str(archive.catalog), area.tile, 2021, area.grid)
    table = select_scenes(found.recipes, area.grid, SelectionSettings(), found.rejected)
    return table[table["clear_pct"] > 5]["reason"].tolist()


@pytest.fixture(scope="module")
def earth_search(tmp_path_factory):
    spec = small_spec(dialect="earth_search_v1")
    return spec, write_archive(spec, tmp_path_factory.mktemp("flags") / "archive")


def test_honest_items_are_taken(earth_search):
    found = reasons(*earth_search)
    assert found
    assert all(reason.startswith("selected") for reason in found)


def test_a_wrong_flag_blocks_the_scenes_that_it_would_darken(earth_search):
    def claim_that_the_offset_is_there(item):
        item["properties"]["earthsearch:boa_offset_applied"] = False
        item["properties"]["s2:processing_baseline"] = "05.10"

    edit_items(earth_search[1], claim_that_the_offset_is_there)
    found = reasons(*earth_search)
    assert all(reason.startswith("refused: OffsetContradicted") for reason in found)
    assert all("boa_offset_applied is false" in reason for reason in found)


def test_a_wrong_baseline_blocks_the_scenes_that_it_would_brighten(tmp_path):
    spec = small_spec(old_baseline_every=1000)
    archive = write_archive(spec, tmp_path / "archive")

    def claim_an_old_baseline(item):
        item["properties"]["s2:processing_baseline"] = "02.14"

    edit_items(archive, claim_an_old_baseline)
    found = reasons(spec, archive)
    blocked = [reason for reason in found if reason.startswith("refused: OffsetContradicted")]
    assert len(blocked) >= len(found) - 1  # a scene may show too little water to tell
    assert all("is before 04.00" in reason and "present" in reason for reason in blocked)
