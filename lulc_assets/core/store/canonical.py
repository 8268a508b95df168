"""Canonical JSON: equal values, equal bytes.

What belongs here: plain values to bytes and digests, and how settings become part of an
identity. What does not: records (``records``).
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""A plain JSON value. Readers of a record never look into one: what they need is typed."""

COSMETIC = {"cosmetic": True}
"""Metadata of a settings field that only dresses a page (a title, a credit): such a field is
not part of an identity. ``dataclasses.field(metadata=COSMETIC)``, and in a pydantic model
``Field(json_schema_extra=COSMETIC)``."""


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8; NaN is refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_of(value: Any) -> str:
    """SHA-256 of a plain value's canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def identity_of(settings: object) -> Json:
    """Settings as the plain value that goes into an identity: the one way for all of them.

    Dataclasses and pydantic models become their fields without the :data:`COSMETIC` ones; sets
    become sorted lists, enumerations their values. An object that has a method ``identity``
    (settings of which only a part can change a file) decides for itself.

    Raises:
        TypeError: a value is none of these, a path for instance: a place is not an identity.
    """
    decide = getattr(settings, "identity", None)
    if callable(decide) and not isinstance(settings, type):
        return identity_of(decide())
    if isinstance(settings, Enum):
        return identity_of(settings.value)
    if settings is None or isinstance(settings, str | bool | int | float):
        return settings
    return _identity_of_many(settings)


def _identity_of_many(settings: object) -> Json:
    """Of what holds other values."""
    fields = _fields_that_count(settings)
    if fields is not None:
        return {name: identity_of(getattr(settings, name)) for name in fields}
    if isinstance(settings, Mapping):
        return {str(key): identity_of(value) for key, value in settings.items()}
    if isinstance(settings, AbstractSet):
        return sorted((identity_of(value) for value in settings), key=canonical_json)
    if isinstance(settings, Sequence) and not isinstance(settings, bytes):
        return [identity_of(value) for value in settings]
    raise TypeError(f"{type(settings).__name__} {settings!r} cannot be part of an identity")


def _fields_that_count(settings: object) -> list[str] | None:
    """Names of the fields that are not cosmetic; None where there are no fields."""
    if isinstance(settings, BaseModel):
        extras = {n: f.json_schema_extra for n, f in type(settings).model_fields.items()}
        return [n for n, e in extras.items() if not (isinstance(e, dict) and e.get("cosmetic"))]
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        found = dataclasses.fields(settings)
        return [field.name for field in found if not field.metadata.get("cosmetic")]
    return None
