"""An export: files with plain names that other programs read."""

import sqlite3
import stat
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pystac
import pytest
import rasterio

from lulc_assets.core.errors import ProductNotFound
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.steps.export import export_project
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR, open_work


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "delivery"
    return open_work(finished), export_project(open_work(finished), folder)


def test_the_map_is_the_committed_one(exported):
    work, folder = exported
    path = folder / "maps" / f"land_cover_{YEAR}.tif"
    committed = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))
    assert np.array_equal(read_raster(path), committed)
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == work.grid(TILE).epsg
        assert source.colormap(1)[1][:3] == work.legend.by_code(1).rgb
    root = ElementTree.parse(path.with_suffix(".qml")).getroot()
    labels = [entry.get("label") for entry in root.iter("paletteEntry")]
    assert labels == [c.title for c in work.legend.classes]


def test_others_may_read_every_file(exported):
    _, folder = exported
    modes = [path.stat().st_mode for path in folder.rglob("*") if path.is_file()]
    assert len(modes) > 10
    assert all(mode & stat.S_IROTH for mode in modes)


def test_tables_say_not_mapped_of_what_was_never_taught(exported):
    work, folder = exported
    table = pd.read_csv(folder / "tables" / "classes.csv", encoding="utf-8-sig")
    taught = set(work.read(ANNUAL_MAP, KEY).properties.taught)
    assert set(table["class_name"]) == {c.name for c in work.legend.land}
    assert (table["state"] == "mapped").tolist() == [n in taught for n in table["class_name"]]
    assert table["mapped_ha"].isna().tolist() == [n not in taught for n in table["class_name"]]
    with sqlite3.connect(folder / "tables.gpkg") as base:
        assert base.execute("select count(*) from classes").fetchone() == (len(table),)
        assert base.execute("select count(*) from area").fetchone() == (1,)


def test_the_catalogue_finds_its_files(exported):
    _, folder = exported
    catalog = pystac.Catalog.from_file(str(folder / "stac" / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert [item.id for item in items] == [f"land_cover-{YEAR}"]
    for asset in items[0].assets.values():
        assert asset.href.startswith("..")
        with rasterio.open(asset.get_absolute_href()) as source:
            assert source.width > 0
    assert (folder / "pages" / "index.html").is_file()


def test_a_project_without_maps_has_nothing_to_export(finished, tmp_path):
    project = open_work(finished).project.model_copy(update={"store": str(tmp_path / "empty")})
    work = Workbench.of(project)
    with pytest.raises(ProductNotFound, match="no map yet"):
        export_project(work, tmp_path / "out")
