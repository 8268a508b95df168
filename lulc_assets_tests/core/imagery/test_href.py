from pathlib import Path

import pytest

from lulc_assets.core.errors import HrefRefused
from lulc_assets.core.imagery.access import Access
from lulc_assets.core.imagery.href import HrefPolicy, check_href, local_path
from lulc_assets.core.imagery.source import RasterSource
from lulc_assets_tests.small_scene import GRID

VRT = "<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>"


@pytest.mark.parametrize(
    "href",
    [
        "",
        "  ",
        VRT,
        " \t" + VRT,
        "%3CVRTDataset%3E",
        '{"type": "GDALG"}',
        "/vsicurl/http://10.0.0.1/x.tif",
        "/vsizip//etc/x.zip/y.tif",
        "file:///vsicurl/http://x/y.tif",
        "vrt:///etc/passwd",
        "ftp://example.org/x.tif",
        "gopher://example.org/x",
        "http:///x.tif",
        "https://user@example.org/x.tif",
        "file://server/x.tif",
        "a\nb.tif",
    ],
)
def test_harmful_forms_are_refused(href):
    with pytest.raises(HrefRefused):
        check_href(href)


@pytest.mark.parametrize(
    "href",
    [
        "B04.tif",
        "./a/B04.tif",
        "/data/B04.tif",
        "https://example.org/a.tif?sig=x%2Fy",
        "s3://b/k.tif",
    ],
)
def test_files_and_urls_pass(href):
    assert check_href(href) == href


@pytest.fixture
def local(tmp_path):
    (tmp_path / "root" / "scene").mkdir(parents=True)
    policy = HrefPolicy(str(tmp_path / "root" / "catalog.json"))
    return policy, str(tmp_path / "root" / "scene" / "item.json"), tmp_path / "root"


def test_relative_hrefs_start_at_the_item(local):
    policy, item, root = local
    assert policy.resolve("./B04.tif", item) == str(root / "scene" / "B04.tif")
    assert policy.resolve("../other/B04.tif", item) == str(root / "other" / "B04.tif")


@pytest.mark.parametrize(
    "href", ["/etc/passwd", "file:///etc/passwd", "../../x.tif", "a/../../../x.tif", "%2e%2e/x"]
)
def test_paths_out_of_the_catalogues_folder_are_refused(local, href):
    policy, item, root = local
    if href.startswith("%"):  # a percent sign in a plain path is just a character
        assert Path(policy.resolve(href, item)).is_relative_to(root)
        return
    with pytest.raises(HrefRefused):
        policy.resolve(href, item)


def test_a_symbolic_link_out_of_the_folder_is_refused(local, tmp_path):
    policy, item, root = local
    (tmp_path / "secret.tif").touch()
    (root / "scene" / "B04.tif").symlink_to(tmp_path / "secret.tif")
    with pytest.raises(HrefRefused):
        policy.resolve("B04.tif", item)


def test_an_encoded_escape_in_a_file_url_is_refused(local):
    policy, item, root = local
    with pytest.raises(HrefRefused):
        policy.resolve(f"file://{root}/%2e%2e/x.tif", item)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "192.168.1.2", "[::1]", "127.1",
     "0x7f000001", "2130706433", "db.internal", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_private_addresses_are_refused(local, host):
    policy, item, _ = local
    with pytest.raises(HrefRefused, match="private"):
        policy.resolve(f"http://{host}/x.tif", item)


def test_private_addresses_pass_where_the_user_allows_them():
    policy = HrefPolicy("/data/catalog.json", allow_private=True)
    assert policy.resolve("http://10.0.0.1/x.tif", "/data/a.json") == "http://10.0.0.1/x.tif"


def test_the_catalogues_own_private_host_may_be_read():
    policy = HrefPolicy("http://127.0.0.1:8080/catalog.json")
    url = policy.resolve("x/B04.tif", "http://127.0.0.1:8080/a/item.json")
    assert url == "http://127.0.0.1:8080/a/x/B04.tif"


def test_a_remote_catalogue_may_name_no_local_file():
    policy = HrefPolicy("https://example.org/catalog.json")
    with pytest.raises(HrefRefused, match="local"):
        policy.resolve("file:///etc/passwd", "https://example.org/a.json")


def test_relative_hrefs_work_in_buckets():
    policy = HrefPolicy("s3://bucket/catalog.json")
    assert policy.resolve("../B.tif", "s3://bucket/a/b/i.json") == "s3://bucket/a/B.tif"


def test_opening_refuses_by_itself():
    with pytest.raises(HrefRefused):
        RasterSource(VRT, GRID, gsd_m=10.0, access=Access("S"))


def test_a_file_url_is_decoded():
    assert local_path("file:///a%20b/c.tif") == Path("/a b/c.tif")
