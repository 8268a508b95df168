"""A shapefile is several files: which must be there, and what encoding their text has.

What belongs here: companions, and text of a .dbf that does not name its encoding. What does
not: reading geometries.
"""

import codecs
from pathlib import Path
from typing import Any

import pandas as pd

from lulc_assets.core.errors import LulcError
from lulc_assets.core.tables.text_file import looks_foreign

_NEEDED = (".shx", ".dbf")
_ALL = (".shp", *_NEEDED, ".prj", ".cpg", ".qpj")
_LANGUAGE_BYTE = 29
_LENGTH = 24
"""Where a .shp holds its own length in words of 16 bits."""
_UNNAMED = (0x00, 0x03, 0x57)
"""Language codes of a .dbf that name no encoding, or "ANSI", which is what a machine had."""


def find_companions(path: Path) -> list[Path]:
    """The files of a shapefile, with names in any case, sorted."""
    return sorted(
        other for other in path.parent.iterdir()
        if other.stem == path.stem and other.is_file() and other.suffix.lower() in _ALL
    )  # fmt: skip


def companions_of(path: Path, error: type[LulcError]) -> None:
    """Refuse a shapefile that lacks a companion or its own end."""
    there = {other.suffix.lower() for other in find_companions(path)}
    lost = [suffix for suffix in _NEEDED if suffix not in there]
    if lost:
        raise error(
            f"{path}: {path.stem}{lost[0]} is missing; a shapefile is .shp, .shx, .dbf and .prj "
            "together"
        )
    with path.open("rb") as file:
        promised = 2 * int.from_bytes(file.read(_LENGTH + 4)[_LENGTH:], "big")
    if path.stat().st_size < promised:
        raise error(
            f"{path}: is truncated: {path.stat().st_size:,} of {promised:,} bytes; copy it again"
        )


def keeps_encoding(path: Path) -> bool:
    """Whether a .cpg file or the .dbf says how its text is encoded."""
    files = {other.suffix.lower(): other for other in find_companions(path)}
    if ".cpg" in files and files[".cpg"].read_bytes().strip():
        return True
    with files[".dbf"].open("rb") as table:
        head = table.read(_LANGUAGE_BYTE + 1)
    return len(head) > _LANGUAGE_BYTE and head[_LANGUAGE_BYTE] not in _UNNAMED


def decode_table(frame: Any, path: Path, error: type[LulcError]) -> Any:
    """Text that was read byte for byte, in UTF-8 where all of it is, else in Windows-1252.

    Raises:
        LulcError: ``error``, where it can hardly be Western text.
    """
    held = [c for c in frame.columns if pd.api.types.is_object_dtype(frame[c])
            or pd.api.types.is_string_dtype(frame[c])]  # fmt: skip
    texts = [v for c in held for v in frame[c] if isinstance(v, str)] + list(map(str, frame))
    coded = {text: _bytes_of(text) for text in texts if not text.isascii()}
    if not coded:
        return frame
    decoded = {text: _as_utf8(data) for text, data in coded.items()}
    if any(value is None for value in decoded.values()):
        decoded = {text: data.decode("cp1252", "replace") for text, data in coded.items()}
        strange = [v for v in decoded.values() if v is not None and looks_foreign(v)]
        if strange:
            raise error(
                f"{path}: text such as {strange[0]!r} is in an encoding that is not named; add "
                f"{path.stem}.cpg with its name (GBK, CP1251, …), or save it as GeoPackage"
            )
    changed = frame.rename(columns=lambda c: decoded.get(str(c)) or c)
    for column in changed.columns:
        if pd.api.types.is_object_dtype(changed[column]):
            changed[column] = changed[column].map(
                lambda value: decoded.get(value, value) if isinstance(value, str) else value
            )
    return changed


def _bytes_of(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _as_utf8(data: bytes) -> str | None:
    """Text, but for a letter that the width of the column cut; None where it is not UTF-8."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return None
