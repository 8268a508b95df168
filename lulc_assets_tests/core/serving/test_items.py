"""A scene named by its STAC item: mapped where it is allowed, refused where it is not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from rasterio.io import MemoryFile

from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.serving.app import make_app
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets_tests.core.serving.conftest import SETTINGS
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A static catalogue; the path of an item in it, and the window that its files cover."""
    folder = tmp_path_factory.mktemp("archive")
    spec = tiny_spec()
    paths = write_archive(spec, folder)
    items = sorted(paths.catalog.parent.rglob("S2*.json"))
    item = min(items, key=lambda p: json.loads(p.read_bytes())["properties"]["eo:cloud_cover"])
    window = tile_grid("33TVM").window_of(spec.tiles[0].grid)
    return folder, item, window


def ask(client, href, window):
    where = [window.row, window.col, window.height, window.width]
    return client.post("/predictions/stac", json={"href": href, "window": where})


def test_an_item_on_loopback_is_mapped_where_it_is_allowed(archive, engine, socket_enabled):
    folder, item, window = archive
    with serving(folder) as server:
        href = f"{server.url}/{item.relative_to(folder).as_posix()}"
        allowed = replace(SETTINGS, items=(server.url,))
        with TestClient(make_app(lambda: engine, allowed)) as client:
            made = ask(client, href, window)
            assert made.status_code == 200, made.text
            found = client.get("/" + made.json()["files"] + "class.tif").content
        with TestClient(make_app(lambda: engine, SETTINGS)) as client:
            assert ask(client, href, window).status_code == 403
    assert made.json()["item"]["properties"]["datetime"].startswith("2022-")
    with MemoryFile(found) as memory, memory.open() as source:
        codes = source.read(1)
    assert codes.shape == (window.height, window.width)
    assert set(np.unique(codes)) - {0}


def test_an_item_in_an_allowed_folder_gives_the_map_of_its_scene(archive, engine, tmp_path):
    folder, item, window = archive
    allowed = replace(SETTINGS, items=(str(folder),))
    with TestClient(make_app(lambda: engine, allowed)) as client:
        made = ask(client, str(item), window)
        assert made.status_code == 200, made.text
        found = client.get("/" + made.json()["files"] + "class.tif").content
        outside = tmp_path / "item.json"
        outside.write_bytes(item.read_bytes())
        assert ask(client, str(outside), window).status_code == 403
        assert ask(client, str(item), Window(0, 0, 10_981, 5)).status_code == 422
    recipe = recipe_from_item(json.loads(item.read_bytes()), str(item), HrefPolicy(str(item)))
    grid = tile_grid("33TVM").cut(window)
    expected = predict_scene(recipe, grid, engine, tmp_path / "out").files["class"]
    with MemoryFile(found) as memory, memory.open() as source, rasterio.open(expected) as other:
        near, far = source.read(1), other.read(1)
    # The service's windows are larger than this scene: at two rims it is padded otherwise.
    assert (near[:48, :48] == far[:48, :48]).mean() >= 0.99


@pytest.mark.parametrize(
    "inside",
    ["http://127.0.0.1:1/B04.tif", "http://169.254.169.254/latest/meta-data", "/etc/passwd",
     "file:///etc/passwd", "../../../../../../etc/passwd", "/vsicurl/http://10.0.0.7/B04.tif",
     "<VRTDataset rasterXSize='1' rasterYSize='1'/>", "http://[::ffff:127.0.0.1]/B04.tif",
     "http://2130706433/B04.tif", "http://0x7f000001/B04.tif", "http://localhost/B04.tif"],
)  # fmt: skip
def test_files_inside_that_an_item_names_are_not_read(archive, engine, tmp_path, inside):
    _, item, window = archive
    document = json.loads(item.read_bytes())
    for asset in document["assets"].values():
        asset["href"] = inside
    named = tmp_path / "item.json"
    named.write_text(json.dumps(document))
    allowed = replace(SETTINGS, items=(str(tmp_path),))
    with TestClient(make_app(lambda: engine, allowed)) as client:
        answer = ask(client, str(named), window)
    assert answer.status_code == 403, answer.text
    assert "passwd:" not in answer.text


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"type": "Feature"}', "[" * 100_000, '{"type": NaN}', "\xff\xfe",
     '{"type": "Feature", "id": 5, "properties": null, "assets": {"a": 1}}'],
)  # fmt: skip
def test_what_is_no_item_is_refused(engine, tmp_path, text):
    named = tmp_path / "item.json"
    named.write_text(text, encoding="latin-1")
    allowed = replace(SETTINGS, items=(str(tmp_path),))
    with TestClient(make_app(lambda: engine, allowed)) as client:
        answer = client.post("/predictions/stac", json={"href": str(named)})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
