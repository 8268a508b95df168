"""A STAC API on loopback that misbehaves while it is searched."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lulc_assets.core.catalog import api_io
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.errors import CatalogError, NoScenes
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets_tests.core.catalog.stac_documents import make_item
from lulc_assets_tests.faults.range_server import serving

pytestmark = pytest.mark.loopback

GRID = tile_grid("33TVL").cut(Window(5000, 5000, 100, 100))
HOST = "https://x.blob.core.windows.net"


class Api:
    """Pages of a search, by number; a page is items, a status, or a redirect."""

    def __init__(self, pages):
        self.pages = pages
        self.asked = []
        self.loop_to = None
        self.retry_after = ""
        self.fail_times = 10**9

    def answer(self, base, number):
        self.asked.append(number)
        page = self.pages[number]
        if isinstance(page, int):
            if self.fail_times <= 0:
                page = []
            else:
                self.fail_times -= 1
                return page, {}
        if isinstance(page, str):
            return 302, page
        following = self.loop_to if self.loop_to is not None else number + 1
        links = []
        if following < len(self.pages):
            links = [{"rel": "next", "href": f"{base}/search?page={following}", "method": "GET"}]
        return 200, {"type": "FeatureCollection", "features": page, "links": links}


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(api_io, "BACKOFF_S", 0.0)
    running = []

    def start(pages):
        api = Api(pages)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                base = f"http://127.0.0.1:{self.server.server_port}"
                if "page=" in self.path:
                    status, body = api.answer(base, int(self.path.rpartition("page=")[2]))
                elif self.path.startswith("/search"):
                    status, body = api.answer(base, 0)
                else:
                    status, body = 200, landing(base)
                self.send(status, body)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                base = f"http://127.0.0.1:{self.server.server_port}"
                self.send(*api.answer(base, 0))

            def send(self, status, body):
                text = b"" if status != 200 else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body)
                if api.retry_after:
                    self.send_header("Retry-After", api.retry_after)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return api, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def landing(base):
    return {
        "type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "api",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/core",
                       "https://api.stacspec.org/v1.0.0/item-search"],
        "links": [{"rel": "search", "href": f"{base}/search", "method": "POST",
                   "type": "application/geo+json"},
                  {"rel": "root", "href": base, "type": "application/json"}],
    }  # fmt: skip


def page(*days):
    return [make_item(f"2020{day}", href=HOST + "/{name}.tif") for day in days]


def search(url, **options):
    return search_scenes(url, "33TVL", 2020, GRID, **options)


def dates(result):
    return [recipe.date for recipe in result.recipes]


def test_502_in_the_middle_of_paging_is_an_error_not_half_a_year(serve):
    api, url = serve([page("0301"), 502, page("0501")])
    with pytest.raises(CatalogError, match=r"127\.0\.0\.1.*502"):
        search(url)
    assert api.asked == [0, 1, *[1] * api_io.RETRIES]


def test_a_502_that_passes_is_outlasted(serve):
    api, url = serve([page("0301"), 502, page("0501")])
    api.fail_times = 2
    assert dates(search(url)) == ["2020-03-01", "2020-05-01"]


def test_an_empty_page_with_a_next_link_is_not_the_end(serve):
    _, url = serve([page("0301"), [], [], page("0501")])
    assert dates(search(url)) == ["2020-03-01", "2020-05-01"]


def test_a_first_page_that_is_empty_is_not_the_end_either(serve):
    _, url = serve([[], page("0501")])
    assert dates(search(url)) == ["2020-05-01"]


def test_empty_pages_without_end_are_an_error(serve):
    api, url = serve([page("0301"), *[[] for _ in range(100)]])
    with pytest.raises(CatalogError, match="empty pages one after the other"):
        search(url)
    assert len(api.asked) == 2 + api_io.MAX_EMPTY_PAGES


def test_paging_in_a_circle_is_an_error(serve):
    api, url = serve([page("0301"), page("0401")])
    api.loop_to = 1
    with pytest.raises(CatalogError, match="goes in a circle"):
        search(url)
    assert len(api.asked) < 5


def test_the_same_item_on_two_pages_is_one_candidate(serve):
    _, url = serve([page("0301", "0401"), page("0401", "0501")])
    assert dates(search(url)) == ["2020-03-01", "2020-04-01", "2020-05-01"]


def test_only_empty_pages_are_no_scenes(serve):
    _, url = serve([[]])
    with pytest.raises(NoScenes):
        search(url)


def test_a_redirect_to_another_host_is_refused_and_not_followed(serve, tmp_path):
    with serving(tmp_path) as other:
        api, url = serve([other.url.replace("127.0.0.1", "localhost") + "/search"])
        with pytest.raises(CatalogError, match="redirects to http://localhost"):
            search(url)
        assert other.count() == 0
    assert api.asked == [0]


def test_a_next_link_to_another_private_host_is_refused(serve, tmp_path):
    with serving(tmp_path) as other:
        api, url = serve([page("0301")])
        target = other.url.replace("127.0.0.1", "localhost") + "/search"

        def answer(base, number):
            links = [{"rel": "next", "href": target, "method": "GET"}]
            return 200, {"type": "FeatureCollection", "features": page("0301"), "links": links}

        api.answer = answer
        with pytest.raises(CatalogError, match=r"localhost.*private address"):
            search(url)
        assert other.count() == 0


def test_bad_items_on_a_page_are_refused_by_name_and_the_rest_goes_on(serve):
    naive = page("0302")[0]
    naive["properties"]["datetime"] = "2020-03-02T10:00:31"
    nowhere = {**page("0303")[0], "geometry": None}
    inside = make_item("20200304", href="http://10.0.0.1/{name}.tif")
    tricks = make_item("20200305", href="/vsicurl/http://10.0.0.1/{name}.tif")
    no_projection = page("0306")[0]
    del no_projection["properties"]["proj:epsg"]
    neighbour = page("0307")[0]
    neighbour["properties"]["proj:epsg"] = 32634
    no_swir = page("0308")[0]
    del no_swir["assets"]["B12"]
    items = [naive, nowhere, inside, tricks, no_projection, neighbour, no_swir, "text", None]
    _, url = serve([items, page("0501")])
    result = search(url)
    assert dates(result) == ["2020-03-06", "2020-05-01"]
    kinds = sorted(item.reason.partition(":")[0] for item in result.rejected)
    assert kinds == ["HrefRefused", "HrefRefused", "IncompleteItem", "IncompleteItem",
                     "IncompleteItem", "MissingBand", "SceneGridMismatch"]  # fmt: skip


def test_a_server_that_asks_to_wait_for_an_hour_is_not_waited_for(serve, monkeypatch):
    api, url = serve([503])
    api.retry_after = "3600"
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    with pytest.raises(CatalogError):
        search(url)
    assert waits
    assert max(waits) <= api_io.LONGEST_RETRY_AFTER_S
