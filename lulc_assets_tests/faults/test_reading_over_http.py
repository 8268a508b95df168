import dataclasses
import socket

import numpy as np
import pytest

from lulc_assets.core.errors import HrefRefused, UnreadableRaster
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery import ranges
from lulc_assets.core.imagery.reader import SceneReader, read_scene
from lulc_assets_tests.faults.conftest import WIDE
from lulc_assets_tests.faults.range_server import serving

pytestmark = pytest.mark.loopback

FILES = 7
PASSING = ["503", "429", "500", "drop", "truncate", "short range", "wrong range",
           "no range header", "slow"]  # fmt: skip


def same(one, two):
    np.testing.assert_array_equal(one.reflectance, two.reflectance)
    np.testing.assert_array_equal(one.valid, two.valid)
    np.testing.assert_array_equal(one.scl, two.scl)


def test_pixels_over_http_are_those_of_the_files(local_scene, remote_scene, server):
    same(read_scene(remote_scene, WIDE), read_scene(local_scene, WIDE))
    assert {status for _, _, status in server.requests} == {206}
    # A head and the rest of each file: no listing, no side-car, no second look.
    assert server.count() <= 2 * FILES


def test_a_window_over_http_is_that_of_the_files(local_scene, remote_scene):
    window = Window(37, 90, 111, 77)
    with SceneReader(remote_scene, WIDE) as far, SceneReader(local_scene, WIDE) as near:
        same(far.read(window), near.read(window))


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_outlasted(local_scene, remote_scene, server, fault):
    server.fault, server.times = fault, 3
    same(read_scene(remote_scene, WIDE), read_scene(local_scene, WIDE))


@pytest.mark.parametrize("fault", [f for f in PASSING if f != "slow"])
def test_a_fault_that_stays_is_an_error_after_few_requests(remote_scene, server, fault):
    server.fault = fault
    with pytest.raises(UnreadableRaster, match=r"scene S2A_TEST: http://127\.0\.0\.1.*red\.tif"):
        read_scene(remote_scene, WIDE)
    assert server.count() == ranges.ATTEMPTS


@pytest.mark.parametrize("fault", [f for f in PASSING if f != "slow"])
def test_a_fault_in_the_middle_never_reads_as_zeros(remote_scene, server, fault):
    with SceneReader(remote_scene, WIDE) as reader:
        before = server.count("/nir.tif")
        server.fault, server.only = fault, "/nir.tif"
        for _ in range(2):
            with pytest.raises(UnreadableRaster, match=r"nir\.tif"):
                reader.read(Window(0, 0, 256, 256))
    assert server.count("/nir.tif") - before == ranges.ATTEMPTS


def test_a_small_file_comes_with_its_first_request(remote_scene, server):
    with SceneReader(remote_scene, WIDE) as reader:
        server.fault, server.only = "503", "/scl.tif"
        assert (reader.read(Window(0, 0, 256, 256)).scl == 4).all()
    assert server.count("/scl.tif") == 1


@pytest.mark.parametrize("fault", ["404", "range ignored"])
def test_a_fault_that_cannot_pass_is_not_tried_again(remote_scene, server, fault):
    server.fault = fault
    with pytest.raises(UnreadableRaster, match=r"404|ignores byte ranges"):
        read_scene(remote_scene, WIDE)
    assert server.count() == 1


def test_a_file_that_is_replaced_meanwhile_is_an_error(remote_scene, server):
    server.fault = "replaced"
    with pytest.raises(UnreadableRaster, match="replaced while it was being read"):
        read_scene(remote_scene, WIDE)


def test_a_server_that_drips_is_given_up(remote_scene, server, monkeypatch):
    monkeypatch.setattr(ranges, "READ_TIMEOUT_S", 1)
    monkeypatch.setattr(ranges, "REQUEST_LIMIT_S", 0.3)
    monkeypatch.setattr(ranges, "ATTEMPTS", 2)
    monkeypatch.setattr(ranges, "_PIECE_BYTES", 1)
    server.fault = "drip"
    with pytest.raises(UnreadableRaster, match=r"longer than 0\.3 s"):
        read_scene(remote_scene, WIDE)
    assert server.count() == 2


def test_a_server_that_says_nothing_is_given_up(remote_scene, server, monkeypatch):
    monkeypatch.setattr(ranges, "READ_TIMEOUT_S", 0.1)
    monkeypatch.setattr(ranges, "ATTEMPTS", 2)
    server.fault = "slow"
    with pytest.raises(UnreadableRaster, match="connection failed"):
        read_scene(remote_scene, WIDE)
    assert server.count() == 2


