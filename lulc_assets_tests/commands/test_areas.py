import csv
import io
import json

import geopandas
import pytest
from shapely import box
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.sampling.sample import write_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, with_errors


@pytest.fixture
def world(tmp_path):
    """A map with errors, a sample of the truth and two districts."""
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=200, holes=False)
    shown = with_errors(truth, 0.2, [1, 2, 5, 7])
    write_map(tmp_path / "map.tif", shown, grid)
    write_sample(tmp_path / "sample.parquet", random_sample(grid, truth, 400))
    left, bottom, right, top = grid.bounds
    middle = (left + right) / 2
    frame = geopandas.GeoDataFrame(
        {"district": ["West", "Ost"]},
        geometry=[box(left, bottom, middle, top), box(middle, bottom, right, top)],
        crs=f"EPSG:{grid.epsg}",
    )
    frame.to_file(tmp_path / "districts.gpkg", engine="pyogrio")
    write_map(tmp_path / "flood.tif", (truth == 1).astype("uint8"), grid)
    return tmp_path


def lulc(world, *options):
    files = ["--map", world / "map.tif", "--zones", world / "districts.gpkg", "--name", "district"]
    return CliRunner().invoke(app, ["areas", *map(str, files), *map(str, options)])


def test_mapped_areas_by_district(world):
    result = lulc(world, "--format", "json")

    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert {row["zone"] for row in rows} == {"West", "Ost"}
    assert sum(row["mapped_ha"] for row in rows) == pytest.approx(400, rel=2e-3)
    assert all(row["estimated_ha"] is None for row in rows)


def test_estimates_come_with_intervals_as_csv(world):
    result = lulc(world, "--format", "csv", "--sample", world / "sample.parquet")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["verdict"] for row in rows} == {"estimated"}
    for row in rows:
        low, value, high = (float(row[f"{k}_ha"]) for k in ("ci95_low", "estimated", "ci95_high"))
        assert low <= value <= high
        assert low < high


def test_a_flood_crosses_the_districts(world):
    result = lulc(world, "--format", "json", "--cross", world / "flood.tif")

    rows = json.loads(result.stdout)
    assert {row["cross"] for row in rows} == {0, 1}
    assert sum(row["mapped_ha"] for row in rows) == pytest.approx(400, rel=2e-3)


def test_the_table_is_for_people_and_reasons_go_to_stderr(world):
    result = lulc(world, "--sample", world / "sample.parquet", "--cross", world / "flood.tif")

    assert "Areas in hectares" in result.stdout
    assert "crops" in result.stdout
    assert "Warning:" in result.stderr


def test_a_sample_of_another_year_is_refused(world):
    result = lulc(world, "--sample", world / "sample.parquet", "--year", 2020)

    assert result.exit_code == 1
    assert "the sample describes 2023, the map 2020" in result.stderr


def test_the_same_tile_twice_is_refused(world):
    tile = f"33TVL={world / 'map.tif'}"
    options = ["--map", tile, "--map", tile, "--zones", world / "districts.gpkg"]
    result = CliRunner().invoke(app, ["areas", *map(str, options)])

    assert result.exit_code == 1
    assert "tile 33TVL is given twice" in result.stderr


def test_estimates_that_the_map_assists_stand_beside_the_design_based_ones(world):
    sample = ("--sample", world / "sample.parquet")
    plain = json.loads(lulc(world, "--format", "json", *sample).stdout)

    result = lulc(world, "--format", "json", *sample, "--assisted")

    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["estimated_ha"] for row in rows] == [row["estimated_ha"] for row in plain]
    for row in rows:
        for kind in ("assisted", "model"):
            low, value, high = (row[f"{kind}{end}_ha"] for end in ("_low", "", "_high"))
            assert low <= value <= high
    assert sum(row["assisted_ha"] for row in rows) == pytest.approx(400, rel=0.02)
    assert "model-based" in result.stderr
    assert "model-assisted" in result.stderr


def test_a_level_names_the_ends_of_its_interval(world):
    sample = ("--sample", world / "sample.parquet")

    row = json.loads(lulc(world, "--format", "json", *sample, "--level", "0.9").stdout)[0]

    assert row["ci90_low_ha"] < row["estimated_ha"] < row["ci90_high_ha"]
    assert "90 % interval" in lulc(world, *sample, "--level", "0.9").stdout


def test_assistance_without_a_sample_is_refused(world):
    result = lulc(world, "--assisted")

    assert result.exit_code == 1
    assert "--assisted needs --sample" in result.stderr


@pytest.fixture
def odd_names(world):
    """Two districts called like a formula and like markup, and one far away."""
    path = world / "districts.gpkg"
    frame = geopandas.read_file(path)
    far = frame.iloc[[0]].assign(geometry=frame.translate(9e5, 0).iloc[[0]].to_numpy())
    frame = geopandas.pd.concat([frame, far], ignore_index=True)
    frame["district"] = ["=HYPERLINK(0)", "Ost [dense]", "far"]
    path.unlink()
    frame.to_file(path, engine="pyogrio")
    return world


def test_a_zone_called_like_a_formula_is_text_in_the_csv(odd_names):
    result = lulc(odd_names, "--format", "csv")

    zones = {row["zone"] for row in csv.DictReader(io.StringIO(result.stdout))}
    assert zones == {"'=HYPERLINK(0)", "Ost [dense]"}


def test_a_zone_called_like_markup_is_printed_and_a_far_one_warned_of(odd_names):
    result = lulc(odd_names)

    assert result.exit_code == 0, result.stderr
    assert "Ost [dense]" in result.stdout
    assert "Warning: Zone far lies outside every map" in result.stderr
