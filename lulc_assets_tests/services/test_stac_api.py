"""A real STAC API and a real web server between the catalogue and its readers."""

import json
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes, selected_recipes
from lulc_assets.core.errors import CatalogError, NoScenes
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.simulation.archive.spec import demo_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets_tests.core.catalog.stac_documents import make_item
from lulc_assets_tests.services.conftest import nginx_serving, pypgstac

pytestmark = [pytest.mark.services]

COLLECTION = "sentinel-2-l2a"
GRID = tile_grid("33TVL").cut(Window(5000, 5000, 100, 100))
DAYS = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")
TILES = ("33TVL", "33TVM", "33TWL")


def load(address: str, folder: Path, kind: str, documents: list) -> None:
    path = folder / f"{kind}.ndjson"
    path.write_text("\n".join(json.dumps(document) for document in documents))
    pypgstac("load", address, kind, path, "--method", "upsert")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    spec = demo_spec(size_px=384, years=(2021,), scenes_per_year=8)
    return spec, write_archive(spec, tmp_path_factory.mktemp("demo") / "archive")


@pytest.fixture(scope="module")
def web(archive, tmp_path_factory):
    """The demo's catalogue over nginx."""
    with nginx_serving(archive[1].catalog.parent, tmp_path_factory.mktemp("nginx")) as root:
        yield root


@pytest.fixture(scope="module")
def api(stac_api, pgstac, archive, web, tmp_path_factory):
    """An API with more than a thousand items of 2020, and those of the demo, read over nginx."""
    folder = tmp_path_factory.mktemp("items")
    load(pgstac, folder, "collections", [make_collection()])
    year = [
        make_item(
            str(day).replace("-", ""), tile=tile, href="https://x.blob.core.windows.net/{name}"
        )
        for day in DAYS
        for tile in TILES
    ]
    assert len(year) > 1000
    catalog = archive[1].catalog.parent
    demo = []
    for path in sorted(catalog.rglob("*/*/*/*.json")):
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            place = (path.parent / asset["href"]).resolve().relative_to(catalog.resolve())
            asset["href"] = f"{web}/{place}"
        demo.append({**item, "collection": COLLECTION, "links": []})
    load(pgstac, folder, "items", [*year, *demo])
    return stac_api


def make_collection() -> dict:
    return {
        "type": "Collection", "id": COLLECTION, "stac_version": "1.0.0", "description": "test",
        "license": "proprietary", "links": [],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [["2015-01-01T00:00:00Z", None]]}},
    }  # fmt: skip


def test_a_year_of_more_than_a_thousand_items_is_paged_through(api):
    result = search_scenes(api, "33TVL", 2020, GRID)
    assert len(result.recipes) == len(DAYS)
    assert [recipe.date for recipe in result.recipes] == [str(day) for day in DAYS]
    assert result.elsewhere == len(DAYS) * (len(TILES) - 1)
    assert not result.rejected


def test_the_api_filters_by_place_and_year(api):
    with pytest.raises(NoScenes):
        search_scenes(api, "33TVL", 2019, GRID)
    with pytest.raises(NoScenes):
        search_scenes(api, "10SEG", 2020, tile_grid("10SEG").cut(Window(0, 0, 100, 100)))


def test_a_collection_that_the_api_does_not_have_gives_no_scenes(api):
    with pytest.raises((NoScenes, CatalogError), match="127"):
        search_scenes(api, "33TVL", 2020, GRID, collection="klingon")


def test_the_demo_is_catalogued_and_read_over_the_api_equal_to_the_pixel(api, archive):
    compare(api, archive)


def test_the_demo_is_catalogued_and_read_over_a_static_catalogue_on_the_web(web, archive):
    compare(f"{web}/catalog.json", archive)


def compare(remote: str, archive) -> None:
    spec, paths = archive
    area = spec.tiles[0]
    settings = SelectionSettings()
    tables, blocks = [], []
    for catalog in (remote, str(paths.catalog)):
        found = search_scenes(catalog, area.tile, 2021, area.grid)
        assert not found.rejected
        table = select_scenes(found.recipes, area.grid, settings, found.rejected)
        tables.append(table)
        chosen = selected_recipes(table)[:3]
        blocks.append([read_scene(recipe, area.grid) for recipe in chosen])
        assert chosen[0].bands["red"].href.startswith("http") == (catalog == remote)
    columns = ["scene_id", "clear_pct", "nodata_pct", "selected", "reason"]
    assert tables[0][columns].equals(tables[1][columns])
    assert len(blocks[0]) == 3
    for far, near in zip(*blocks, strict=True):
        np.testing.assert_array_equal(far.reflectance, near.reflectance)
        np.testing.assert_array_equal(far.valid, near.valid)
        np.testing.assert_array_equal(far.scl, near.scl)
