"""Whether a file is the one whose checksum its item states.

What belongs here: multihashes (STAC file extension, ``file:checksum``) and comparing them. What
does not: reading items (``core/catalog``), checksums of our own products (``core/store``).

A multihash is hexadecimal: code of the function, length of the digest, digest
(https://github.com/multiformats/multihash). A local file is compared as a whole when it is opened
first; of a remote file only one that its first request brings whole, because the others are never
downloaded whole.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from lulc_assets.core.errors import UnreadableRaster

_FUNCTIONS = {
    "1114": "sha1",
    "1220": "sha256",
    "1340": "sha512",
    "1440": "sha3_512",
    "1530": "sha3_384",
    "1620": "sha3_256",
    "d50110": "md5",
}
"""Code and length → name in ``hashlib``."""


def usable_checksum(stated: object) -> str:
    """A checksum that an item states, lower case; empty where it is none that can be compared."""
    text = stated.lower() if isinstance(stated, str) else ""
    return text if _split(text) is not None else ""


def require_checksum(path: Path, checksum: str, name: str) -> None:
    """Refuse a local file that is not the one that its item describes.

    Args:
        path: the file; it is read whole, once per process as long as it does not change.
        checksum: from :func:`usable_checksum`; nothing is compared where it is empty.
        name: scene and href, for the message.

    Raises:
        UnreadableRaster: the file has another checksum, or cannot be read.
    """
    if not checksum:
        return
    try:
        state = path.stat()
        found = _digest_of_file(str(path), checksum, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise UnreadableRaster(f"{name} cannot be read: {error.strerror}") from error
    _compare(found, checksum, name)


def require_checksum_of(data: bytes, checksum: str, name: str) -> None:
    """The same of a file's bytes."""
    parts = _split(checksum)
    if parts is not None:
        _compare(hashlib.new(parts[0], data).hexdigest(), checksum, name)


@lru_cache(maxsize=1024)
def _digest_of_file(path: str, checksum: str, modified_ns: int, size: int) -> str:
    parts = _split(checksum)
    assert parts is not None
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, parts[0]).hexdigest()


def _compare(found: str, checksum: str, name: str) -> None:
    if not checksum.endswith(found):
        raise UnreadableRaster(
            f"{name} is not the file that its item describes: its checksum is …{found[-16:]}, "
            f"file:checksum says …{checksum[-16:]}; copy it again"
        )


def _split(text: str) -> tuple[str, str] | None:
    """Function and digest of a multihash; None where it is none that is known."""
    for code, function in _FUNCTIONS.items():
        digest = text.removeprefix(code)
        size = 2 * hashlib.new(function, usedforsecurity=False).digest_size
        if digest != text and len(digest) == size and set(digest) <= set("0123456789abcdef"):
            return function, digest
    return None
