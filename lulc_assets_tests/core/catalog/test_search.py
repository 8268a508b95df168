import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from lulc_assets.core.catalog.search import footprint, search_scenes
from lulc_assets.core.errors import CatalogError, InvalidTileKey, InvalidYear, NoScenes
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets_tests.core.catalog.stac_documents import make_item, write_catalog

pytestmark = pytest.mark.loopback

GRID = tile_grid("33TVL").cut(Window(5000, 5000, 100, 100))


def search(catalog, **options):
    return search_scenes(catalog, "33TVL", 2020, GRID, **options)


def test_scenes_of_the_tile_and_year_come_in_order(tmp_path):
    items = [make_item("20200901"), make_item("20200301"), make_item("20200301", tile="33TVM")]
    items += [make_item("20191231"), make_item("20210101")]
    told = []
    result = search(write_catalog(tmp_path, items), progress=lambda *step: told.append(step))
    assert [recipe.date for recipe in result.recipes] == ["2020-03-01", "2020-09-01"]
    assert result.recipes[0].bands["red"].href == str(tmp_path / "item1" / "B04.tif")
    assert not result.rejected
    assert result.elsewhere == 3
    assert len(told) == 5


def test_a_folder_stands_for_its_catalogue(tmp_path):
    write_catalog(tmp_path, [make_item()])
    assert len(search(str(tmp_path)).recipes) == 1


def test_nested_catalogues_are_walked(tmp_path):
    write_catalog(tmp_path / "child", [make_item()])
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "r", "description": "r"}
    root["links"] = [{"rel": "child", "href": "./child/catalog.json"}]
    (tmp_path / "catalog.json").write_text(json.dumps(root))
    assert len(search(str(tmp_path)).recipes) == 1


def test_bad_items_are_rejected_by_name_and_the_rest_goes_on(tmp_path):
    no_band = make_item("20200301")
    del no_band["assets"]["B11"]
    items = [
        no_band,
        make_item("20200302", href="/etc/{name}"),
        make_item("20200303", **{"proj:epsg": 32632}),
        {**make_item("20200304"), "collection": "landsat"},
        "this is not JSON",
        make_item("20200701"),
    ]
    result = search(write_catalog(tmp_path, items))
    assert len(result.recipes) == 1
    reasons = {item.id[:19]: item.reason.split(":")[0] for item in result.rejected}
    assert reasons == {
        "S2A_MSIL2A_20200301": "MissingBand",
        "S2A_MSIL2A_20200302": "HrefRefused",
        "S2A_MSIL2A_20200303": "SceneGridMismatch",
        "S2A_MSIL2A_20200304": "UnknownDialect",
        "./item4/item.json": "IncompleteItem",
    }
    first = next(item for item in result.rejected if "20200301" in item.id)
    assert first.sensed_at is not None


def test_a_link_out_of_the_catalogue_is_not_followed(tmp_path):
    write_catalog(tmp_path / "inside", [])
    (tmp_path / "secret.json").write_text(json.dumps(make_item()))
    root = json.loads((tmp_path / "inside" / "catalog.json").read_text())
    root["links"] = [{"rel": "item", "href": "../secret.json"}]
    (tmp_path / "inside" / "catalog.json").write_text(json.dumps(root))
    result = search(str(tmp_path / "inside"))
    assert [item.reason.split(":")[0] for item in result.rejected] == ["HrefRefused"]


def test_an_item_on_two_pages_counts_once(tmp_path):
    result = search(write_catalog(tmp_path, [make_item(), make_item()]))
    assert len(result.recipes) == 1


def test_no_scene_at_all_names_tile_year_and_catalogue(tmp_path):
    catalog = write_catalog(tmp_path, [make_item(tile="33TVM")])
    with pytest.raises(NoScenes, match=r"catalog\.json.*33TVL in 2020.*1 items of other"):
        search(catalog)


def test_only_rejected_scenes_are_still_a_result(tmp_path):
    result = search(write_catalog(tmp_path, [make_item(**{"eo:cloud_cover": None})]))
    assert not result.recipes
    assert len(result.rejected) == 1


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[1, 2]",
        '{"type": "Topology"}',
        "",
        '{"type": "Catalog", "id": "x", "links": [{"rel": "item"}]}',
        '{"type": "Catalog", "id": "x", "links": "none"}',
        '{"type": "Catalog", "links": []}',
        '{"type": "FeatureCollection", "features": 7}',
        '{"type": "Catalog", "id": "x", "stac_version": [], "links": [3]}',
    ],
)
def test_a_broken_catalogue_is_an_error_that_names_it(tmp_path, text):
    path = tmp_path / "catalog.json"
    path.write_text(text)
    with pytest.raises(CatalogError, match=r"catalog\.json"):
        search(str(path))


def test_a_missing_catalogue_is_an_error_that_names_it(tmp_path):
    with pytest.raises(CatalogError, match="nowhere"):
        search(str(tmp_path / "nowhere.json"))


