"""Copies in a bucket of files that programs keep in a folder: pages, metrics, checkpoints.

What belongs here: sending such files and bringing back those that a fresh machine lacks. What
does not: products, which have records (``publish``); a copy has none, the folder decides.
"""

import mimetypes
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.store.s3 import S3Store
from lulc_assets.core.whole_files import whole_file


@dataclass(frozen=True)
class Copies:
    """Copies of files under a prefix.

    Attributes:
        store: where; None: nowhere, as on a laptop, and nothing is done.
        below: prefix in it.
    """

    store: S3Store | None = None
    below: str = ""

    def send(self, folder: Path, names: Iterable[str]) -> None:
        """Store files of a folder, in the order of their names as given.

        Raises:
            StoreError: the bucket refuses; StoreUnreachable if it does not answer.
        """
        for name in names if self.store else ():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            assert self.store is not None
            self.store.overwrite(f"{self.below}/{name}", folder / name, kind)

    def bring(self, folder: Path) -> list[str]:
        """Write the files that the folder lacks; returns their names.

        Raises:
            StoreError: as :meth:`send`.
        """
        brought = []
        for name in self._names():
            path = folder / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                assert self.store is not None
                with whole_file(path) as part:
                    part.write_bytes(self.store.read(f"{self.below}/{name}").data)
                brought.append(name)
        return brought

    def keep(self, names: Collection[str] = ()) -> None:
        """Delete all copies but these."""
        for name in self._names():
            if name not in names:
                assert self.store is not None
                self.store.delete(f"{self.below}/{name}")

    def _names(self) -> list[str]:
        if self.store is None:
            return []
        names = (key.removeprefix(f"{self.below}/") for key in self.store.keys(self.below))
        return [name for name in names if ".." not in Path(name).parts]
