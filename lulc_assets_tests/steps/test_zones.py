"""Districts of a project: in the report of a region, on its page, in files for a GIS."""

import base64
import io
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from lulc_assets.core.accuracy.zone_table import ZoneTable
from lulc_assets.core.errors import InvalidZones
from lulc_assets.core.exporting.zones import zone_package
from lulc_assets.core.grid import pixel_areas_ha
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import RegionYear
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.zones import read_zone_shapes, read_zone_table
from lulc_assets_tests.steps.two_years import BARE, KEY, TREES, two_years

REGION = RegionYear("here", KEY.year)
NASTY = '<script>alert("x")</script> & sons'
SECTIONS = f"""
[regions.here]
tiles = ["{KEY.tile}"]

[zones]
path = "districts.gpkg"
name = "district"
"""


def write_districts(work, names, shift_m=0.0):
    """Halves of the map, west and east, the eastern one reaching beyond it."""
    left, bottom, right, top = work.grid(KEY.tile).bounds
    middle = (left + right) / 2
    shapes = [box(left, bottom, middle, top), box(middle, bottom, right + 500, top)]
    frame = gpd.GeoDataFrame({"district": names}, geometry=shapes, crs=work.grid(KEY.tile).epsg)
    frame.geometry = frame.translate(shift_m)
    frame.to_file(work.project.path_of("districts.gpkg"), engine="pyogrio")


@pytest.fixture
def work(tmp_path):
    place = two_years(tmp_path, SECTIONS)
    write_districts(place, ["West", NASTY])
    return place


def test_a_region_reports_the_areas_of_its_districts(work):
    record = make_region_report(work, REGION)

    table = read_zone_table(work, record)
    classes = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))
    areas = pixel_areas_ha(work.grid(KEY.tile))
    half = classes.shape[1] // 2
    for one, columns in zip(table.areas, (np.s_[:, :half], np.s_[:, half:]), strict=True):
        for code in (TREES, BARE):
            name = work.legend.by_code(code).name
            (found,) = (c for c in one.report.classes if c.name == name)
            wanted = areas[columns][classes[columns] == code].sum()
            assert found.mapped_area_ha == pytest.approx(wanted)
    assert [one.zone for one in table.areas] == ["West", NASTY]
    assert any("lies on the maps" in note for note in table.notes)
    assert list(read_zone_shapes(work, record)["zone"]) == ["West", NASTY]
    assert ZoneTable.from_dict(table.to_dict()).to_dict() == table.to_dict()


def test_other_districts_make_another_report_and_the_same_ones_none(work):
    first = make_region_report(work, REGION)
    assert make_region_report(work, REGION) == first

    write_districts(work, ["West", "East"])
    assert make_region_report(work, REGION).digest != first.digest


def test_districts_elsewhere_are_not_reported_and_a_damaged_file_is_refused(work):
    write_districts(work, ["West", "East"], shift_m=50_000)
    assert "zones.json" not in make_region_report(work, REGION).files

    write_districts(work, ["West", "West"])
    with pytest.raises(InvalidZones, match="'West' occurs more than once"):
        make_region_report(work, REGION)


def test_the_page_shows_districts_and_gives_them_as_csv_and_geopackage(work, tmp_path):
    make_region_report(work, REGION)
    make_report_pages(work, tmp_path / "pages", [KEY], [REGION])

    text = (tmp_path / "pages" / f"region_here_{KEY.year}.html").read_text()
    assert "By district" in text
    assert "<script>alert" not in text
    files = dict(
        re.findall(r'href="data:([\w./+-]+);base64,[^"]*" download="(districts_[^"]*)"', text)
    )
    assert set(files.values()) == {f"districts_here_{KEY.year}.{kind}" for kind in ("csv", "gpkg")}
    data = re.search(r'href="data:text/csv;base64,([^"]*)" download="districts', text).group(1)
    rows = pd.read_csv(io.BytesIO(base64.b64decode(data)), encoding="utf-8-sig")
    assert set(rows["zone"]) == {"West", NASTY}
    assert rows["mapped_ha"].sum() == pytest.approx(9.6, rel=2e-3)


def test_a_geopackage_has_the_figures_of_the_table_and_the_same_bytes_again(work, tmp_path):
    record = make_region_report(work, REGION)
    table, shapes = read_zone_table(work, record), read_zone_shapes(work, record)

    data = zone_package(shapes, table)

    assert zone_package(shapes, table) == data
    path = tmp_path / "zones.gpkg"
    path.write_bytes(data)
    found = gpd.read_file(path, layer="zones")
    assert list(found["zone"]) == ["West", NASTY]
    trees = [
        next(c.mapped_area_ha for c in one.report.classes if c.name == "trees")
        for one in table.areas
    ]
    assert found["trees_mapped_ha"].tolist() == pytest.approx(trees)
    assert len(gpd.read_file(path, layer="areas")) == sum(
        sum(c.mapped_area_ha > 0 for c in one.report.classes) for one in table.areas
    )
