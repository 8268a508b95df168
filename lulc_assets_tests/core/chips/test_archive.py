import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import zarr

from lulc_assets.core.chips import archive
from lulc_assets.core.chips.archive import read_chips, write_chips, write_index
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import ProductCorrupt


@pytest.fixture(params=[1, 7])
def chips(request) -> Chips:
    rng = np.random.default_rng(0)
    n = request.param
    index = gpd.GeoDataFrame(
        {"chip_id": [f"c{k}" for k in range(n)], "split": ["train"] * n},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(n)],
        crs=32633,
    )
    images = rng.integers(0, 10_000, (n, 6, 32, 32)).astype(np.uint16)
    masks = rng.integers(0, 11, (n, 32, 32)).astype(np.uint8)
    return Chips(images, masks, index, {"clouds": 3})


@pytest.mark.parametrize("in_memory_bytes", [0, 10**9])
def test_chips_read_back_as_they_were(
    tmp_path: Path, chips: Chips, monkeypatch, in_memory_bytes: int
):
    monkeypatch.setattr(archive, "SHARD_CHIPS", 3)
    again = read_chips(
        write_chips(tmp_path / "deep" / "chips.zip", chips),
        write_index(tmp_path / "deep" / "index.parquet", chips.index),
        Room(tmp_path, in_memory_bytes),
    )
    assert (again.images == chips.images).all()
    assert (again.masks == chips.masks).all()
    assert again.images.dtype == np.uint16
    assert again.index.equals(chips.index)
    assert again.dropped == {"clouds": 3}
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["chips.zip", "index.parquet"]


def test_equal_chips_give_equal_bytes(tmp_path: Path, chips: Chips):
    one, two = (write_chips(tmp_path / name, chips) for name in ("one.zip", "two.zip"))
    assert one.read_bytes() == two.read_bytes()
    one, two = (write_index(tmp_path / name, chips.index) for name in ("1.parquet", "2.parquet"))
    assert one.read_bytes() == two.read_bytes()


def test_the_archive_is_one_plain_zip_that_zarr_reads_in_place(tmp_path: Path, chips: Chips):
    path = write_chips(tmp_path / "chips.zip", chips)
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}
    with zarr.storage.ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        assert group.metadata.zarr_format == 3
        assert group["image"].shards is not None
        assert group.attrs["bands"] == ["red", "green", "blue", "nir", "swir1", "swir2"]
        assert (group["mask"][0] == chips.masks[0]).all()


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, chips: Chips):
    path = write_chips(tmp_path / "chips.zip", chips)
    index = write_index(tmp_path / "index.parquet", chips.index.iloc[:0])
    with pytest.raises(ProductCorrupt, match="do not belong together"):
        read_chips(path, index)


@pytest.mark.parametrize("content", [b"", b"PK no zip"])
def test_a_damaged_archive_is_refused(tmp_path: Path, chips: Chips, content: bytes):
    path = tmp_path / "chips.zip"
    path.write_bytes(content)
    with pytest.raises(ProductCorrupt, match=r"chips\.zip"):
        read_chips(path, write_index(tmp_path / "index.parquet", chips.index))
    with pytest.raises(ProductCorrupt, match=r"gone\.zip"):
        read_chips(tmp_path / "gone.zip", tmp_path / "index.parquet")


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path, chips: Chips, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(archive, "_pack", fail)
    with pytest.raises(OSError, match="disk full"):
        write_chips(tmp_path / "chips.zip", chips)
    assert list(tmp_path.iterdir()) == []


def test_chips_of_other_bands_keep_their_names(tmp_path: Path, chips: Chips):
    three = Chips(chips.images[:, :3], chips.masks, chips.index, bands=("red", "green", "blue"))
    again = read_chips(
        write_chips(tmp_path / "chips.zip", three),
        write_index(tmp_path / "index.parquet", chips.index),
    )
    assert again.bands == three.bands
    assert again.images.shape[1] == 3
