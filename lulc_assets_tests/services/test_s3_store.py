"""Products on a real S3 service: one winner, damage that heals, faults that are told by name."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import rasterio

from benchmarks.killed_store.server import BUCKET, SECRET, S3Server
from lulc_assets.core.errors import (
    CommitConflict,
    ProductCorrupt,
    ProductNotFound,
    StoreError,
    StoreUnreachable,
)
from lulc_assets.core.store.copies import Copies
from lulc_assets.core.store.publish import (
    fetch,
    find_record,
    is_complete,
    publish,
    require_own,
    require_writable,
)
from lulc_assets.core.store.records import Basis
from lulc_assets.core.store.s3 import S3Store
from lulc_assets_tests.services.s3_faults import Answer, faulty

pytestmark = pytest.mark.services

PRODUCT = "annual_map/33TVM/2023"


@dataclass(frozen=True)
class Pixels:
    pixels: int


@pytest.fixture
def store(s3: S3Server, tmp_path: Path) -> S3Store:
    return S3Store(f"s3://{BUCKET}/{tmp_path.name}", tmp_path / "cache", s3.access())


def through(store: S3Store, endpoint: str, patience_s: float = 20) -> S3Store:
    """The same store by another way."""
    access = replace(store.access, endpoint=endpoint, patience_s=patience_s)
    return S3Store(store.url, store.cache, access)


def commit(store, folder, text="one", replaces=None):
    folder.mkdir(exist_ok=True)
    path = folder / "class.tif"
    path.write_text(text)
    return publish(store, PRODUCT, Basis(1, {}, text), {"class.tif": path}, Pixels(4),
                   replaces=replaces)  # fmt: skip


def find(store):
    return find_record(store, PRODUCT, Pixels)


def test_of_sixteen_writers_one_wins_and_nothing_is_mixed(store, tmp_path):
    def write(number):
        own = S3Store(store.url, tmp_path / f"cache{number}", store.access)
        barrier.wait()
        try:
            return commit(own, tmp_path / str(number), f"of writer {number}")
        except CommitConflict:
            return None

    barrier = threading.Barrier(16)
    with ThreadPoolExecutor(16) as pool:
        won = [record for record in pool.map(write, range(16)) if record]
    assert len(won) == 1
    assert find(store)[0] == won[0]
    assert fetch(store, won[0], "class.tif").read_text() == won[0].basis.settings


def test_a_large_file_goes_up_in_parts_and_comes_back(store, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 60_000)
    record = publish(store, PRODUCT, Basis(1), {"large": path}, Pixels(1), replaces=None)
    assert fetch(store, record, "large").read_bytes() == path.read_bytes()


def test_a_damaged_object_is_told_removed_and_made_again(store, tmp_path):
    record = commit(store, tmp_path / "a")
    key = record.files["class.tif"].key
    (tmp_path / "bad").write_text("two")  # of the same size
    store.overwrite(key, tmp_path / "bad")
    with pytest.raises(ProductCorrupt, match="was removed"):
        fetch(store, record, "class.tif")
    assert not is_complete(store, record)
    commit(store, tmp_path / "a", replaces=find(store)[1])
    assert fetch(store, record, "class.tif").read_text() == "one"


def test_a_damaged_file_of_the_cache_is_fetched_again(store, tmp_path):
    record = commit(store, tmp_path / "a")
    path = fetch(store, record, "class.tif")
    path.write_text("two")
    assert fetch(store, record, "class.tif").read_text() == "one"


def test_many_threads_fetch_one_object_through_one_cache(store, tmp_path):
    record = commit(store, tmp_path / "a", "x" * 100_000)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: fetch(store, record, "class.tif").read_text(), range(64)))
    assert set(found) == {"x" * 100_000}
    assert [path.name for path in store.cache.rglob("*") if path.is_file()] == [
        Path(record.files["class.tif"].key).name
    ]


def test_the_cache_keeps_its_size_and_what_was_handed_out_lately(store, tmp_path, monkeypatch):
    monkeypatch.setattr("lulc_assets.core.store.s3._IN_USE_S", 0.0)
    store.cache_bytes = 25_000
    for number in range(4):
        path = tmp_path / f"file{number}"
        path.write_bytes(bytes([number]) * 10_000)
        record = publish(store, f"a/{number}", Basis(1), {"f": path}, Pixels(1), replaces=None)
        fetch(store, record, "f")
    assert sum(path.stat().st_size for path in store.cache.rglob("*") if path.is_file()) <= 25_000


def test_a_commit_whose_answer_is_lost_is_ours(store, s3, tmp_path):
    lost = []

    def lose(request, serve):
        if request.method == "PUT" and request.path.endswith("record.json") and not lost:
            lost.append(serve(request))
            return None
        return serve(request)

    with faulty(s3, lose) as endpoint:
        record = commit(through(store, endpoint), tmp_path / "a")
    assert len(lost) == 1
    assert lost[0].status == 200
    assert find(store)[0] == record


@pytest.mark.parametrize("status", [500, 409])
def test_an_answer_that_asks_to_try_again_is_followed(store, s3, tmp_path, status):
    refused = []

    def refuse(request, serve):
        if request.method == "PUT" and request.path.endswith("record.json") and not refused:
            refused.append(request)
            return Answer(status, b"<Error><Code>ConditionalRequestConflict</Code></Error>")
        return serve(request)

    with faulty(s3, refuse) as endpoint:
        record = commit(through(store, endpoint), tmp_path / "a")
    assert refused
    assert find(store)[0] == record


def test_wrong_credentials_fail_at_once_and_are_not_shown(s3, tmp_path):
    store = S3Store(f"s3://{BUCKET}/x", tmp_path, s3.access(secret="another-secret", patience_s=60))
    began = time.monotonic()
    with pytest.raises(StoreError, match="secret is wrong") as caught:
        require_writable(store)
    assert time.monotonic() - began < 5
    assert not isinstance(caught.value, StoreUnreachable)
    assert "another-secret" not in str(caught.value)


def test_no_credentials_are_told(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="no credentials are there; set AWS_ACCESS_KEY_ID"):
        S3Store("s3://bucket/x", tmp_path).read("a")


def test_a_bucket_that_is_not_there_is_told_before_the_work(s3, tmp_path):
    store = S3Store("s3://no-such-bucket/x", tmp_path, s3.access())
    with pytest.raises(StoreError, match="there is no such bucket") as caught:
        require_writable(store)
    assert not isinstance(caught.value, ProductNotFound)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", "s3:PutObject"),
        ("ExpiredToken", "have expired"),
        ("RequestTimeTooSkewed", "clock of this machine"),
    ],
)
def test_a_refusal_names_its_cause(store, s3, code, told):
    def refuse(request, serve):
        return Answer(403, f"<Error><Code>{code}</Code></Error>".encode())

    with faulty(s3, refuse) as endpoint, pytest.raises(StoreError, match=told) as caught:
        through(store, endpoint, patience_s=60).replace("a", b"1", expected=None)
    assert not isinstance(caught.value, StoreUnreachable)


def test_a_store_without_conditional_writes_is_refused(store, s3):
    """A service that takes no notice of the conditions: the proxy writes without them."""
    plain = S3Store(store.url, store.cache, s3.access())

    def ignore(request, serve):
        names = {name.lower() for name in request.headers}
        if request.method == "PUT" and names & {"if-none-match", "if-match"}:
            key = request.path.partition(f"{BUCKET}/")[2]
            prefix = store.url.removeprefix(f"s3://{BUCKET}/") + "/"
            put = plain._bucket.put(key.removeprefix(prefix), request.body)
            return Answer(200, headers={"ETag": put["e_tag"]})
        return serve(request)

    with (
        faulty(s3, ignore) as endpoint,
        pytest.raises(StoreError, match="no conditional writes"),
    ):
        require_writable(through(store, endpoint))
    require_writable(store)


def test_a_server_that_is_killed_midway_loses_nothing_that_it_acknowledged(store, s3, tmp_path):
    first = commit(store, tmp_path / "a")
    s3.kill()
    with pytest.raises(StoreUnreachable):
        through(store, s3.endpoint, patience_s=1).read("probe.json")
    later = threading.Timer(1.0, s3.start)
    later.start()
    second = commit(store, tmp_path / "a", "two", replaces=find(store)[1])  # waits for it
    later.join()
    assert find(store)[0] == second
    assert fetch(store, first, "class.tif").read_text() == "one"
    assert fetch(store, second, "class.tif").read_text() == "two"


def test_two_projects_on_one_prefix_are_refused(store):
    require_own(store, "Alps")
    require_own(store, "Alps")
    with pytest.raises(StoreError, match="two projects in one place"):
        require_own(store, "Coast")


def test_copies_go_up_and_come_back_to_an_empty_machine(store, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "index.html").write_text("<p>maps")
    copies = Copies(store, "pages")
    copies.send(tmp_path / "one", ["index.html"])
    assert copies.bring(tmp_path / "two") == ["index.html"]
    assert copies.bring(tmp_path / "two") == []
    assert (tmp_path / "two" / "index.html").read_text() == "<p>maps"
    assert store._bucket.get("pages/index.html").attributes["Content-Type"] == "text/html"
    copies.keep()
    assert copies.bring(tmp_path / "three") == []


def test_gdal_reads_in_place_with_the_same_credentials(store, tmp_path):
    path = tmp_path / "a.tif"
    settings = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", crs="EPSG:32633", transform=rasterio.Affine(10, 0, 0, 0, -10, 0),
                       **settings) as file:  # fmt: skip
        file.write(bytes_of_eight(), 1)
    record = publish(store, PRODUCT, Basis(1), {"a.tif": path}, Pixels(1), replaces=None)
    with (
        rasterio.Env(store.access.gdal_session(store.url), **store.access.gdal_options(store.url)),
        rasterio.open(store.gdal_path(record.files["a.tif"].key)) as file,
    ):
        assert (file.read(1) == bytes_of_eight()).all()


def bytes_of_eight():
    import numpy as np

    return np.arange(64, dtype="uint8").reshape(8, 8)


def test_the_secret_is_in_no_repr(store):
    assert SECRET not in repr(store.access)
