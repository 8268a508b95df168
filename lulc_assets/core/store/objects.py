"""What publishing needs of an object store.

What belongs here: the protocol of a store and the rule for its keys. What does not: the two
backends (``local``, ``s3``), what a product is (``records``), how it is published (``publish``).

A version is an opaque token of what an object held when it was read. Conditional writes
compare it: the loser of two concurrent writers gets ``CommitConflict`` and changes nothing.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lulc_assets.core.errors import StoreError

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class Versioned:
    """The bytes of an object and the version token they were read at."""

    data: bytes
    version: str


class ObjectStore(Protocol):
    """A store; keys are ``/``-separated names without ``..``."""

    def read(self, key: str) -> Versioned:
        """The object's bytes and version; raises ProductNotFound."""
        ...

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Store a file under a key that names its content; a damaged object is healed."""
        ...

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """Write if the object still has version ``expected`` (``None``: if it is absent).

        Raises:
            CommitConflict: another writer was first.
        """
        ...

    def fetch(self, key: str, sha256: str) -> Path:
        """A local file with the object's bytes, checked against their hash.

        Raises:
            ProductNotFound: there is no such object.
            ProductCorrupt: its bytes are others. It is removed, so that the product that needs
                it is found incomplete and made again.
        """
        ...


def check_key(key: str) -> str:
    """Return the key if it is a plain relative name.

    Raises:
        StoreError: it is empty, absolute, hidden, or climbs out of the store.
    """
    if not _KEY.fullmatch(key):
        raise StoreError(
            f"store key {key[:120]!r} is not a plain relative name (letters, digits, . _ -)"
        )
    return key


def damage(where: str, found: str, wanted: str) -> str:
    """The message about an object whose bytes are not those that were committed."""
    return (
        f"{where} does not match its commit record (SHA-256 {found[:12]}…, committed "
        f"{wanted[:12]}…) and was removed; run the asset again that makes it"
    )
