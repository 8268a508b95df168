"""Serving pages: ranges, gzip, and nothing but what was built."""

import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import requests
import uvicorn
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.commands.page_server import page_app
from lulc_assets.core.errors import InvalidPage

pytestmark = pytest.mark.loopback


@contextmanager
def serving(folder):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(page_app(folder), port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        for _ in range(200):
            if server.started:
                break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("outer")
    (root / "secret.txt").write_text("secret")
    site = root / "site"
    (site / "data").mkdir(parents=True)
    (site / "map.html").write_text("<p>map</p>" * 500)
    (site / "data" / "class-1.tif").write_bytes(bytes(range(256)) * 64)
    (site / "data" / "stray.tif").write_bytes(b"stray")
    (site / ".photos").mkdir()
    (site / ".photos" / "a.html").write_text("hidden")
    (site / "manifest.json").write_text('{"files": ["map.html", "data/class-1.tif"]}')
    return site


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as url:
        yield url


def test_a_layer_is_read_by_ranges_and_never_compressed(address):
    asked = {"Range": "bytes=10-19", "Accept-Encoding": "gzip"}
    answer = requests.get(f"{address}/data/class-1.tif", headers=asked, timeout=10)

    assert answer.status_code == 206
    assert answer.content == bytes(range(10, 20))
    assert answer.headers["Content-Range"] == "bytes 10-19/16384"
    assert "Content-Encoding" not in answer.headers
    assert "immutable" in answer.headers["Cache-Control"]


def test_text_is_compressed_and_asked_for_again(address):
    answer = requests.get(f"{address}/map.html", headers={"Accept-Encoding": "gzip"}, timeout=10)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.startswith("<p>map</p>")


@pytest.mark.parametrize(
    "path",
    ["data/", "data", "data/stray.tif", "manifest.json", ".photos/a.html", "../secret.txt",
     "%2e%2e/secret.txt", "data/../../secret.txt", "data/%2e%2e/%2e%2e/secret.txt", "none.html"],
)  # fmt: skip
def test_only_what_was_built_is_served(address, path):
    request = requests.Request("GET", f"{address}/").prepare()
    request.url = f"{address}/{path}"  # as it is: no client tidies it up
    with requests.Session() as session:
        answer = session.send(request, timeout=10)

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_the_bare_address_leads_to_the_map(address):
    assert requests.get(f"{address}/", timeout=10).text.startswith("<p>map</p>")


def test_a_folder_that_nobody_built_is_refused(tmp_path):
    with pytest.raises(InvalidPage, match="lulc pages build"):
        page_app(tmp_path)

    done = CliRunner().invoke(app, ["pages", "serve", str(tmp_path)])
    assert done.exit_code == 1
