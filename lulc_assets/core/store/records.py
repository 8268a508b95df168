"""Commit records: what says that a product exists.

What belongs here: keys of products, records and their canonical JSON, digests. What does
not: reading and writing objects.

A record holds no timestamp and no run id: same inputs, same bytes, same digest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import ProductCorrupt

FORMAT_VERSION = 1


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8; NaN is refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_of(value: Any) -> str:
    """SHA-256 of a plain value's canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True)
class StoredFile:
    """One file of a product: its key (which contains the hash), SHA-256 and size in bytes."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Record:
    """The commit record of a product.

    Attributes:
        product: the product's key prefix, e.g. ``annual_map/33TVM/2023``.
        identity: what it was made from: digests of inputs, settings, recipe version.
        files: name → file.
        properties: figures and notes that readers need without opening a file.
    """

    product: str
    identity: Mapping[str, Any]
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Canonical JSON, as stored."""
        return canonical_json({"format_version": FORMAT_VERSION, **asdict(self)})

    @property
    def digest(self) -> str:
        """SHA-256 of the record: the product's data version."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def identity_digest(self) -> str:
        """SHA-256 of the identity: equal when the product need not be made again."""
        return digest_of(self.identity)

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "Record":
        """Parse a stored record.

        Raises:
            ProductCorrupt: it does not parse or is of another format version.
        """
        try:
            value = json.loads(data)
            version = value.pop("format_version")
            value["files"] = {name: StoredFile(**entry) for name, entry in value["files"].items()}
            record = cls(**value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProductCorrupt(f"commit record {where} does not parse: {error}") from error
        if version != FORMAT_VERSION:
            raise ProductCorrupt(f"commit record {where} has format {version!r}, not 1")
        return record
