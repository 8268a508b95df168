"""A scene that answered is not opened again when another one comes."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from lulc_assets.core.catalog import selection
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets_tests.tiny_project import KEY, make_tiny_project, open_work


@pytest.fixture
def work(tmp_path):
    return open_work(make_tiny_project(tmp_path / "project"))


@pytest.fixture
def asked(monkeypatch):
    """Ids of the scenes whose files were asked, by question."""
    found = {"look_at": [], "check_scene": []}
    for name, ids in found.items():
        ask = getattr(selection, name)

        def listening(recipe, ask=ask, ids=ids, **options):
            ids.append(recipe.id)
            return ask(recipe, **options)

        monkeypatch.setattr(selection, name, listening)
    return found


def table_of(work):
    record = make_scene_catalog(work, KEY)
    return record, pd.read_parquet(work.open(record, "candidates.parquet"))


def test_one_new_scene_is_the_only_one_that_is_opened(work, asked):
    catalog = work.project.folder / "archive/catalog/catalog.json"
    whole = json.loads(catalog.read_text())
    links = [link for link in whole["links"] if link["rel"] == "item"]
    catalog.write_text(json.dumps({**whole, "links": links[:-1]}))
    former, _ = table_of(work)
    assert len(asked["look_at"]) == len(links) - 1 and asked["check_scene"]
    for ids in asked.values():
        ids.clear()

    catalog.write_text(json.dumps(whole))
    record, table = table_of(work)
    (new,) = {s.id for s in record.properties.scenes} - {s.id for s in former.properties.scenes}
    assert asked["look_at"] == [new]
    assert set(asked["check_scene"]) <= {new}

    shutil.rmtree(work.store.root)
    anew, fresh = table_of(open_work(work.project.folder / "project.toml"))
    pd.testing.assert_frame_equal(table, fresh)
    assert anew.digest == record.digest


def test_a_scene_that_was_processed_again_is_asked_again(work, asked):
    make_scene_catalog(work, KEY)
    first = len(asked["look_at"])
    catalog = work.project.folder / "archive/catalog"
    item = sorted(catalog.rglob("*/*/*/*.json"))[0]
    text = json.loads(item.read_text())
    assert "s2:generation_time" in text["properties"]
    text["properties"]["s2:generation_time"] = "2025-01-01T00:00:00Z"
    item.write_text(json.dumps(text))
    make_scene_catalog(work, KEY)
    assert asked["look_at"][first:] == [text["id"]]


def test_another_lattice_asks_again(work, asked):
    make_scene_catalog(work, KEY)
    first = len(asked["look_at"])
    coarse = work.project.selection
    project = work.project.model_copy(update={"selection": replace(coarse, lattice_px=64)})
    make_scene_catalog(replace(work, project=project), KEY)
    assert len(asked["look_at"]) == 2 * first
