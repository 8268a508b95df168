"""Typed JSON: frozen dataclasses to plain values and back, every fault named by its field.

What belongs here: the one way in which records, cards and bundles are read with types. What does
not: what they say, or which error their readers raise.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
_SHOWN_VALUE = 60
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def read_typed(kind: type[T], content: bytes) -> T:
    """Parse JSON as a dataclass; fields that the class does not have are ignored.

    Raises:
        ValueError: the bytes are not JSON, or a field is missing or has another type; the
            message begins with the field: ``machine.name is missing``.
    """
    try:
        return _adapter(kind).validate_json(content, strict=True)
    except ValidationError as error:
        raise ValueError(_explain(error)) from error


def as_plain(value: Any, *, leave_out_none: bool = False) -> Any:
    """A dataclass as plain JSON values.

    Args:
        value: an instance.
        leave_out_none: fields that are None are left out, as an older writer would have done;
            values within plain mappings stay.

    Raises:
        TypeError: a field has another type than its class declares.
    """
    try:
        return _adapter(type(value)).dump_python(
            value, mode="json", warnings="error", exclude_none=leave_out_none
        )
    except Exception as error:  # pydantic raises several kinds for what a class did not declare
        raise TypeError(str(error)) from error


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"]) or "it"
    if first["type"] in ("missing", "missing_argument"):
        return f"{path} is missing"
    if first["type"] == "value_error":  # a class's own words say what was wrong
        return f"{path}: {first['ctx']['error']}"
    shown = repr(first["input"])
    shown = shown if len(shown) <= _SHOWN_VALUE else f"{shown[:_SHOWN_VALUE]}…"
    return f"{path} = {shown}: {first['msg']}"


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
