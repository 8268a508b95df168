"""Figures of an area of interest: areas and agreement are those of its polygon."""

import geopandas as gpd
import pytest
import shapely

from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.seams import counted_mask
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.report import make_accuracy_area_report, read_report
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets_tests.tiny_project import KEY, REGION_KEY, TILE, open_work


@pytest.fixture
def with_area(copied):
    """A finished project that gets an area: the inner triangle of its tile's window."""
    grid = open_work(copied).grid(TILE)
    left, bottom, right, top = grid.bounds
    area = shapely.Polygon([(left + 300, bottom), (right - 300, bottom), (left + 300, top)])
    frame = gpd.GeoDataFrame(geometry=[area], crs=f"EPSG:{grid.epsg}")
    frame.to_crs(4326).to_file(copied.parent / "area.geojson", driver="GeoJSON")
    text = copied.read_text("utf-8")
    copied.write_text(text.replace("pages =", 'aoi = "area.geojson"\npages =', 1), "utf-8")
    return open_work(copied), area


def test_areas_are_those_of_the_polygon(with_area):
    work, area = with_area
    grid = work.grid(TILE)
    report = read_report(work, make_accuracy_area_report(work, KEY))
    mask = counted_mask(TILE, {TILE: grid}, work.area)
    assert report.total_area_ha == pytest.approx(float(pixel_areas_ha(grid)[mask].sum()))
    assert report.total_area_ha == pytest.approx(area.area / 1e4, rel=0.01)
    region = read_report(work, make_region_report(work, REGION_KEY))
    assert region.total_area_ha == pytest.approx(report.total_area_ha)


def test_units_outside_the_polygon_judge_nothing(with_area):
    work, area = with_area
    make_reference_sample(work, REGION_KEY)
    inside = read_report(work, make_accuracy_area_report(work, KEY)).n_units
    assert 0 < inside < 300 * 1.2 * area.area / (2560.0**2)


def test_another_polygon_is_another_report(with_area):
    work, _ = with_area
    first = make_accuracy_area_report(work, KEY)
    path = work.project.folder / "area.geojson"
    frame = gpd.read_file(path)
    frame.geometry = frame.geometry.to_crs(32633).buffer(-100).to_crs(4326)
    frame.to_file(path, driver="GeoJSON")
    again = open_work(work.project.folder / "project.toml")
    second = make_accuracy_area_report(again, KEY)
    assert second.digest != first.digest
    assert read_report(again, second).total_area_ha < read_report(work, first).total_area_ha
