"""Legends in files: a CSV table, a QGIS layer style, a colour table.

What belongs here: three formats and what is wrong in a file. What does not: what becomes of the
classes (``build``).

- ``.csv``: a header with ``name`` (or ``class``), and any of ``code``, ``title``, ``color``
  (``colour``), ``parent``, ``role``;
- ``.qml``: a style that QGIS saved of a vector layer ("Categorized") or of a raster ("Paletted /
  Unique values"); value → code of the labels, label → name;
- ``.clr``: a colour table: value, red, green, blue, maybe alpha, name; parted by spaces as Esri
  writes it or by commas as QGIS exports it.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.legend import Legend
from lulc_assets.core.legends.build import ClassEntry, build_legend

_COLUMNS = {
    "name": "name", "class": "name", "class_name": "name", "title": "title", "color": "color",
    "colour": "color", "parent": "parent", "role": "role", "code": "source", "value": "source",
}  # fmt: skip
_LARGEST_FILE = 5_000_000
_NUMBERS = re.compile(r"\d{1,3}")


def read_legend(path: Path) -> Legend:
    """Read a legend from a file; its name is the file's.

    Raises:
        InvalidLegend: missing, unreadable, of another format, without a class, or its classes
            break a rule; the message names the file and the line or value.
    """
    readers = {".csv": _read_csv, ".qml": _read_qml, ".clr": _read_clr}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidLegend(f"legend file {path} is not one of {', '.join(readers)}")
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidLegend(f"legend file {path} has {path.stat().st_size} bytes: not a legend")
        entries = list(reader(path, path.read_text("utf-8-sig")))
    except OSError as error:
        raise InvalidLegend(f"legend file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidLegend(f"legend file {path} is not UTF-8; save it as such") from error
    if not entries:
        raise InvalidLegend(f"legend file {path} holds no class")
    try:
        return build_legend(path.stem, entries)
    except InvalidLegend as error:
        raise InvalidLegend(f"legend file {path}: {error}") from error


def _read_csv(path: Path, text: str) -> Iterator[ClassEntry]:
    lines = text.splitlines()
    try:
        dialect = csv.Sniffer().sniff(lines[0] if lines else "", ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.reader(lines, dialect)
    header = [_COLUMNS.get(column.strip().casefold(), "") for column in next(rows, [])]
    if "name" not in header:
        raise InvalidLegend(
            f"legend file {path} has no column name; columns: name, code, title, color, parent, "
            "role"
        )
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header):
            raise InvalidLegend(
                f"legend file {path}, line {number}: {len(row)} cells under {len(header)} columns"
            )
        cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if column}
        yield ClassEntry(**cells)


def _read_clr(path: Path, text: str) -> Iterator[ClassEntry]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith(("#", "INTERPOLATION")):
            continue
        parts = [part for part in re.split(r"\s*,\s*|\s+", line.strip()) if part]
        numbers = 0
        while numbers < min(5, len(parts)) and _NUMBERS.fullmatch(parts[numbers].split(".")[0]):
            numbers += 1
        if numbers < 4:
            raise InvalidLegend(
                f"legend file {path}, line {number}: {line.strip()!r} is not value, red, green, "
                "blue, name"
            )
        name = " ".join(parts[numbers:]) or parts[0]
        yield ClassEntry(name, color=_color(path, parts[1:4]), source=parts[0].split(".")[0])


def _read_qml(path: Path, text: str) -> Iterator[ClassEntry]:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InvalidLegend(f"legend file {path} is not a QGIS style: {error}") from error
    for entry in root.iter("paletteEntry"):
        value = entry.get("value", "")
        yield ClassEntry(
            entry.get("label") or value, color=entry.get("color", "")[:7].upper(), source=value
        )
    symbols = {s.get("name", ""): s for s in root.iterfind(".//renderer-v2/symbols/symbol")}
    for category in root.iterfind(".//renderer-v2/categories/category"):
        value, label = category.get("value", ""), category.get("label", "")
        if value in ("", "NULL"):  # "all other values"
            continue
        symbol = symbols.get(category.get("symbol", ""))
        color = "" if symbol is None else _symbol_color(path, symbol)
        yield ClassEntry(label or value, color=color, source=value)


def _symbol_color(path: Path, symbol: ElementTree.Element) -> str:
    """The fill of a symbol: QGIS 3 writes an ``Option``, older ones a ``prop``."""
    for found in (*symbol.iter("Option"), *symbol.iter("prop")):
        if "color" in (found.get("name"), found.get("k")):
            value = found.get("value") or found.get("v") or ""
            return _color(path, value.split(",")[:3])
    return ""


def _color(path: Path, numbers: list[str]) -> str:
    if len(numbers) != 3 or not all(_NUMBERS.fullmatch(n) and int(n) < 256 for n in numbers):
        raise InvalidLegend(f"legend file {path}: {', '.join(numbers)} is not a colour of 0–255")
    return "#" + "".join(f"{int(n):02X}" for n in numbers)
