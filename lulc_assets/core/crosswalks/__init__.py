"""Crosswalks from the vocabularies in use into a legend.

What belongs here: finding a crosswalk by name, and reading a team's own from a file. What
does not: the tables (``world``, ``europe``), which lead to the default legend, their way
into others (``own``), the code that applies them (``crosswalk``).

A pair is *exact*, *narrower* (the foreign class lies inside ours), *broader* (it also holds
land that is ours under another code) or *none* (left unlabelled). A broader class that
straddles two of ours evenly, such as rangeland, is left unlabelled as well: a label that
is wrong half of the time teaches the wrong thing.
"""

from pathlib import Path
from typing import get_args

from lulc_assets.core.crosswalks.crosswalk import Crosswalk, CrosswalkEntry, Relation, as_key
from lulc_assets.core.crosswalks.europe import CORINE, CORINE_RASTER, EUROSAT, URBAN_ATLAS
from lulc_assets.core.crosswalks.own import into_legend, own_crosswalk
from lulc_assets.core.crosswalks.world import DYNAMIC_WORLD, IO_9, SLOVENIAN_LULC, WORLDCOVER
from lulc_assets.core.errors import LabelError, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.tables.csv_file import read_csv

__all__ = [
    "CROSSWALKS", "Crosswalk", "CrosswalkEntry", "Relation", "as_key", "find_crosswalk",
    "read_crosswalk",
]  # fmt: skip

KARRA = own_crosswalk(KARRA_10)
"""Karra et al. 2021, table 1: ten classes, by name or code."""

CROSSWALKS = {
    c.name: c
    for c in (
        KARRA,
        IO_9,
        DYNAMIC_WORLD,
        WORLDCOVER,
        CORINE,
        CORINE_RASTER,
        URBAN_ATLAS,
        EUROSAT,
        SLOVENIAN_LULC,
    )
}

_COLUMNS = ("source", "title", "target", "relation")


def find_crosswalk(name: str, legend: Legend = KARRA_10) -> Crosswalk:
    """The crosswalk with a name, or in a file whose path ends in ``.csv``.

    Args:
        name: empty or the legend's own: labels of the legend's own classes.
        legend: that it leads into.

    Raises:
        UnknownClass: no crosswalk has that name (the message lists those there are), or it
            leads to no class of the legend.
        LabelError: the file cannot be read; see :func:`read_crosswalk`.
    """
    if name.lower().endswith(".csv"):
        return read_crosswalk(Path(name), legend)
    if name in ("", legend.name):
        return KARRA if legend == KARRA_10 else own_crosswalk(legend)
    try:
        found = CROSSWALKS[name]
    except KeyError:
        raise UnknownClass(
            f"no crosswalk is called {name!r}; known: {', '.join(CROSSWALKS)}, or give a CSV "
            f"file with the columns {', '.join(_COLUMNS)}"
        ) from None
    return found if legend == KARRA_10 else into_legend(found, legend)


def read_crosswalk(path: Path, legend: Legend = KARRA_10) -> Crosswalk:
    """A team's own crosswalk: CSV with the columns source, title, target, relation.

    ``source`` is the foreign code or name, ``target`` the name of a class of the legend
    (empty: leave unlabelled), ``relation`` exact, broader, narrower or none.

    Raises:
        LabelError: missing or unreadable, a column is missing, a source is empty or comes
            twice, a relation is unknown; the message names the line.
        UnknownClass: a target is not in the legend; likewise.
    """
    rows = read_csv(path, LabelError).frame()
    missing = [column for column in _COLUMNS if column not in rows]
    if missing:
        raise LabelError(
            f"crosswalk {path}: no column {', '.join(missing)}; columns: {', '.join(_COLUMNS)}"
        )
    entries: list[CrosswalkEntry] = []
    for line, row in zip(rows.index, rows.to_dict(orient="records"), strict=True):
        where = f"crosswalk {path}, line {line}"
        cells = {str(name): str(cell) for name, cell in row.items()}
        entries.append(_entry(cells, where, legend))
        if entries[-1].source in {e.source for e in entries[:-1]}:
            raise LabelError(f"{where}: {entries[-1].source!r} occurs twice")
    if not entries:
        raise LabelError(f"crosswalk {path} has no entry; columns: {', '.join(_COLUMNS)}")
    return Crosswalk(path.stem, f"as described in {path.name}", path.name, tuple(entries))


def _entry(row: dict[str, str], where: str, legend: Legend) -> CrosswalkEntry:
    source, title, target, relation = (as_key(row[column]) for column in _COLUMNS)
    if not source:
        raise LabelError(f"{where}: source is empty")
    if not relation:
        raise LabelError(f"{where}: no relation; write one of {', '.join(get_args(Relation))}")
    if relation not in get_args(Relation):
        raise LabelError(f"{where}: {relation!r} is not one of {', '.join(get_args(Relation))}")
    try:
        code = legend.code_of(target) if target else int(LandCover.NO_DATA)
    except UnknownClass as error:
        raise UnknownClass(f"{where}: {error}") from error
    return CrosswalkEntry(source, title, code, relation)  # type: ignore[arg-type]