def test_keys_are_checked_at_the_door(tmp_path):
    catalog = write_catalog(tmp_path, [make_item()])
    with pytest.raises(InvalidTileKey):
        search_scenes(catalog, "../../etc", 2020, GRID)
    with pytest.raises(InvalidYear):
        search_scenes(catalog, "33TVL", 1999, GRID)


def test_a_loop_of_links_ends(tmp_path):
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "r", "description": "r"}
    root["links"] = [{"rel": "child", "href": "./catalog.json"}]
    (tmp_path / "catalog.json").write_text(json.dumps(root))
    with pytest.raises(CatalogError, match="loop"):
        search(str(tmp_path))


def test_the_outline_of_a_grid_is_in_longitude_and_latitude():
    west, south, east, north = footprint(GRID).bounds
    assert 14 < west < east < 15.5
    assert 45 < south < north < 46.5


def test_an_outline_across_the_antimeridian_is_cut_there():
    grid = PixelGrid(32701, 99_960.0, 8_100_040.0, 10_980, 10_980)
    outline = footprint(grid)
    assert len(outline.geoms) == 2
    assert outline.bounds[0] == -180
    assert outline.bounds[2] == 180
    assert outline.area < 2


class Api(BaseHTTPRequestHandler):
    """The least of a STAC API: a landing page and a search of two items a page."""

    items: list = []  # noqa: RUF012
    bodies: list = []  # noqa: RUF012
    fail_from_page = 99

    def do_GET(self):
        self.answer(parse_qs(urlsplit(self.path).query))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.bodies.append(body)
        self.answer({"page": [str(body.get("page", 0))]})

    def answer(self, query):
        base = f"http://127.0.0.1:{self.server.server_port}"
        if urlsplit(self.path).path != "/search":
            return self.send({
                "type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "api",
                "conformsTo": ["https://api.stacspec.org/v1.0.0/core",
                               "https://api.stacspec.org/v1.0.0/item-search"],
                "links": [{"rel": "search", "href": f"{base}/search", "method": "POST",
                           "type": "application/geo+json"},
                          {"rel": "root", "href": base, "type": "application/json"}],
            })  # fmt: skip
        page = int(query["page"][0])
        if page >= self.fail_from_page:
            return self.send_error(400)
        links = []
        if 2 * (page + 1) < len(self.items):
            links = [{"rel": "next", "href": f"{base}/search", "method": "POST",
                      "body": {"page": page + 1}, "merge": True}]  # fmt: skip
        self.send({"type": "FeatureCollection", "links": links,
                   "features": self.items[2 * page : 2 * page + 2]})  # fmt: skip

    def send(self, document):
        text = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Api, "bodies", [])
    monkeypatch.setattr(Api, "fail_from_page", 99)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def serve(monkeypatch, items):
    monkeypatch.setattr(Api, "items", items)


def test_an_api_is_searched_page_by_page(api, monkeypatch):
    days = ["20200301", "20200401", "20200501", "20200601", "20200701"]
    items = [make_item(day, href="https://x.blob.core.windows.net/{name}.tif") for day in days]
    serve(monkeypatch, [*items, items[0], make_item("20200801", tile="33TVM")])
    result = search(api)
    assert [recipe.date for recipe in result.recipes] == [
        "2020-03-01", "2020-04-01", "2020-05-01", "2020-06-01", "2020-07-01"
    ]  # fmt: skip
    assert result.elsewhere == 1
    asked = Api.bodies[0]
    assert asked["collections"] == ["sentinel-2-l2a"]
    assert asked["datetime"] == "2020-01-01T00:00:00Z/2021-01-01T00:00:00Z"
    assert asked["intersects"]["type"] == "Polygon"
    assert len(Api.bodies) == 4


def test_items_of_an_api_may_not_name_local_files(api, monkeypatch):
    serve(monkeypatch, [make_item(href="file:///etc/passwd")])
    result = search(api)
    assert [item.reason.split(":")[0] for item in result.rejected] == ["HrefRefused"]


def test_an_api_that_fails_in_the_middle_is_an_error_not_half_a_year(api, monkeypatch):
    serve(monkeypatch, [make_item(f"20200{month}01") for month in range(3, 9)])
    monkeypatch.setattr(Api, "fail_from_page", 1)
    with pytest.raises(CatalogError, match=r"127\.0\.0\.1"):
        search(api)


def test_an_api_without_scenes_names_itself(api, monkeypatch):
    serve(monkeypatch, [])
    with pytest.raises(NoScenes, match=r"127\.0\.0\.1"):
        search(api)


@pytest.mark.real_data
def test_a_recorded_search_answer_is_a_catalogue(real_data):
    path = real_data / "stac_items" / "planetary_computer" / "search_35MNM_2020_jun_jul.json"
    grid = tile_grid("35MNM").cut(Window(0, 0, 100, 100))
    result = search_scenes(str(path), "35MNM", 2020, grid)
    assert len(result.recipes) == 13
    assert result.recipes[0].date == "2020-06-01"
