"""Asking an API for changes: filters that it declares, fields, pages, and none of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lulc_assets.core.catalog import api_io
from lulc_assets.core.catalog.announced import seconds_of
from lulc_assets.core.catalog.polling import area_of, open_poll
from lulc_assets.core.errors import CatalogError
from lulc_assets_tests.core.catalog.stac_documents import make_item, write_catalog

pytestmark = pytest.mark.loopback

ROOT = "https://api.stacspec.org/v1.0.0/"
FILTER = [ROOT + "item-search#filter", "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"]
QUERY = [ROOT + "item-search#query"]
FIELDS = [ROOT + "item-search#fields"]
DAY = seconds_of("2024-01-02T00:00:00Z")
AREA = area_of(["33TVL"])


class Api:
    """A STAC API of two items a page that keeps what it was asked."""

    def __init__(self, items, conforms):
        self.items, self.conforms, self.asked, self.fails_on = items, conforms, [], None
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send(200, api.landing(self.base))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.asked.append(body)
                start = int(body.get("token", 0))
                if api.fails_on is not None and start >= api.fails_on:
                    return self.send(502, {})
                step = min(2, body["limit"])
                page = {"type": "FeatureCollection", "features": api.items[start : start + step]}
                if start + step < len(api.items):
                    following = {**body, "token": start + step}
                    page["links"] = [{"rel": "next", "method": "POST", "body": following,
                                      "href": f"{self.base}/search"}]  # fmt: skip
                return self.send(200, page)

            @property
            def base(self):
                return f"http://127.0.0.1:{self.server.server_port}"

            def send(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def landing(self, base):
        return {
            "type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "api",
            "conformsTo": [ROOT + "core", ROOT + "item-search", *self.conforms],
            "links": [{"rel": "search", "href": f"{base}/search", "method": "POST",
                       "type": "application/geo+json"}],
        }  # fmt: skip


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(api_io, "BACKOFF_S", 0.0)
    running = []

    def start(conforms):
        days = ["20200701", "20200706", "20200711"]
        api = Api([make_item(day) for day in days], conforms)
        api.thread.start()
        running.append(api)
        return api

    yield start
    for api in running:
        api.server.shutdown()
        api.thread.join()
        api.server.server_close()


def test_an_api_with_cql2_is_asked_by_the_stamp_that_its_items_have(serve):
    api = serve(FILTER + FIELDS)
    poll = open_poll(api.url)
    assert poll.by_stamp and poll.stamp == "s2:generation_time"
    found = list(poll.changed(AREA, DAY, DAY + 60))
    body = api.asked[1]
    assert len(found) == 3 and len(api.asked) == 3  # one item looked at, two pages
    assert body["filter"]["op"] == "and" and body["filter-lang"] == "cql2-json"
    assert body["filter"]["args"][0] == {
        "op": ">=", "args": [{"property": "s2:generation_time"}, "2024-01-02T00:00:00.000000Z"]
    }  # fmt: skip
    assert "assets" in body["fields"]["exclude"]


def test_an_api_with_the_query_extension_is_asked_by_that(serve):
    api = serve(QUERY)
    poll = open_poll(api.url, stamp="updated")
    assert len(list(poll.changed(AREA, DAY, None))) == 3
    assert api.asked[0]["query"] == {"updated": {"gte": "2024-01-02T00:00:00.000000Z"}}
    assert "fields" not in api.asked[0]


def test_an_api_without_filters_is_read_by_date_of_acquisition(serve):
    api = serve([])
    poll = open_poll(api.url)
    assert not poll.by_stamp and not api.asked
    assert len(list(poll.sensed(AREA, "2024-01-02T00:00:00Z", ".."))) == 3
    assert api.asked[0]["datetime"].startswith("2024-01-02T00:00:00")


def test_502_on_a_later_page_comes_after_the_items_before_it(serve):
    api = serve(QUERY)
    poll = open_poll(api.url, stamp="updated")
    api.fails_on, found = 2, []
    with pytest.raises(CatalogError, match=r"127\.0\.0\.1"):
        for item in poll.changed(AREA, DAY, None):
            found.append(item)
    assert len(found) == 2


def test_a_static_catalogue_is_read_whole(tmp_path):
    poll = open_poll(write_catalog(tmp_path, [make_item(), "{"]))
    assert poll.is_static and not poll.by_stamp
    assert len(list(poll.sensed(AREA, "2024-01-02T00:00:00Z", ".."))) == 2


@pytest.mark.parametrize(
    ("tile", "bounds"),
    [("33TVM", (12, 40, 18, 48)), ("60KXF", (174, -24, 180, -16)), ("32VNH", (0, 56, 18, 64)),
     ("01XDH", (-180, 72, -168, 84))],
)  # fmt: skip
def test_the_area_covers_the_grid_zone(tile, bounds):
    assert area_of([tile]).bounds == bounds


def test_many_tiles_of_a_zone_are_one_simple_area():
    tiles = [f"33T{a}{b}" for a in "UVWX" for b in "LMNP"]
    assert area_of(tiles).equals(area_of(["33TVL"]))
    with pytest.raises(CatalogError, match="no tile"):
        area_of([])
