import json
from dataclasses import replace

import geopandas
import numpy as np
import pytest
from shapely import box
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.project import load_project
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map, predicted_scenes
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_PREDICTIONS
from lulc_assets.steps.weights import fit_project_weights
from lulc_assets_tests.core.compositing.scenes import write_prediction
from lulc_assets_tests.steps.predicted_year import KEY, TILE, YEAR, commit_scenes, open_project

QUARTERS = '\n[composite]\nseasons = "quarters"\n'


def make_world(tmp_path, sections=""):
    """Stripes of grass and crops; grass is seen as crops on half of its dates.

    Gold windows of 5 × 5 pixels lie on both.
    """
    work = open_project(tmp_path, sections)
    grid, rng = work.grid(TILE), np.random.default_rng(1)
    truth = np.where(np.arange(40) % 10 < 5, 3, 5) * np.ones((24, 1), int)
    scenes = []
    for month in (2, 4, 6, 7, 8, 11):
        confused = (truth == 3) & (rng.random(grid.shape) < 0.62)
        scenes.append(
            write_prediction(
                tmp_path / "scenes", f"s{month}", np.where(confused, 5, truth),
                rng.integers(150, 250, grid.shape), grid=grid, date=f"{YEAR}-{month:02d}-01",
            )
        )  # fmt: skip
    rows = []
    for number in range(16):
        row, col = 5 * (number // 8), 5 * (number % 8)
        left, top = grid.x0 + 10 * col, grid.y0 - 10 * row
        name = "grass" if truth[row, col] == 3 else "crops"
        rows.append({"class": name, "role": "gold", "window_id": f"w{number // 2}",
                     "geometry": box(left, top - 50, left + 50, top)})  # fmt: skip
    geopandas.GeoDataFrame(rows, crs=f"EPSG:{grid.epsg}").to_file(
        tmp_path / "labels.gpkg", engine="pyogrio"
    )
    commit_scenes(work, scenes)
    make_annual_map(work, KEY)
    make_reference_labels(work, KEY)
    return work, truth


def lulc(tmp_path, *options):
    arguments = ["weights", "fit", "--project", str(tmp_path / "project.toml"), *options]
    return CliRunner().invoke(app, arguments)


def test_weights_are_fitted_on_gold_windows_and_the_lines_can_be_used(tmp_path):
    work, truth = make_world(tmp_path)
    first = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))

    result = lulc(tmp_path)

    assert result.exit_code == 0, result.stderr
    assert "400 gold pixels in 8 windows" in result.stdout
    lines = result.stdout[result.stdout.index("[composite.") :]
    (tmp_path / "project.toml").write_text((tmp_path / "project.toml").read_text() + "\n" + lines)
    project = load_project(tmp_path / "project.toml")
    assert project.composite.weights_256["grass"] > 320
    work = open_project(tmp_path, "\n" + lines)
    second = read_raster(work.open(make_annual_map(work, KEY), "class.tif"))
    assert (second == truth).mean() > (first == truth).mean()


def test_a_window_of_two_years_is_left_out_as_one(tmp_path):
    work, _ = make_world(tmp_path)
    scenes = predicted_scenes(work, work.read(SCENE_PREDICTIONS, KEY).properties.scenes)
    commit_scenes(work, [replace(s, date="2021-07-01") for s in scenes], year=2021)
    make_annual_map(work, TileYear(TILE, 2021))
    make_reference_labels(work, TileYear(TILE, 2021))
    found = fit_project_weights(work, [(TILE, YEAR), (TILE, 2021)]).fit
    assert (found.pixels, found.windows) == (800, 8)


def test_json_tells_what_it_is_worth_and_what_would_change(tmp_path):
    make_world(tmp_path)
    found = json.loads(lulc(tmp_path, "--json", "--map", f"{TILE}/{YEAR}").stdout)
    assert found["agreement"] > found["agreement_default"]
    assert found["left_out_agreement"] > found["left_out_agreement_default"]
    assert 0 < found["map_changed_share"] < 1
    assert not found["keeps_defaults"]


def test_weights_by_season_are_printed_by_season(tmp_path):
    make_world(tmp_path, QUARTERS)
    result = lulc(tmp_path, "--by-season")
    assert result.exit_code == 0, result.stderr
    for quarter in ("q1", "q2", "q3", "q4"):
        assert f"[composite.season_weights_256.{quarter}]" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by-season"], "need seasons that cover the year"),
        (["--map", "33TVM-2022"], "write TILE/YEAR"),
        (["--map", "33TVM/2021"], "33TVM/2021 does not exist yet"),
    ],
)
def test_what_cannot_be_fitted_is_refused(tmp_path, options, message):
    open_project(tmp_path)
    result = lulc(tmp_path, *options)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
