"""``lulc accuracy emissions``, ``change-map`` and change a year and by zone."""

import json
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.core.sampling.sample import ReferenceSample, write_sample
from lulc_assets_tests.core.sampling.map_files import write_map
from lulc_assets_tests.core.sampling.samples import random_sample, small_grid

YEARS = (2015, 2020, 2022)
SIDE = 100
HECTARES = SIDE**2 / 100


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Trees of which 10 % are gone after five years and 6 % more after two; samples of them."""
    folder = tmp_path_factory.mktemp("change")
    grid = small_grid(SIDE, SIDE)
    truth = [np.full((SIDE, SIDE), 2, np.uint8) for _ in YEARS]
    truth[1][:10] = truth[2][:10] = 5
    truth[2][10:16] = 8
    for name, seed in (("panel", 1), ("other", 9)):
        for year, codes in zip(YEARS, truth, strict=True):
            sample = random_sample(grid, codes, 600, seed=seed, year=year)
            write_sample(folder / f"{name}{year}.parquet", sample)
    for year, codes in zip(YEARS, truth, strict=True):
        write_map(folder / f"{year}.tif", codes, grid)
    shapes = [shapely.box(*bounds) for bounds in _halves(grid)]
    zones = geopandas.GeoDataFrame({"name": ["north", "south"]}, geometry=shapes, crs=grid.epsg)
    zones.to_file(folder / "zones.gpkg", engine="pyogrio")
    return folder


def _halves(grid):
    left, bottom, right, top = grid.bounds
    middle = (bottom + top) / 2
    return (left, middle, right, top), (left, bottom, right, middle)


def accuracy(*arguments):
    return CliRunner().invoke(app, ["accuracy", *map(str, arguments)])


def emissions(world, *options, monitoring="panel"):
    pairs = [("--reference", f"panel{year}") for year in YEARS[:2]]
    pairs += [("--monitoring", f"{monitoring}{year}") for year in YEARS[1:]]
    files = [word for option, name in pairs for word in (option, world / f"{name}.parquet")]
    more = ["--map", world / "2015.tif", "--loss-of", "trees", "--factor", 350]
    return accuracy("emissions", *files, *more, "--format", "json", *options)


def test_loss_a_year_over_unequal_periods_and_what_it_emits(world):
    result = emissions(world, "--factor-se", 35)

    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["level"], found["panel"]) == (0.9, True)
    loss = found["loss_ha_a_year"]
    for key, truth in {"reference": 2.0, "monitoring": 3.0, "reduction": -1.0}.items():
        assert loss[key]["ci90_low"] < truth < loss[key]["ci90_high"]
        assert abs(loss[key]["estimate"] - truth) < 0.9
    drawn, plain = found["t_co2e_a_year"], found["t_co2e_a_year_propagated"]
    for key in loss:
        assert drawn[key]["estimate"] == pytest.approx(350 * loss[key]["estimate"])
        se = np.hypot(350 * loss[key]["se"], 35 * loss[key]["estimate"])
        assert plain[key]["se"] == pytest.approx(se)
        assert drawn[key]["se"] == pytest.approx(plain[key]["se"], rel=0.12)


def test_two_independent_samples_add_their_errors_and_a_panel_shares_them(world):
    panel, two = (
        json.loads(emissions(world, monitoring=name).stdout)["loss_ha_a_year"]
        for name in ("panel", "other")
    )

    assert two["reduction"]["se"] == pytest.approx(
        np.hypot(two["reference"]["se"], two["monitoring"]["se"])
    )
    assert panel["reduction"]["se"] != pytest.approx(
        np.hypot(panel["reference"]["se"], panel["monitoring"]["se"]), rel=1e-3
    )


def test_exported_draws_have_the_quantiles_that_were_printed(world, tmp_path):
    path = tmp_path / "draws.csv"

    found = json.loads(emissions(world, "--factor-se", 60, "--draws", path).stdout)

    draws = pd.read_csv(path)
    assert len(draws) == 10_000
    for key, figure in found["t_co2e_a_year"].items():
        ends = np.quantile(draws[f"{key}_t_per_year"], [0.05, 0.95])
        assert [figure["ci90_low"], figure["ci90_high"]] == pytest.approx(ends, rel=1e-6)
    again = emissions(world, "--factor-se", 60)
    assert json.loads(again.stdout) == found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--years", "5", "--years", "0"], "0 years; a period ends after its start"),
        (["--years", "5"], "1 lengths of periods"),
        (["--factor", "-3"], "tonnes CO2e per hectare above 0"),
        (["--loss-of", "lava"], "class 'lava' is not in legend"),
        (["--level", "1"], "between 0 and 1"),
        (["--level", "0"], "between 0 and 1"),
    ],
)
def test_what_gives_no_emissions_is_refused(world, options, message):
    result = emissions(world, *options)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_a_change_map_is_judged_in_one_command(world):
    files = ["--before", world / "panel2015.parquet", "--after", world / "panel2022.parquet"]
    maps = ["--map-before", world / "2015.tif", "--map-after", world / "2020.tif"]

    result = accuracy("change-map", *files, *maps, "--of", "trees", "--format", "json")

    assert result.exit_code == 0, result.stderr
    loss = json.loads(result.stdout)["classes"]["loss"]
    assert loss["users"]["estimate"] == 1.0
    assert loss["producers"]["estimate"] == pytest.approx(10 / 16, abs=0.1)
    assert loss["area_ha"]["estimate"] == pytest.approx(0.16 * HECTARES, rel=0.25)


def test_change_is_given_a_year_and_by_zone(world):
    files = ["--before", world / "panel2015.parquet", "--after", world / "panel2020.parquet"]
    files += ["--map", world / "2015.tif"]

    region, zones = (
        json.loads(accuracy("change", *files, *more, "--format", "json").stdout)
        for more in (["--per-year"], ["--zones", world / "zones.gpkg"])
    )

    assert region["loss of trees"]["estimate"] == pytest.approx(0.1 * HECTARES / 5, rel=0.4)
    north, south = zones["zones"]["north"], zones["zones"]["south"]
    assert zones["region"]["loss of trees"]["estimate"] == pytest.approx(
        5 * region["loss of trees"]["estimate"]
    )
    assert north["loss of trees"]["estimate"] == pytest.approx(0.1 * HECTARES, rel=0.4)
    assert "loss of trees" not in south
    assert south["all change"]["ci95_high"] > 0


def with_answers(folder, definition="30 % cover", stray=False):
    """Samples of 2015 and 2020 that say what forest is and why it was lost; their files."""
    asked = {
        "definitions": {"trees": definition},
        "minimum_mapping_unit_ha": 0.5,
        "drivers": {"of": "trees", "names": ["fire", "logging", "mining"]},
    }
    grid = small_grid(SIDE, SIDE)
    truth = np.full((SIDE, SIDE), 2, np.uint8)
    files = []
    for year in YEARS[:2]:
        sample = random_sample(grid, truth, 600, seed=1, year=year)
        design = replace(sample.design, response=ResponseDesign.from_dict(asked))
        driver = np.full(len(sample.units), "", dtype=object)
        if year == YEARS[1]:
            lost = np.flatnonzero(sample.units["class_code"] == 5)
            driver[lost[::3]], driver[lost[1::3]] = "fire", "logging"
            if stray:
                driver[np.flatnonzero(sample.units["class_code"] == 2)[0]] = "fire"
        units = sample.units.assign(driver=driver)
        files.append(write_sample(folder / f"asked{year}.parquet", ReferenceSample(units, design)))
        truth[:10] = 5
    return files


def asked_emissions(world, reference):
    files = [word for path in reference for word in ("--reference", path)]
    files += [word for y in YEARS[1:] for word in ("--monitoring", world / f"other{y}.parquet")]
    more = ["--map", world / "2015.tif", "--loss-of", "trees", "--factor", 350]
    return accuracy("emissions", *files, *more, "--format", "json")


def test_loss_is_reported_by_driver_with_intervals_and_the_definition(world, tmp_path):
    files = with_answers(tmp_path)

    result = asked_emissions(world, files)

    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["response"]["definitions"] == {"trees": "30 % cover"}
    rows = found["loss_ha_a_year_by_driver"]["reference"]
    assert list(rows) == ["fire", "logging", "mining", "not named"]
    total = found["loss_ha_a_year"]["reference"]["estimate"]
    assert sum(one["estimate"] for one in rows.values()) == pytest.approx(total)
    assert rows["mining"]["estimate"] == 0.0 < rows["mining"]["ci90_high"]
    assert rows["fire"]["ci90_low"] < 2.0 / 3 < rows["fire"]["ci90_high"]

    options = ["--before", files[0], "--after", files[1], "--map", world / "2015.tif"]
    change = accuracy("change", *options, "--per-year")
    assert change.exit_code == 0, change.stderr
    assert f"loss of trees by fire: {rows['fire']['estimate']:.1f} ha a year [" in change.stdout
    assert "Definition of trees: 30 % cover." in change.stdout
    assert "Minimum mapping unit: 0.5 ha." in change.stdout


def test_a_driver_without_loss_and_two_definitions_are_refused(world, tmp_path):
    stray = asked_emissions(world, with_answers(tmp_path, stray=True))
    assert stray.exit_code == 1
    assert "lost nothing between the two dates" in " ".join(stray.stderr.split())

    first, _ = with_answers(tmp_path)
    (tmp_path / "b").mkdir()
    _, last = with_answers(tmp_path / "b", definition="10 % cover")
    two = asked_emissions(world, [first, last])
    assert two.exit_code == 1
    assert "'30 % cover' in one interpretation, '10 % cover' in another" in " ".join(
        two.stderr.split()
    )
