"""What is wrong in a project file, in words that a person can act on.

What belongs here: validation errors → key, value and what to do. What does not: the file's
shape (``project``).
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING = ("missing", "missing_argument")
_NOT_WRITTEN = ("folder",)
"""Fields that the reader fills in, not the file."""


def explain(errors: Iterable[Mapping[str, Any]], shape: type[BaseModel]) -> str:
    """The errors of a validation as sentences, one after another, parted by semicolons.

    Args:
        errors: what pydantic's ``ValidationError.errors()`` gives.
        shape: the model that was to be filled.
    """
    told: dict[str, list[str]] = {}
    for error in errors:
        path = _written_path(error["loc"])
        told.setdefault(path, []).append(_sentence(error, path, shape))
    # A value that fits no branch of a union has an error for each: the first names them best.
    return "; ".join(sentences[0] for sentences in told.values())


def _written_path(loc: tuple[str | int, ...]) -> str:
    """The key as the file has it: without the branches of a union that pydantic adds."""
    return ".".join(str(part) for part in loc if "[" not in str(part))


def _sentence(error: Mapping[str, Any], path: str, shape: type[BaseModel]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind in _UNKNOWN:
        return f"{path} is not a setting{_suggestion(path, shape)}"
    if kind in _MISSING:
        return f"{path} is missing"
    if kind in ("value_error", "assertion_error"):
        reason = message.partition(", ")[2]
        return f"{path}: {reason}" if path else reason
    return f"{path} = {error['input']!r}: {message[:1].lower()}{message[1:]}"


def _suggestion(path: str, shape: type[BaseModel]) -> str:
    *section, key = path.split(".")
    known = _keys_of(shape, section)
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"; did you mean {'.'.join([*section, close[0]])}?"
    return f"; known here: {', '.join(known)}" if known else ""


def _keys_of(shape: Any, section: list[str]) -> list[str]:
    """Names of the settings of a section; empty where any name will do."""
    for part in section:
        fields = _fields(shape)
        shape = fields.get(part) if fields else _value_type(shape)
    return [name for name in _fields(shape) if name not in _NOT_WRITTEN]


def _fields(shape: Any) -> dict[str, Any]:
    """Field → type of a model or a dataclass; empty for anything else."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return {
            field.validation_alias if isinstance(field.validation_alias, str) else name: (
                field.annotation
            )
            for name, field in shape.model_fields.items()
        }
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        return {field.name: field.type for field in dataclasses.fields(shape)}
    return {}


def _value_type(shape: Any) -> Any:
    """Type of the values of a mapping."""
    return get_args(shape)[1] if get_origin(shape) is Mapping else None
