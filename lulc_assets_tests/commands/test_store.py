"""Stores of an earlier format are emptied of records and nothing else."""

import json

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.steps.products import SCENE_PREDICTIONS
from lulc_assets_tests.steps.predicted_year import KEY, commit_scenes, open_project

OLD = {"format_version": 1, "product": "p", "files": {"a.tif": {}, "b.tif": {}}, "properties": {}}


def call(work, *options):
    file = work.project.folder / "project.toml"
    return CliRunner().invoke(app, ["store", "migrate", "--project", str(file), *options])


@pytest.fixture
def work(tmp_path):
    """A store of format 2 with one product."""
    work = open_project(tmp_path)
    commit_scenes(work, [])
    return work


@pytest.fixture
def old(work):
    """A product of format 1 in it, with a file."""
    folder = work.store.root / "annual_map" / "33TVM" / "2022"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(OLD))
    (folder / "class-0123.tif").write_text("content")
    return folder


def test_old_records_are_set_aside_and_files_and_new_records_stay(work, old):
    answer = call(work)
    assert answer.exit_code == 0, answer.output
    assert "annual_map/33TVM/2022: record set aside as former-format-1/" in answer.output
    assert "2 files stay" in answer.output and "1 products are to be made again" in answer.output
    aside = work.store.root / "former-format-1" / "annual_map" / "33TVM" / "2022" / "record.json"
    assert json.loads(aside.read_text()) == OLD
    assert [p.name for p in old.iterdir()] == ["class-0123.tif"]
    assert work.read(SCENE_PREDICTIONS, KEY).properties.scenes == ()
    assert "nothing is to be done" in call(work).output


def test_a_product_is_made_again_after_it(work):
    where = work.store.root / SCENE_PREDICTIONS.at(KEY) / "record.json"
    where.write_text(json.dumps(OLD))
    with pytest.raises(ProductCorrupt, match="lulc store migrate"):
        work.find(SCENE_PREDICTIONS, KEY)
    assert call(work).exit_code == 0
    assert work.find(SCENE_PREDICTIONS, KEY) is None
    commit_scenes(work, [])
    assert work.find(SCENE_PREDICTIONS, KEY) is not None


def test_looking_moves_nothing(work, old):
    assert "would be set aside" in call(work, "--dry-run").output
    assert (old / "record.json").exists()


def test_a_record_that_was_set_aside_before_is_not_overwritten(work, old):
    call(work)
    (old / "record.json").write_text(json.dumps(OLD))
    answer = call(work)
    assert answer.exit_code == 1
    assert (old / "record.json").exists()
