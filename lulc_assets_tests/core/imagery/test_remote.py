from itertools import pairwise

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.imagery import remote
from lulc_assets.core.imagery.remote import MERGE_GAP_BYTES, RemoteFile, SingleFile, merge_ranges
from lulc_assets_tests.small_scene import write_tif


class Bytes:
    """A range source in memory that counts, and fails when it is told."""

    def __init__(self, data):
        self.name = "scene S: memory"
        self.data = data
        self.size = len(data)
        self.asked = []
        self.failure = None

    def fetch(self, start, stop):
        self.asked.append((start, stop))
        if self.failure is not None:
            raise self.failure
        return self.data[start:stop]


DATA = np.random.default_rng(0).integers(0, 256, 400_000).astype(np.uint8).tobytes()


@given(st.lists(st.tuples(st.integers(0, 390_000), st.integers(1, 9_000)), max_size=12))
def test_ranges_are_covered_in_order_and_apart(spans):
    wanted = [(start, start + size) for start, size in spans]
    merged = list(merge_ranges(wanted))
    for start, stop in wanted:
        assert any(low <= start and stop <= high for low, high in merged)
    for (_, before), (after, _) in pairwise(merged):
        assert after - before > MERGE_GAP_BYTES or after <= before


@given(st.lists(st.tuples(st.integers(0, 390_000), st.integers(1, 9_000)), min_size=1, max_size=9))
def test_each_range_gets_its_own_bytes(spans):
    offsets, sizes = zip(*spans, strict=True)
    found = RemoteFile(Bytes(DATA)).read_ranges(offsets, sizes)
    assert found == [DATA[start : start + size] for start, size in spans]


def test_near_ranges_are_one_request():
    source = Bytes(DATA)
    file = RemoteFile(source)
    file.read_ranges([100_000, 110_000, 300_000], [9_000, 9_000, 50])
    assert sorted(source.asked[1:]) == [(100_000, 119_000), (300_000, 300_050)]


def test_small_reads_are_kept():
    source = Bytes(DATA)
    file = RemoteFile(source)
    assert file.read(10, 20) == DATA[10:20]
    assert file.read(65_000, 66_000) == DATA[65_000:66_000]
    assert file.read(70_000, 70_010) == DATA[70_000:70_010]
    assert len(source.asked) == 2
    assert file.read(399_990, 500_000) == DATA[399_990:]
    assert file.read(400_000, 400_010) == b""


def test_an_error_of_any_kind_is_kept_and_nothing_is_given_after_it():
    source = Bytes(DATA)
    file = RemoteFile(source)
    source.failure = RuntimeError("odd")
    assert file.read_ranges([200_000], [10]) == [b""]
    with pytest.raises(UnreadableRaster, match="scene S: memory: RuntimeError: odd"):
        file.raise_error()
    source.failure = None
    assert file.read(0, 10) == b""


def test_a_range_beyond_the_end_is_an_error_not_fewer_bytes():
    file = RemoteFile(Bytes(DATA))
    assert file.read_ranges([399_000], [2_000]) == [b""]
    with pytest.raises(UnreadableRaster, match="ends before its last block"):
        file.raise_error()


def test_an_absurd_block_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(remote, "MAX_RANGE_BYTES", 1000)
    source = Bytes(DATA)
    file = RemoteFile(source)
    assert file.read_ranges([100_000], [2_000]) == [b""]
    assert len(source.asked) == 1
    with pytest.raises(UnreadableRaster, match="2000 bytes"):
        file.raise_error()


def test_gdal_sees_one_file_and_no_neighbours(tmp_path):
    array = np.arange(64, dtype=np.uint16).reshape(8, 8)
    path = write_tif(tmp_path / "a.tif", array)
    file = RemoteFile(Bytes(path.read_bytes()))
    folder = SingleFile(file)
    with rasterio.open(file.name, driver="GTiff", opener=folder) as source:
        np.testing.assert_array_equal(source.read(1), array)
    assert folder.isfile(file.name)
    assert not folder.isfile("other.tif")
    assert folder.ls("") == []
    with pytest.raises(FileNotFoundError):
        folder.open("other.tif")
    with pytest.raises(FileNotFoundError):
        folder.open(file.name, "w")
