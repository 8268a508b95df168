"""A bundle over a new area: a map without labels and without a project."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.aoi import read_area
from lulc_assets.core.area_pixels import inside_mask
from lulc_assets.core.errors import InvalidProject, NoReadableScenes
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.running.map_area import map_area
from lulc_assets.running.map_request import MapRequest, read_season
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work


@pytest.fixture(scope="module")
def place(finished, tmp_path_factory):
    """Bundle, catalogue and an area in the middle of the tiny tile's."""
    folder, work = tmp_path_factory.mktemp("new_area"), open_work(finished)
    bundle = folder / "bundle"
    exported = CliRunner().invoke(app, ["model", "export", str(bundle), "--project", str(finished)])
    assert exported.exit_code == 0, exported.output
    left, bottom, right, top = work.grid(TILE).bounds
    area = shapely.Polygon([(left + 300, bottom + 300), (right - 300, bottom + 300),
                            (left + 300, top - 300)])  # fmt: skip
    path = folder / "valley.geojson"
    frame = gpd.GeoDataFrame(geometry=[area], crs=f"EPSG:{work.grid(TILE).epsg}")
    frame.to_crs(4326).to_file(path, driver="GeoJSON")
    return work, bundle, path, finished.parent / "archive" / "catalog"


@pytest.fixture(scope="module")
def mapped(place):
    _, bundle, area, catalog = place
    out = bundle.parent / "map"
    args = ["map", "--bundle", bundle, "--aoi", area, "--year", YEAR, "--catalog", catalog]
    result = CliRunner().invoke(app, [*map(str, args), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def test_the_map_is_that_of_the_project_inside_the_polygon(place, mapped):
    work, _, area, _ = place
    committed = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))
    with rasterio.open(mapped / "maps" / f"land_cover_{YEAR}.tif") as source:
        found, transform = source.read(1), source.transform
    grid = work.grid(TILE)
    row, col = round((grid.y0 - transform.f) / 10), round((transform.c - grid.x0) / 10)
    same_place = committed[row : row + found.shape[0], col : col + found.shape[1]]
    inside = inside_mask(grid, read_area(area))[row:, col:][: found.shape[0], : found.shape[1]]
    assert (found[~inside] == 0).all()
    assert (found == same_place)[inside].mean() > 0.9


def test_areas_are_there_and_accuracy_is_not(mapped):
    table = pd.read_csv(mapped / "classes.csv", encoding="utf-8-sig")
    assert table["mapped_ha"].sum() == pytest.approx((1960 * 1960 / 2) / 1e4, rel=0.03)
    assert set(table["verdict"]) == {"no_sample"}
    page = (mapped / "index.html").read_text("utf-8")
    assert "accuracy not estimated" in page
    assert not (mapped / ".predictions").exists()
    assert (mapped / "stac" / "catalog.json").is_file()


def test_days_without_a_scene_and_a_year_without_are_named(place, tmp_path):
    _, bundle, area, catalog = place
    request = MapRequest(
        Bundle.load(bundle, None), read_area(area), YEAR, str(catalog / "catalog.json"),
        read_season("01-01:01-02"),
    )  # fmt: skip
    with pytest.raises(NoReadableScenes, match=f"{TILE}.*no scene from"):
        map_area(request, tmp_path)


def test_a_season_takes_its_scenes_only(place, tmp_path):
    _, bundle, area, catalog = place
    args = ["map", "--bundle", bundle, "--aoi", area, "--year", YEAR, "--catalog", catalog,
            "--season", "q3", "--crs", "EPSG:3035", "--out", tmp_path]  # fmt: skip
    result = CliRunner().invoke(app, list(map(str, args)))
    assert result.exit_code == 0, result.output
    with rasterio.open(tmp_path / "maps" / f"observations_{YEAR}_q3.tif") as source:
        assert source.crs.to_epsg() == 3035
        assert 0 < source.read(1).max() < 6
    assert np.isin(read_raster(tmp_path / "maps" / f"land_cover_{YEAR}_q3.tif"), range(11)).all()


@pytest.mark.parametrize("text", ["summer", "06-01:13-01"])
def test_a_season_that_is_none_is_refused(text):
    with pytest.raises(InvalidProject, match=r"06-01:08-31|is not a day"):
        read_season(text)
