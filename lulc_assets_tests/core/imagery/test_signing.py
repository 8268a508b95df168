"""The real token service cannot be reached from here: a loopback stand-in answers in its form."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import stamina

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery import ranges
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.session import GuardedSession
from lulc_assets.core.imagery.signing import PlanetaryComputerSigner, signer_of
from lulc_assets.core.scene.recipe import BandAsset
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.small_scene import GRID, write_scene

pytestmark = pytest.mark.loopback

BLOB = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/a/B04.tif"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with stamina.set_testing(True, attempts=ranges.ATTEMPTS, cap=True):
        yield


@pytest.fixture
def service(tmp_path):
    (tmp_path / "sentinel2l2a01").mkdir()
    with serving(tmp_path) as state:
        yield state


def write_token(state, text="sv=1&sig=abc", minutes=60, path="sentinel2l2a01/sentinel2-l2"):
    expiry = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    file = state.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"msft:expiry": expiry, "token": text}))


def make_signer(state, **fields):
    return PlanetaryComputerSigner(
        endpoint=state.url, session=GuardedSession(allow_private=True), **fields
    )


def test_a_token_is_asked_once_a_container_and_appended(service):
    write_token(service)
    signer = make_signer(service)
    assert signer.sign(BLOB) == f"{BLOB}?sv=1&sig=abc"
    assert signer.sign(BLOB.replace("B04", "B03")).endswith("B03.tif?sv=1&sig=abc")
    assert service.requests == [("/sentinel2l2a01/sentinel2-l2", "", 200)]


def test_a_token_near_its_end_is_asked_anew(service):
    write_token(service, minutes=2)
    signer = make_signer(service)
    signer.sign(BLOB)
    signer.sign(BLOB)
    assert service.count() == 2


def test_a_refused_token_is_forgotten(service):
    write_token(service)
    signer = make_signer(service)
    signer.sign(BLOB)
    write_token(service, "sv=2&sig=new")
    signer.forget(BLOB)
    assert signer.sign(BLOB) == f"{BLOB}?sv=2&sig=new"


@pytest.mark.parametrize("href", ["/data/B04.tif", "https://example.org/a/B04.tif", "s3://b/k"])
def test_hrefs_elsewhere_need_no_signature(service, href):
    assert make_signer(service).sign(href) == href
    assert service.count() == 0


@pytest.mark.parametrize("text", ["", "{}", '{"token": "x", "msft:expiry": "soon"}', "[]"])
def test_a_service_that_answers_nonsense_is_named(service, text):
    (service.folder / "sentinel2l2a01" / "sentinel2-l2").write_text(text)
    with pytest.raises(UnreadableRaster, match="sentinel2l2a01/sentinel2-l2"):
        make_signer(service).sign(BLOB)


def test_a_service_that_fails_is_named(service):
    service.fault = "500"
    with pytest.raises(UnreadableRaster, match="no signature for sentinel2l2a01"):
        make_signer(service).sign(BLOB)


def test_services_are_found_by_name():
    assert signer_of("") is None
    assert signer_of("planetary_computer") is signer_of("planetary_computer")
    with pytest.raises(UnreadableRaster, match="klingon"):
        signer_of("klingon")


class CountingSigner:
    """Appends a number that grows each time it is told to forget."""

    def __init__(self):
        self.number = 0

    def sign(self, href):
        return f"{href}?sig={self.number}"

    def forget(self, href):
        self.number += 1


@pytest.fixture
def signed_scene(tmp_path):
    recipe = write_scene(tmp_path)
    with serving(tmp_path) as state:
        bands = {
            role: BandAsset(f"{state.url}/{role}.tif", asset.gsd_m)
            for role, asset in recipe.bands.items()
        }
        yield dataclasses.replace(recipe, bands=bands, private_network=True), state


def test_requests_are_signed_just_before_reading_and_the_recipe_is_not(signed_scene):
    recipe, state = signed_scene
    with SceneReader(recipe, GRID, signer=CountingSigner()) as reader:
        assert reader.recipe == recipe
    assert set(state.tokens) == {"sig=0"}
    assert "sig=" not in json.dumps(recipe.to_dict())


def test_an_expired_signature_is_made_anew(signed_scene):
    recipe, state = signed_scene
    state.fault, state.times = "403", 1
    with SceneReader(recipe, GRID, signer=CountingSigner()) as reader:
        assert np.isfinite(reader.read_dn("red", Window(0, 0, GRID.height, GRID.width)).dn).all()
    assert state.tokens[:2] == ["sig=0", "sig=1"]


def test_without_a_signer_a_refusal_is_not_tried_again(signed_scene):
    recipe, state = signed_scene
    state.fault = "403"
    with pytest.raises(UnreadableRaster, match="HTTP 403"):
        SceneReader(recipe, GRID).check()
    assert state.count() == 1


def test_errors_never_show_a_signature(signed_scene):
    recipe, state = signed_scene
    state.fault = "404"
    with pytest.raises(UnreadableRaster) as caught:
        SceneReader(recipe, GRID, signer=CountingSigner()).check()
    assert "sig=" not in str(caught.value)


@pytest.mark.parametrize("skew_h", [-1, 1, 30])
def test_a_clock_that_is_wrong_costs_no_request_a_signature(service, monkeypatch, skew_h):
    """Before: with a clock an hour ahead a token was asked for each range."""
    write_token(service)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=skew_h)

    monkeypatch.setattr("lulc_assets.core.imagery.signing.datetime", Wrong)
    signer = make_signer(service)
    for _ in range(20):
        signer.sign(BLOB)
    assert service.count() == 1
