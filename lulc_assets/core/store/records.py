"""Commit records: what says that a product exists, and what it is.

What belongs here: the record's type, its canonical bytes, and reading it with typed properties.
What does not: reading and writing objects (``objects``), publishing (``publish``).

A record holds no timestamp and no run id: same inputs, same bytes, same digest. Its digest is
that of its stored bytes, whatever format they are in.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar

from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.store.canonical import Json, canonical_json, digest_of, digest_of_bytes
from lulc_assets.core.store.typed import as_plain, read_typed

FORMAT_VERSION = 2
FIRST_FORMAT = 1
"""Without inputs, version and types: such records are named, not guessed at."""

P = TypeVar("P")


@dataclass(frozen=True)
class StoredFile:
    """One file of a product: its key (which contains the hash), SHA-256 and size in bytes."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Basis:
    """What a product is made of, and so what tells it from another one of the same key.

    Attributes:
        version: of the asset's code; raised when it would make something else of the same.
        inputs: product → digest of its record, e.g. ``scene_catalog/33TVM/2023``.
        settings: everything else, for comparison and for the eye; no reader looks into it.
    """

    version: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Json = None

    @property
    def digest(self) -> str:
        """Equal where nothing need be made again."""
        return digest_of({**asdict(self), "inputs": dict(self.inputs)})


@dataclass(frozen=True)
class Record(Generic[P]):
    """The commit record of a product.

    Attributes:
        product: its key prefix, e.g. ``annual_map/33TVM/2023``.
        basis: from what.
        files: name → file.
        properties: what readers need without opening a file; their type belongs to the asset.
        data: the record's bytes as they are stored.
    """

    product: str
    basis: Basis
    files: Mapping[str, StoredFile]
    properties: P
    data: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the stored bytes: the product's data version."""
        return digest_of_bytes(self.data)

    @property
    def inputs(self) -> Mapping[str, str]:
        """Product → digest of the record that this one was made from."""
        return self.basis.inputs


def make_record(
    product: str, basis: Basis, files: Mapping[str, StoredFile], properties: P
) -> Record[P]:
    """A record of what was just made.

    Args:
        product: key prefix.
        basis: from what.
        files: stored already.
        properties: a frozen dataclass.

    Raises:
        TypeError: a property has another type than its class declares.
    """
    try:
        plain = as_plain(properties)
    except TypeError as error:
        raise TypeError(f"properties of {product}: {error}") from error
    data = canonical_json(
        {
            "format_version": FORMAT_VERSION,
            "product": product,
            "version": basis.version,
            "inputs": dict(basis.inputs),
            "settings": basis.settings,
            "files": {name: asdict(file) for name, file in files.items()},
            "properties": plain,
        }
    )
    return Record(product, basis, dict(files), properties, data)


def read_record(data: bytes, where: str, properties: type[P]) -> Record[P]:
    """Parse stored bytes.

    Args:
        data: as stored.
        where: key, for messages.
        properties: the class of the properties.

    Raises:
        ProductCorrupt: the bytes do not parse, are of another format, name a file that is not
            a plain name, or a property is missing or has another type; the message names it.
    """
    value = _parse(data, where)
    try:
        files = {_plain(name, where): StoredFile(**entry) for name, entry in value["files"].items()}
        basis = Basis(value["version"], value["inputs"], value["settings"])
        product = str(value["product"])
        plain = value["properties"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ProductCorrupt(f"commit record {where} does not parse: {error!r}") from error
    try:
        typed = read_typed(properties, canonical_json(plain))
    except ValueError as error:
        raise ProductCorrupt(
            f"commit record {where}: property {error}; make the product again"
        ) from error
    return Record(product, basis, files, typed, data)


def _parse(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProductCorrupt(f"commit record {where} does not parse: {error}") from error
    version = value.get("format_version") if isinstance(value, dict) else None
    if version == FIRST_FORMAT:
        raise ProductCorrupt(
            f"commit record {where} is of format 1; `lulc store migrate` sets such records "
            "aside, so that the products are made again"
        )
    if version != FORMAT_VERSION:
        raise ProductCorrupt(
            f"commit record {where} has format {version!r}, this version reads {FORMAT_VERSION}; "
            "use the version that wrote it"
        )
    return dict(value)


def _plain(name: str, where: str) -> str:
    """A file's name; readers make files of that name, so it must not lead anywhere else."""
    if "/" in name or "\\" in name or "\0" in name or name in ("", ".", ".."):
        raise ProductCorrupt(f"commit record {where} names a file {name[:80]!r}: not a plain name")
    return name
