"""Tiles come into a project and out of it again, and no absurd key comes in anywhere."""

import json

import dagster as dg
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import InvalidTileKey, InvalidYear
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.partitions import TILE, add_keys
from lulc_assets.project import load_project
from lulc_assets_tests.steps.predicted_year import open_project

ABSURD = ["../../etc", "", "narnia", "33TVM'; drop table runs; --", "9" * 5000, "33TVM\n", "33tvm"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return open_project(tmp_path).project.folder / "project.toml"


@pytest.fixture
def aoi(tmp_path):
    ring = [[14.5, 45.5], [14.6, 45.5], [14.6, 45.6], [14.5, 45.6], [14.5, 45.5]]
    path = tmp_path / "aoi.geojson"
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def call(file, *arguments):
    return CliRunner().invoke(app, ["tiles", *map(str, arguments), "--project", str(file)])


def test_a_tile_is_added_listed_and_removed_and_comments_stay(file):
    file.write_text("# ours\n" + file.read_text())
    before = file.read_text()
    assert "32TNS: added" in call(file, "add", "32TNS").output
    assert "32TNS: there already" in call(file, "add", "32TNS").output
    assert "32TNS" in call(file, "list").output
    assert load_project(file).tiles["32TNS"].window is None
    assert "removed" in call(file, "remove", "32TNS").output
    assert file.read_text().rstrip() == before.rstrip()


def test_an_area_gives_the_tiles_that_own_it_with_their_windows(file, aoi):
    said = call(file, "add", "--aoi", aoi)
    assert said.exit_code == 0, said.output
    project = load_project(file)
    assert "33TVL" in project.tiles and project.tiles["33TVL"].window is not None
    elsewhere = call(file, "add", "60KXF", "--aoi", aoi)
    assert elsewhere.exit_code != 0 and "60KXF" not in file.read_text()


def test_a_tile_that_is_still_used_is_not_removed(file):
    tile = next(iter(load_project(file).tiles))
    before = file.read_text()
    refused = call(file, "remove", tile)
    assert refused.exit_code != 0 and file.read_text() == before


def test_the_last_tile_is_kept_and_a_message_names_the_readers_file(file):
    only = call(file, "remove", "33TVM")
    assert "has no other tile" in " ".join(only.output.split())
    call(file, "add", "32TNS")
    used = call(file, "remove", "33TVM")
    assert used.exit_code == 1
    said = "".join(used.output.split())
    assert "/project.toml" in said and ".part" not in said


@pytest.mark.parametrize("key", ABSURD)
def test_absurd_keys_stay_out_at_every_door(file, key):
    before = file.read_text()
    assert call(file, "add", "--", key).exit_code != 0
    assert file.read_text() == before
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(InvalidTileKey):
            add_keys(instance, TILE, ["33TVM", key])
        assert instance.get_dynamic_partitions(TILE) == []
    for partition in (f"{key}|2023", f"33TVM|{key}"):
        with pytest.raises((InvalidTileKey, InvalidYear)):
            TileYear.of_partition(partition)


def test_tiles_come_into_the_instance_and_out_of_it(file, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    call(file, "add", "32TNS", "32TPS")
    call(file, "remove", "32TPS")
    with dg.DagsterInstance.get() as instance:
        assert list(instance.get_dynamic_partitions(TILE)) == ["32TNS"]


def test_ten_thousand_tiles_are_added_in_calls_of_five_thousand():
    asked = []

    class Instance:
        def add_dynamic_partitions(self, _, keys):
            asked.append(len(keys))

    add_keys(Instance(), TILE, ["33TVM"] * 12_000)
    assert asked == [5_000, 5_000, 2_000]
