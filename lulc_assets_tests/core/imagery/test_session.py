import socket

import pytest

from lulc_assets.core.errors import HrefRefused
from lulc_assets.core.imagery.session import GuardedSession, require_public
from lulc_assets_tests.faults.range_server import serving

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_global_are_refused(address):
    with pytest.raises(HrefRefused, match="images"):
        require_public("images.example.org", address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_global_addresses_pass(address):
    require_public("images.example.org", address)


@pytest.fixture
def server(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "a.txt").write_text("hello")
    with serving(tmp_path) as state:
        yield state


def get(session, url):
    with session, session.get(url, timeout=5) as answer:
        return answer.text


def test_a_host_that_the_user_named_may_be_private(server):
    assert get(GuardedSession(trusted=["127.0.0.1"]), f"{server.url}/a.txt") == "hello"
    assert get(GuardedSession(allow_private=True), f"{server.url}/a.txt") == "hello"
    with pytest.raises(HrefRefused):
        get(GuardedSession(trusted=["example.org"]), f"{server.url}/a.txt")
    assert server.count() == 2


def test_behind_a_proxy_the_name_is_resolved_before_it_is_asked(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    resolve = socket.getaddrinfo

    def resolving(host, *args, **kwargs):
        if host == "inside.example.org":
            return resolve("10.0.0.1", *args, **kwargs)
        if host.endswith(".example.org"):
            raise socket.gaierror("unknown here")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    with pytest.raises(HrefRefused, match=r"inside\.example\.org"):
        get(GuardedSession(), "http://inside.example.org/a.txt")
    assert server.count() == 0
    get(GuardedSession(), "http://known-to-the-proxy.example.org/a.txt")
    assert server.count() == 1


@pytest.mark.parametrize(
    "location", ["http://other.example.org/x", "//other.example.org/x", "file:///etc/passwd"]
)
def test_redirects_to_other_places_are_refused(server, location):
    server.fault, server.location = "redirect", location
    with pytest.raises(HrefRefused, match="redirects"):
        get(GuardedSession(allow_private=True), f"{server.url}/a.txt")
    assert server.count() == 1


def test_a_relative_redirect_is_followed(server):
    server.fault, server.times, server.location = "redirect", 1, "/a.txt"
    assert get(GuardedSession(allow_private=True), f"{server.url}/moved") == "hello"
