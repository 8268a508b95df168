"""Chips that do not fit into memory: the same numbers, from a file without a name."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.chips.room import Room


def lies_in_a_file(array: np.ndarray) -> bool:
    owner = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    return isinstance(owner, mmap.mmap)


def test_what_is_meant_for_memory_is_used_up_first(tmp_path: Path):
    room = Room(tmp_path, in_memory_bytes=100)
    arrays = [room.array((20,), np.uint16), room.array((40,), np.uint16), room.array((60,), "u1")]
    assert [lies_in_a_file(a) for a in arrays] == [False, True, False]
    assert [(a.shape, a.dtype) for a in arrays] == [((20,), "u2"), ((40,), "u2"), ((60,), "u1")]


def test_the_file_has_no_name_and_holds_what_was_written(tmp_path: Path):
    array = Room(tmp_path, in_memory_bytes=0).array((3, 4), np.uint16)
    array[:] = np.arange(12).reshape(3, 4)
    assert array.tolist() == np.arange(12).reshape(3, 4).tolist()
    assert not list(tmp_path.iterdir())
    assert type(array) is np.ndarray, "compiled loops take plain arrays only"


@pytest.mark.parametrize("in_memory_bytes", [0, 10**6])
def test_kept_rows_in_their_order(tmp_path: Path, in_memory_bytes: int):
    array = np.arange(2 * 150).reshape(150, 2)
    kept = np.arange(150) % 3 != 1
    found = Room(tmp_path, in_memory_bytes).take(array, kept)
    assert found.tolist() == array[kept].tolist()
    assert lies_in_a_file(found) == (in_memory_bytes == 0)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(OSError, match="gone"):
        Room(tmp_path / "gone", 0).array((1,), "u1")
