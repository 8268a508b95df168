"""Room for arrays of chips: memory, and a scratch file where they are too large for it.

What belongs here: where numbers lie while a process works on them. What does not: the archive
that is kept (``archive``).

A scratch file has no name: its space is given back when the last array over it goes, also when
the process is killed. The page cache keeps of it what fits, so little is lost where memory
would have done.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

IN_MEMORY_BYTES = 4 * 2**30
"""A tile labelled wall to wall has 18 GB of chips on eight dates; twenty windows have 1 GB."""

_TAKE_CHIPS = 64
"""Chips copied at a time: a bounded copy, whatever the array holds."""


class Room:
    """Hands out arrays until the memory meant for them is used up, then files.

    Args:
        folder: on a disk with room; None: the system's folder for temporary files.
        in_memory_bytes: what all arrays together may take of memory. One that is larger than
            what is left of it lies in a file.
    """

    def __init__(self, folder: Path | None = None, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._folder = folder
        self._left = in_memory_bytes

    def array(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array to be filled; what it holds before is not defined.

        Pages that are never written take no space, neither in memory nor in a file.

        Raises:
            OSError: the folder cannot be written to.
        """
        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        if size <= self._left:
            self._left -= size
            return np.empty(shape, kind)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            return np.asarray(np.memmap(file, kind, mode="w+", shape=shape))

    def take(self, array: npt.NDArray[Any], kept: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        """The rows of an array that are kept, shape (n,), in their order and in new room."""
        rows = np.flatnonzero(kept)
        found = self.array((len(rows), *array.shape[1:]), array.dtype)
        for start in range(0, len(rows), _TAKE_CHIPS):
            some = slice(start, start + _TAKE_CHIPS)
            found[some] = array[rows[some]]
        return found
