"""What the service answers: maps, refusals, and 429 when there is too much."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine
from fastapi.testclient import TestClient
from rasterio.io import MemoryFile

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.inference.scene import predict_scene
from lulc_assets.core.serving.app import make_app
from lulc_assets.core.serving.settings import ServiceSettings, require_guarded
from lulc_assets_tests.core.inference.scene_for_tests import CLEAR, water_and_sand, write_scene
from lulc_assets_tests.core.serving.conftest import GRID, SETTINGS, post, truth_of, write_image


def layer(client, made, name):
    answer = client.get("/" + made["files"] + name)
    assert answer.status_code == 200
    with MemoryFile(answer.content) as memory, memory.open() as source:
        return source.read(1), source.profile, source.colormap(1) if name == "class.tif" else None


def test_an_image_becomes_a_class_cog_a_probability_and_an_item(client, image, served_bundle):
    body, dn = image
    answer = post(client, body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    codes, profile, colors = layer(client, made, "class.tif")
    assert (profile["crs"].to_epsg(), profile["transform"]) == (32633, GRID.transform)
    assert profile["nodata"] == 0
    assert colors[1][:3] == served_bundle.legend.by_code(1).rgb
    assert (codes[:10, :10] == 0).all()
    seen = codes > 0
    assert (codes[seen] == truth_of(dn)[seen]).mean() > 0.8
    probability, _, _ = layer(client, made, "probability.tif")
    assert (probability[seen] > 0).all()
    item = client.get("/" + made["files"] + "item.json").json()
    assert item["properties"]["proj:code"] == "EPSG:32633"
    assert set(item["assets"]) == {"class", "probability"}
    assert sum(made["pixels"].values()) == int(seen.sum())
    assert client.get("/" + made["files"] + "class.png").content[:4] == b"\x89PNG"


def test_sizes_that_fit_no_stride_and_many_windows_give_the_map_of_a_scene(
    client, engine, tmp_path, served_bundle
):
    grid = PixelGrid(32633, 499_980.0, 5_000_040.0, 217, 301)
    dn = water_and_sand(grid, 3)
    scene = write_scene(tmp_path / "scene", grid, dn, np.full(grid.shape, CLEAR, np.uint8))
    expected = predict_scene(scene, grid, engine, tmp_path / "out").files["class"]
    made = post(client, write_image(tmp_path / "i.tif", dn, grid)).json()
    codes, _, _ = layer(client, made, "class.tif")
    with rasterio.open(expected) as source:
        assert (source.read(1) == codes).mean() >= 0.99


def test_floats_of_reflectance_and_scaled_files_mean_the_same(client, image, tmp_path):
    body, dn = image
    plain, _, _ = layer(client, post(client, body).json(), "class.tif")
    floats = write_image(tmp_path / "f.tif", (dn * 1e-4).astype(np.float32))
    again, _, _ = layer(client, post(client, floats).json(), "class.tif")
    assert (again == plain).mean() > 0.999
    shifted = tmp_path / "s.tif"
    write_image(shifted, np.where(dn > 0, dn + 1000, 0).astype(np.uint16))
    with rasterio.open(shifted, "r+") as target:
        target.scales, target.offsets = (1e-4,) * 6, (-0.1,) * 6
    third, _, _ = layer(client, post(client, shifted.read_bytes()).json(), "class.tif")
    assert (third == plain).mean() > 0.999


def _sparse(path):
    options = {"driver": "GTiff", "count": 6, "height": 100_000, "width": 100_000,
               "dtype": "uint16", "crs": "EPSG:32633", "transform": GRID.transform,
               "tiled": True, "sparse_ok": True, "bigtiff": "YES"}  # fmt: skip
    with rasterio.open(path, "w", **options):
        pass
    return path.read_bytes()


def _bomb(path):
    ones = np.ones((6, 2500, 2500), np.uint16)
    return write_image(path, ones, compress="deflate", blockysize=2500, interleave="pixel")


def _tagged(path, scale, offset):
    write_image(path, DN)
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (scale,) * 6, (offset,) * 6
    return path.read_bytes()


def _moved(x, y=5e6):
    return {"transform": Affine(10, 0, x, 0, -10, y)}


DN = water_and_sand(GRID)
OWN_CRS = "+proj=utm +zone=33 +ellps=bessel +units=m"
WRONG = {
    "other bands": (lambda p: write_image(p, DN[:5]), "5 bands; the model takes 6"),
    "8-bit": (lambda p: write_image(p, (DN >> 5).astype(np.uint8)), "holds uint8"),
    "other scale": (lambda p: write_image(p, (DN * 10).astype(np.uint16)), "numbers reach"),
    "per cent": (lambda p: write_image(p, (DN / 100).astype("f4")), "from 0 to .* scale them"),
    "negative": (lambda p: write_image(p, -DN.astype("i2")), "from -.* to 0"),
    "negative floats": (lambda p: write_image(p, (DN * -1e-4).astype("f4")), "from -0"),
    "infinite": (lambda p: write_image(p, np.where(DN > 1900, np.inf, DN).astype("f4")), "to inf"),
    "scale of another file": (lambda p: _tagged(p, 1e-2, 0.0), "scale 0.01 .* mend these tags"),
    "scale 5": (lambda p: _tagged(p, 5.0, 0.0), "is not reflectance"),
    "own CRS": (lambda p: write_image(p, DN, crs=OWN_CRS), "CRS has no EPSG code .* warp it"),
    "far away": (lambda p: write_image(p, DN, **_moved(5e8)), "5e.08, 5e.06 .* mend its transform"),
    "nowhere": (lambda p: write_image(p, DN, **_moved(float("nan"))), "nan, .* mend its"),
    "no georeference": (lambda p: write_image(p, DN, crs=None), "no georeference"),
    "degrees": (lambda p: write_image(p, DN, crs="EPSG:4326"), "EPSG:4326"),
    "20 m": (
        lambda p: write_image(p, DN, replace(GRID, pixel_m=20)),
        "pixels of 20 x 20 m, .* resample it",
    ),
    "truncated": (lambda p: write_image(p, DN)[:40_000], "truncated|cannot be read"),
    "garbage": (lambda p: b"II*\0 nothing", "cannot be read"),
    "empty": (lambda p: b"", "cannot be read"),
    "a VRT": (lambda p: b"<VRTDataset rasterXSize='1' rasterYSize='1'/>", "cannot be read"),
    "100,000 x 100,000": (_sparse, "at most 16384 px a side"),
    "a bomb": (_bomb, "more than 64 MB"),
}


@pytest.mark.parametrize(("nodata", "dtype"), [(65_535, "u2"), (-9999, "f4"), (-32_768, "i2")])
def test_what_stands_for_no_data_says_nothing_of_the_scale(client, image, tmp_path, nodata, dtype):
    dn = DN.astype(dtype) if dtype != "f4" else (DN * 1e-4).astype(dtype)
    dn[:, 20:60] = nodata
    codes, _, _ = layer(
        client, post(client, write_image(tmp_path / "n.tif", dn, nodata=nodata)).json(), "class.tif"
    )
    assert (codes[20:60] == 0).all()
    assert (codes[:20] > 0).all()


def test_what_nobody_foresaw_is_answered_as_described_and_names_nothing(image, engine, monkeypatch):
    with TestClient(make_app(lambda: engine, SETTINGS), raise_server_exceptions=False) as client:
        monkeypatch.setattr(engine, "predict", lambda *_: 1 / 0)
        answer = post(client, image[0])
    assert answer.status_code == 500
    assert answer.json() == {"detail": "the service failed; its log says why"}


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_an_image_is_said(client, tmp_path, name):
    make, said = WRONG[name]
    answer = post(client, make(tmp_path / "wrong.tif"))
    assert answer.status_code == 422, answer.text
    assert re.search(said, answer.json()["detail"]), answer.text
    assert str(tmp_path) not in answer.text
    assert "/tmp" not in answer.text


def test_bodies_are_tiffs_of_limited_length(client, image):
    assert client.post("/predictions", content=image[0]).status_code == 415
    assert post(client, bytes(9 * 2**20)).status_code == 413

    def endless():
        for _ in range(100):
            yield bytes(2**20)

    assert post(client, endless()).status_code == 413


@pytest.mark.parametrize(
    "href",
    ["http://127.0.0.1:1/item.json", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd",
     "/etc/passwd", "http://[::1]/x", "/vsicurl/http://127.0.0.1/x", "s3://bucket/item.json",
     "http://10.0.0.7/item.json", "<VRTDataset/>", "http://2130706433/x", "http://0x7f000001/x",
     "http://127.1/x", "http://localhost/x", "http://0.0.0.0/x", "http://[::ffff:127.0.0.1]/x",
     "http://user:word@127.0.0.1/x", "ftp://127.0.0.1/x", "//127.0.0.1/x", "item.json", ""],
)  # fmt: skip
def test_a_place_inside_is_not_read(client, href):
    answer = client.post("/predictions/stac", json={"href": href})
    assert answer.status_code == 403, answer.text


def test_a_key_is_asked_for_where_one_is_set(engine, image):
    app = make_app(lambda: engine, replace(SETTINGS, api_key="secret"))
    with TestClient(app) as client:
        assert post(client, image[0]).status_code == 401
        assert client.get("/model", headers={"X-API-Key": "Secret"}).status_code == 401
        assert client.get("/health").text == "ok"
        made = post(client, image[0], **{"X-API-Key": "secret"}).json()
        assert client.get("/" + made["files"] + "class.tif").status_code == 401


def test_beyond_this_machine_only_with_a_key():
    require_guarded("127.0.0.1", ServiceSettings())
    require_guarded("0.0.0.0", ServiceSettings(api_key="k"))
    with pytest.raises(InvalidProject, match="for everybody"):
        require_guarded("0.0.0.0", ServiceSettings())


def test_too_much_at_once_is_answered_429_and_nothing_else_is_wrong(client, engine, image):
    expected = post(client, image[0]).json()["pixels"]
    while engine.entered.acquire(blocking=False):
        pass
    engine.gate.clear()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(client, image[0]))) for _ in range(12)
    ]
    try:
        for thread in threads:
            thread.start()
        assert engine.entered.acquire(timeout=30)
        for thread in threads:
            thread.join(2.0)
            if len(answers) == 9:
                break
        assert client.get("/health").text == "ok"
        assert client.get("/ready").text == "ready"
    finally:
        engine.gate.set()
    for thread in threads:
        thread.join(60)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 3 + [429] * 9  # one at work, two waiting
    assert all(a.headers["Retry-After"] == "5" for a in answers if a.status_code == 429)
    assert all(a.json()["pixels"] == expected for a in answers if a.status_code == 200)


def test_results_are_kept_for_a_while_and_no_other_file_is_served(engine, image):
    with TestClient(make_app(lambda: engine, replace(SETTINGS, kept=1))) as client:
        first, second = (post(client, image[0]).json() for _ in range(2))
        assert client.get("/" + first["files"] + "class.tif").status_code == 404
        assert client.get("/" + second["files"] + "class.tif").status_code == 200
        for name in ("../../x", "%2e%2e/secret", "class.tif.aux.xml"):
            assert client.get("/" + second["files"] + name).status_code == 404


def test_the_page_loads_nothing_from_elsewhere(client):
    answer = client.get("/")
    assert "Map it" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.text.replace("http-equiv", "")
    figures = client.get("/metrics").text
    assert "lulc_prediction_seconds_count" in figures
    assert "lulc_requests_in_work 0.0" in figures


def test_a_refusal_names_no_scratch_file(client):
    answer = post(client, b"II*\0nothing")
    assert answer.status_code >= 400
    assert "GeoTIFF" in answer.json()["detail"]
    assert not re.search(r"tmp|\.tif", answer.json()["detail"])
