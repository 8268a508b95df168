import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from lulc_assets.cli import app

BOX = shapely.box(400_000, 5_099_900, 400_100, 5_100_000)
runner = CliRunner()


def run(*arguments: object):
    return runner.invoke(app, ["labels", *map(str, arguments)])


def write(tmp_path: Path, geometries, classes, **columns) -> Path:
    path = tmp_path / "labels.gpkg"
    frame = gpd.GeoDataFrame({"class_name": classes, **columns}, geometry=geometries, crs=32633)
    frame.to_file(path)
    return path


def test_a_sound_file_is_fine(tmp_path: Path):
    done = run("check", write(tmp_path, [BOX], ["trees"]))
    assert done.exit_code == 0, done.output
    assert "Fine." in done.output
    assert "trees" in done.output


def test_a_file_that_a_project_would_refuse_exits_with_1_and_says_why(tmp_path: Path):
    bow_tie = shapely.Polygon([(4e5, 5e6), (4e5 + 90, 5e6 + 90), (4e5 + 90, 5e6), (4e5, 5e6 + 90)])
    path = write(tmp_path, [bow_tie], ["trees"])
    done = run("check", path)
    assert done.exit_code == 1
    assert "Problem: labels-000001: Self-intersection" in done.output
    assert run("check", path, "--repair").exit_code == 0


def test_a_leak_and_disagreement_are_shown(tmp_path: Path):
    half = shapely.box(400_000, 5_099_900, 400_050, 5_100_000)
    path = write(
        tmp_path,
        [BOX, BOX, half],
        ["trees", "grass", "trees"],
        role=["gold", "gold", "train"],
        who=["a", "b", "c"],
        window_id=["w", "w", ""],
    )
    done = run("check", path, "--role-column", "role", "--annotator-column", "who", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert "50 training pixels lie under gold" in said["problems"][0]
    assert said["gold_standard"]["pairwise"][0]["agreement"] == 0
    assert said["gold_standard"]["dropped_share_by_class"] == {"trees": 1.0, "grass": 1.0}


def test_an_unknown_class_is_one_clear_line(tmp_path: Path):
    done = run("check", write(tmp_path, [BOX], ["lava"]))
    assert done.exit_code == 1
    assert "UnknownClass" in done.output
    assert "'lava'" in done.output


def test_the_real_azerbaijani_labels_are_checked(real_data: Path):
    path = real_data / "labels_azerbaijan" / "test_area_lulc.geojson"
    options = ("--class-column", "LULC_ID", "--crosswalk", "slovenian-lulc", "--json")
    done = run("check", path, *options)
    said = json.loads(done.stdout)
    assert done.exit_code == 1
    assert len(said["problems"]) == 5
    assert said["reading"]["found"] == 1704
    assert sum(row["polygons"] for row in said["summary"]) == 1704 - 346
    assert said["burnt"][0]["vanished"] >= 0
    assert "346 polygons have no class of ours" in said["notes"][0]


def test_a_campaign_is_drawn_and_its_file_can_be_checked(tmp_path: Path):
    out = tmp_path / "campaign.gpkg"
    options = ("--window", 0, 0, 512, 512, "--window-m", 640, "--seed", 1, "--out", out)
    done = run("campaign", "--tile", "33TVM", "--windows", 10, *options)
    assert done.exit_code == 0, done.output
    assert "10 windows" in done.output
    windows = gpd.read_file(out, layer="windows")
    drawn = windows.assign(class_name="trees", annotator="anna")[
        ["window_id", "class_name", "role", "annotator", "geometry"]
    ]
    drawn.to_file(out, layer="drawings", driver="GPKG")
    checked = run("check", out, "--layer", "drawings", "--role-column", "role")
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("arguments", [(), ("--tile", "33TVM", "--map", "m.tif")])
def test_a_campaign_needs_a_tile_or_a_map(tmp_path: Path, arguments):
    done = run("campaign", "--windows", 3, "--out", tmp_path / "c.gpkg", *arguments)
    assert done.exit_code == 2


def test_vocabularies_are_listed_and_shown():
    assert "worldcover" in run("vocabularies").output
    shown = run("vocabularies", "io-9").output
    assert "rangeland" in shown
    assert "unlabelled" in shown
