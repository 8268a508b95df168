import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
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


def test_labels_outside_the_tile_are_never_fine(tmp_path: Path):
    path = write(tmp_path, [BOX], ["trees"])
    place = ("--tile", "33TVL", "--window", 0, 0, 400, 400)
    assert run("check", path, *place).exit_code == 0
    done = run("check", path, "--tile", "32TQM", "--window", 0, 0, 100, 100)
    assert done.exit_code == 1
    assert "1 of 1 polygons lie outside the area of 32TQM" in done.output
    assert "Fine" not in done.output


def test_exchanged_coordinates_are_found_out(tmp_path: Path):
    here = gpd.GeoSeries([BOX], crs=32633).to_crs(4326)
    swapped = shapely.transform(here.to_numpy(), lambda xy: xy[:, ::-1])
    path = tmp_path / "wfs.geojson"
    gpd.GeoDataFrame({"class_name": ["trees"]}, geometry=swapped, crs=4326).to_file(path)
    done = run("check", path, "--tile", "33TVL")
    assert done.exit_code == 1
    assert "with x and y exchanged they would lie in it" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--year", 2020), "no label of year 2020; the file has 2021"),
        (("--tile", "33TVM"), "no label of tile 33TVM; the file has 33TVL"),
    ],
)
def test_zero_labels_of_a_year_or_tile_are_no_finding(tmp_path: Path, options, said):
    path = write(tmp_path, [BOX], ["trees"], year=[2021], tile=["T33TVL"])
    done = run("check", path, *options)
    assert done.exit_code == 1
    assert said in done.output


def test_labels_that_hold_no_pixel_are_not_fine(tmp_path: Path):
    done = run(
        "check", write(tmp_path, [shapely.box(400_001, 5e6 + 1, 400_003, 5e6 + 3)], ["trees"])
    )
    assert done.exit_code == 1
    assert "no 10 m pixel is labelled" in done.output


def test_a_raster_is_checked_like_polygons(tmp_path: Path):
    codes = np.zeros((40, 40), np.uint8)
    codes[5:15, 5:15] = 2
    path = tmp_path / "codes.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=40, width=40, count=1, dtype="uint8", crs=32633,
        transform=Affine(10, 0, 400_000, 0, -10, 5_100_000),
    ) as file:  # fmt: skip
        file.write(codes, 1)
    done = run("check", path)
    assert done.exit_code == 0, done.output
    assert "1,600 pixels" in done.output
    assert "trees" in done.output
    elsewhere = ("--tile", "32TQM", "--window", 0, 0, 100, 100)
    done = run("check", path, *elsewhere)
    assert (done.exit_code, "Problem: no label is left" in done.output) == (1, True), done.output


@pytest.mark.parametrize("value", [0, 255], ids=["unlabelled", "no data"])
def test_empty_ground_is_named_and_not_the_schema(tmp_path: Path, value):
    # It said: column label_id, check 'str_length' fails on AttributeError(…).
    path = tmp_path / "codes.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=40, width=40, count=1, dtype="uint8", crs=32633,
        transform=Affine(10, 0, 400_000, 0, -10, 5_100_000), nodata=255,
    ) as file:  # fmt: skip
        file.write(np.full((40, 40), value, np.uint8), 1)
    for source in (path, write(tmp_path, [], [])):
        done = run("check", source)
        assert done.exit_code == 1
        assert "Problem: no label is left" in done.output, done.output
        assert "label_id" not in done.output


def test_names_in_brackets_are_printed_as_they_are(tmp_path: Path):
    crosswalk = tmp_path / "ours.csv"
    crosswalk.write_text("source;title;target;relation\nforest [/dense];wood [dense];trees;exact\n")
    done = run("vocabularies", crosswalk)
    assert done.exit_code == 0, done.output
    assert "forest [/dense]" in done.output
    assert "wood [dense]" in done.output


def test_a_name_of_a_megabyte_is_not_echoed(tmp_path: Path):
    done = run("check", write(tmp_path, [BOX], ["x" * 1_000_000]))
    assert done.exit_code == 1
    assert len(done.output) < 6000
    assert "labels.gpkg" in done.output
    assert "Add an entry" in done.output


def test_a_class_whose_polygons_label_no_pixel_is_never_fine(tmp_path: Path):
    between = [shapely.box(400_001 + x, 5_000_001, 400_002 + x, 5_000_002) for x in (0, 50, 100)]
    path = write(tmp_path, [BOX, *between], ["trees", *["water"] * 3])
    done = run("check", path, "--tile", "33TVL")
    assert done.exit_code == 1, done.output
    assert "Problem: class water: its polygons (3) label no 10 m pixel" in done.output
    assert "draw them larger" in done.output


@pytest.mark.parametrize(
    "flat", [None, shapely.Polygon(), shapely.LineString([(4e5, 5e6)] * 2).buffer(0)]
)
def test_a_class_whose_only_labels_have_no_area_is_a_problem_with_repair_too(tmp_path, flat):
    path = write(tmp_path, [BOX, flat, flat], ["trees", "water", "trees"])
    done = run("check", path, "--repair")
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "Problem: class water: none of its labels has an area (labels-000002); draw one" in said
    assert "class trees: none" not in said


def test_what_repair_did_is_told(tmp_path: Path):
    mixed = shapely.GeometryCollection([BOX, shapely.LineString([(4e5, 5e6), (4e5, 5.1e6)])])
    path = write(tmp_path, [mixed], ["trees"])
    done = run("check", path)
    assert done.exit_code == 1
    assert "GeometryCollection; repair = true (--repair) keeps its polygons" in done.output
    done = run("check", path, "--repair")
    assert done.exit_code == 0
    assert "Note: labels-000001: GeometryCollection, repaired; its area changed by +0.0%" in (
        " ".join(done.output.split())
    )
