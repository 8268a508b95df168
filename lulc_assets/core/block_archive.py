"""Zip archives of blocks with a JSON header: what the files of sums and of planes share.

What belongs here: the archive, its header, names of blocks. What does not: what a block holds
and how it is compressed (``compositing.sums_file``, ``alerts.block_file``).

The archive is not compressed itself and its members carry one fixed date: equal blocks in
equal order are equal bytes.
"""

import json
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import BLOCK_PX
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.whole_files import name_part, put_in_place

_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter:
    """Writes an archive; a context manager.

    The file gets its name when the context ends without an error.

    Args:
        path: target.
        header_name: member that comes first.
        header: plain JSON; ``format`` and ``grid`` are what a reader compares.
    """

    def __init__(self, path: Path, header_name: str, header: Mapping[str, Any]) -> None:
        self.path = path
        self._part = name_part(path)
        self._archive = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED)
        self._put(header_name, canonical_json(header))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._archive.close()
        if kind is None:
            put_in_place(self._part, self.path, durable=False)
        else:
            self._part.unlink()

    def _put(self, name: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(name, date_time=_EPOCH)
        entry.external_attr = 0o644 << 16
        self._archive.writestr(entry, data)


class ArchiveReader:
    """An archive, open for reading; a context manager, usable from several threads.

    Args:
        path: of the archive.
        header_name: member with the header.
        expected: format and grid that the header must state.
        title: what an error calls the file.
        needed: further keys that the header must have.

    Attributes:
        header: what the writer was given.

    Raises:
        ProductCorrupt: no such archive, of another format or of another grid.
    """

    def __init__(
        self,
        path: Path,
        header_name: str,
        expected: tuple[int, PixelGrid],
        title: str,
        needed: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        wanted = (expected[0], expected[1].to_dict())
        with ExitStack() as stack:
            try:
                self._archive = stack.enter_context(zipfile.ZipFile(path))
                self.header: dict[str, Any] = json.loads(self._archive.read(header_name))
                found = (self.header["format"], self.header["grid"])
                if absent := [key for key in needed if key not in self.header]:
                    raise KeyError(*absent)
            except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
                raise ProductCorrupt(f"{title} cannot be read: {error}") from error
            if found != wanted:
                raise ProductCorrupt(f"{title} has (format, grid) {found}; needed is {wanted}")
            stack.pop_all()
        self._names = frozenset(self._archive.namelist())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._archive.close()


def block_name(window: Window) -> str:
    """Name of the block that begins at a window, ``<row>_<col>`` in blocks."""
    return f"{window.row // BLOCK_PX}_{window.col // BLOCK_PX}"