@pytest.mark.parametrize(
    ("header", "answer"),
    [("7", 7.0), ("0", 0.0), ("3600", False), ("", True), ("soon", True)],
)
def test_the_server_says_how_long_to_wait(remote_scene, server, monkeypatch, header, answer):
    asked = []
    backoff = ranges._backoff
    monkeypatch.setattr(ranges, "_backoff", lambda error: asked.append(backoff(error)) or False)
    server.fault, server.retry_after = "503", header
    with pytest.raises(UnreadableRaster, match="HTTP 503"):
        read_scene(remote_scene, WIDE)
    assert asked == [answer]


def test_a_retry_after_as_a_date_is_understood(remote_scene, server, monkeypatch):
    asked = []
    backoff = ranges._backoff
    monkeypatch.setattr(ranges, "_backoff", lambda error: asked.append(backoff(error)) or False)
    server.fault, server.retry_after = "429", "Wed, 21 Oct 2015 07:28:00 GMT"
    with pytest.raises(UnreadableRaster, match="HTTP 429"):
        read_scene(remote_scene, WIDE)
    assert asked == [0.0]


def test_nobody_listens(remote_scene, server):
    bands = {
        role: dataclasses.replace(asset, href=asset.href.replace(server.url, "http://127.0.0.1:9"))
        for role, asset in remote_scene.bands.items()
    }
    with pytest.raises(UnreadableRaster, match="connection failed"):
        read_scene(dataclasses.replace(remote_scene, bands=bands), WIDE)


def test_a_redirect_to_another_host_is_refused_and_not_followed(remote_scene, server, tmp_path):
    with serving(tmp_path / "served") as other:
        server.fault = "redirect"
        server.location = other.url.replace("127.0.0.1", "localhost") + "/red.tif"
        with pytest.raises(HrefRefused, match=r"redirects to http://localhost"):
            read_scene(remote_scene, WIDE)
        assert server.count() == 1
        assert other.count() == 0


def test_a_redirect_on_the_same_host_is_followed(local_scene, remote_scene, server):
    server.fault, server.times, server.location = "redirect", 1, f"{server.url}/red.tif"
    same(read_scene(remote_scene, WIDE), read_scene(local_scene, WIDE))


def test_a_private_address_is_refused_before_anything_is_sent(remote_scene, server):
    with pytest.raises(HrefRefused, match=r"scene S2A_TEST.*private address 127\.0\.0\.1"):
        read_scene(dataclasses.replace(remote_scene, private_network=False), WIDE)
    assert server.count() == 0


def test_a_public_name_that_resolves_to_a_private_address_is_refused(
    remote_scene, server, monkeypatch
):
    resolve = socket.getaddrinfo

    def rebound(host, *args, **kwargs):
        return resolve("127.0.0.1" if host == "images.example.org" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    monkeypatch.setenv("NO_PROXY", "*")
    port = server.url.rpartition(":")[2]
    bands = {
        role: dataclasses.replace(asset, href=f"http://images.example.org:{port}/{role}.tif")
        for role, asset in remote_scene.bands.items()
    }
    recipe = dataclasses.replace(remote_scene, bands=bands, private_network=False)
    with pytest.raises(HrefRefused, match=r"images\.example\.org.*resolves to.*127\.0\.0\.1"):
        read_scene(recipe, WIDE)
    assert server.count() == 0
    read_scene(dataclasses.replace(recipe, private_network=True), WIDE)
    assert server.count() > 0


def test_a_dead_server_costs_one_round_of_attempts_not_one_a_file(remote_scene, server):
    server.fault = "503"
    with pytest.raises(UnreadableRaster):
        SceneReader(remote_scene, WIDE).check()
    assert {path for path, _, _ in server.requests} == {"/red.tif"}
    assert server.count() == ranges.ATTEMPTS


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95, 0.999])
def test_a_file_that_was_uploaded_by_half_is_an_error_never_other_bytes(
    remote_scene, server, share
):
    path = server.folder / "nir.tif"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(UnreadableRaster, match=r"scene S2A_TEST.*nir\.tif"):
        read_scene(remote_scene, WIDE)


def test_what_is_no_raster_is_named(remote_scene, server):
    (server.folder / "nir.tif").write_text("<html>Sign in</html>")
    with pytest.raises(UnreadableRaster, match=r"nir\.tif cannot be opened"):
        read_scene(remote_scene, WIDE)


def test_an_empty_file_is_named(remote_scene, server):
    (server.folder / "nir.tif").write_bytes(b"")
    with pytest.raises(UnreadableRaster, match=r"nir\.tif"):
        read_scene(remote_scene, WIDE)


def test_credentials_of_the_user_are_not_sent_to_a_catalogues_host(
    remote_scene, server, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    read_scene(remote_scene, WIDE)
    assert set(server.credentials) == {None}
