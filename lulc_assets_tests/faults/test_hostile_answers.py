"""Answers and files that cost far more than they look: bombs, and bodies without an end."""

import gzip
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import rasterio

from lulc_assets.core.accuracy.zones import _read_on as layer_on_grid
from lulc_assets.core.catalog import api_io
from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.errors import (
    CatalogError,
    ImageryUnreachable,
    LulcError,
    UnreadableRaster,
)
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.imagery import ranges, session
from lulc_assets.core.imagery.ranges import HttpRanges
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.labels.raster import read_raster_labels
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.scene.recipe import BandAsset
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets_tests.faults.conftest import WIDE
from lulc_assets_tests.small_scene import GRID, write_tif

AREA = tile_grid("33TVL").cut(Window(5000, 5000, 100, 100))

pytestmark = pytest.mark.loopback


@pytest.fixture
def answering(monkeypatch):
    """Starts a server that answers every request by a function of its handler."""
    monkeypatch.setattr(api_io, "BACKOFF_S", 0.0)
    running = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

            do_POST = do_GET

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def endless(handler, most=2**34):
    piece = b" " * 2**20
    for _ in range(most // len(piece)):
        handler.wfile.write(piece)


def test_a_range_whose_body_never_ends_is_cut_off(answering, monkeypatch):
    monkeypatch.setattr(ranges, "ATTEMPTS", 1)

    def answer(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 0-65535/1000000")
        handler.end_headers()
        endless(handler)

    place = HttpRanges(answering(answer) + "/a.tif", "S", private=True)
    tracemalloc.start()
    with pytest.raises(ImageryUnreachable, match="65536 bytes are promised, more arrived"):
        place.fetch(0, 65536)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


def test_a_document_without_an_end_is_cut_off(answering, monkeypatch):
    monkeypatch.setattr(session, "MOST_DOCUMENT_BYTES", 2**20)

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        endless(handler)

    with pytest.raises(CatalogError, match="answers with more than 1 MB"):
        search_scenes(answering(answer), "33TVL", 2020, AREA)


def test_a_document_that_unpacks_to_gigabytes_is_cut_off(answering, monkeypatch):
    monkeypatch.setattr(session, "MOST_DOCUMENT_BYTES", 2**20)
    bomb = gzip.compress(b" " * 2**28)
    assert len(bomb) < 300_000

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    url = answering(answer)
    tracemalloc.start()
    with pytest.raises(CatalogError, match="answers with more than 1 MB"):
        search_scenes(url, "33TVL", 2020, AREA)
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_a_small_file_that_unpacks_to_a_block_of_gigabytes_is_refused(tmp_path, local_scene, dtype):
    path = tmp_path / "bomb.tif"
    size = 8192
    profile = {
        "driver": "GTiff", "height": size, "width": size, "count": 1, "dtype": dtype,
        "crs": f"EPSG:{GRID.epsg}", "transform": WIDE.transform, "tiled": True,
        "blockxsize": size, "blockysize": size, "compress": "ZSTD",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.ones((size, size), dtype), 1)
    assert path.stat().st_size < 100_000
    bands = {**local_scene.bands, "nir": BandAsset(str(path), 10.0)}
    bomb = type(local_scene)(**{**vars(local_scene), "bands": bands})
    with pytest.raises(UnreadableRaster, match=r"nir|bomb\.tif is packed in blocks of 8192 × 8192"):
        SceneReader(bomb, WIDE).check()


@pytest.mark.parametrize("read", ["labels", "digest", "map", "crossing"])
def test_a_delivered_raster_is_not_unpacked_into_gigabytes_either(tmp_path, read):
    # Only the bands of scenes were looked at: label rasters, maps and crossing layers were not.
    path = tmp_path / "bomb.tif"
    size = 16_384
    with rasterio.open(
        path, "w", driver="GTiff", height=size, width=size, count=1, dtype="uint8",
        crs=f"EPSG:{GRID.epsg}", transform=WIDE.transform, tiled=True, blockxsize=size,
        blockysize=size, compress="ZSTD", sparse_ok=True,
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 100_000
    source = LabelSource(str(path), "class_name", "karra-10")
    readers = {
        "labels": lambda: read_raster_labels(source, WIDE),
        "digest": lambda: digest_of_source(path),
        "map": lambda: open_map(path),
        "crossing": lambda: layer_on_grid(path, WIDE),
    }
    with pytest.raises(LulcError, match=r"bomb\.tif is packed in blocks of 16384 × 16384"):
        readers[read]()


def test_a_mask_layer_must_hold_codes_before_it_is_read(tmp_path, local_scene):
    wide = write_tif(tmp_path / "scl16.tif", np.full((128, 128), 4, np.uint16), pixel_m=20.0)
    bands = {**local_scene.bands, "scl": BandAsset(str(wide), 20.0)}
    odd = type(local_scene)(**{**vars(local_scene), "bands": bands})
    with pytest.raises(UnreadableRaster, match="holds uint16, not 8-bit codes"):
        SceneReader(odd, WIDE).check()
