"""Planes of a block as bytes: what did not change is copied, what is damaged is refused."""

import zipfile

import numpy as np
import pytest

from lulc_assets.core.alerts.block_file import BlockFile, BlockWriter, pack_planes
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets_tests.core.compositing.scenes import GRID

PLANES = 4
(WINDOW,) = GRID.blocks(512)


def some_planes(seed=0):
    planes = np.random.default_rng(seed).integers(0, 3, (PLANES, *GRID.shape)).astype(np.uint16)
    planes[2] = 0
    return planes


def written(path, packed):
    with BlockWriter(path, GRID, {"of": "a test"}) as writer:
        writer.write(WINDOW, packed)
    return path


def test_planes_come_back_as_they_were(tmp_path):
    planes = some_planes()
    with BlockFile(written(tmp_path / "a.zip", pack_planes(planes)), GRID) as file:
        assert (file.read(WINDOW, PLANES) == planes).all()
    assert pack_planes(np.zeros_like(planes)) is None
    with BlockFile(written(tmp_path / "b.zip", None), GRID) as file:
        assert not file.read(WINDOW, PLANES).any()


@pytest.mark.parametrize("before", [some_planes(), np.zeros_like(some_planes())])
def test_copied_planes_are_the_bytes_of_packing_all_of_them(before):
    after = before.copy()
    after[1, 3:5, 7] += 2
    touched = np.array([False, True, False, False])
    assert pack_planes(after, pack_planes(before), touched) == pack_planes(after)


def test_a_plane_that_is_not_touched_is_not_looked_at():
    before = some_planes()
    after = some_planes(seed=1)
    packed = pack_planes(after, pack_planes(before), np.zeros(PLANES, np.bool_))
    assert packed == pack_planes(before)


def test_a_block_whose_lengths_do_not_add_up_is_refused_by_name(tmp_path):
    packed = pack_planes(some_planes())
    with BlockFile(written(tmp_path / "a.zip", packed[:-9]), GRID) as file:
        with pytest.raises(ProductCorrupt, match=r"a\.zip, block 0_0: its planes end at byte"):
            file.read(WINDOW, PLANES)
        with pytest.raises(ProductCorrupt, match="block 0_0"):
            file.read(WINDOW, PLANES + 1)


def test_a_damaged_archive_is_refused_by_name(tmp_path):
    path = written(tmp_path / "a.zip", pack_planes(some_planes()))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("0_0")
    data[entry.header_offset + entry.file_size // 2] ^= 255
    path.write_bytes(data)
    with BlockFile(path, GRID) as file, pytest.raises(ProductCorrupt, match="block 0_0"):
        file.read(WINDOW, PLANES)
