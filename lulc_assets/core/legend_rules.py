"""The rules that a legend keeps: how many classes, their words, colours, roles and groups.

What belongs here: refusing a set of classes that maps, tables or people would misread. What does
not: a single class (``legend_class``), the legend made of them (``legend``).
"""

from collections import Counter
from typing import get_args

from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.legend_class import LegendClass, Role, is_color, spelling

Classes = tuple[LegendClass, ...]
LEAST_CLASSES, MOST_CLASSES = 2, 60
LONGEST_NAME, LONGEST_TITLE = 60, 120

_FORBIDDEN = frozenset("<>&\"'`\\")
"""Letters that a name must not have: names become columns, keys and file content."""

_RESERVED = frozenset({"", "0", "no data", "no_data", "unlabelled", "not mapped"})


def require_legal(legend: str, classes: Classes, groups: Classes) -> None:
    """Refuse classes that do not make a legend.

    Args:
        legend: its name, for messages.
        classes: ordered by code.
        groups: those that classes name as their parent.

    Raises:
        InvalidLegend: a rule is broken; the message names class, value and what to do.
    """
    _check_number(legend, classes)
    for each in (*classes, *groups):
        _check_words(legend, each)
    _check_twins(legend, classes, groups)
    _check_roles(legend, classes)
    _check_groups(legend, classes, groups)


def _check_number(legend: str, classes: Classes) -> None:
    if not LEAST_CLASSES <= len(classes) <= MOST_CLASSES:
        raise InvalidLegend(
            f"legend {legend} has {len(classes)} classes; between {LEAST_CLASSES} and "
            f"{MOST_CLASSES} are possible (a class that others name as parent does not count)"
        )


def _check_words(legend: str, each: LegendClass) -> None:
    where = f"legend {legend}, class {each.name[:LONGEST_NAME]!r}"
    for what, text, longest in (
        ("name", each.name, LONGEST_NAME),
        ("title", each.title, LONGEST_TITLE),
    ):
        if len(text) > longest:
            raise InvalidLegend(
                f"{where}: its {what} has {len(text)} letters, at most {longest} are possible; "
                "shorten it"
            )
        if not text.strip() or not text.isprintable():
            raise InvalidLegend(f"{where}: its {what} is empty or holds control characters")
    bad = sorted(_FORBIDDEN & set(each.name))
    if bad:
        raise InvalidLegend(
            f"{where}: a name must not contain {' '.join(bad)}; write it without, and the rest "
            "into the title"
        )
    if spelling(each.name) in _RESERVED:
        raise InvalidLegend(f"{where}: this name stands for ground without a class; rename it")
    if not is_color(each.color):
        raise InvalidLegend(f"{where}: colour {each.color!r} is not of the form #RRGGBB")


def _check_twins(legend: str, classes: Classes, groups: Classes) -> None:
    names = Counter(spelling(each.name) for each in (*classes, *groups))
    for twin in (name for name, count in names.items() if count > 1):
        found = [e.name for e in (*classes, *groups) if spelling(e.name) == twin]
        raise InvalidLegend(
            f"legend {legend}: {' and '.join(map(repr, found))} are one name in two "
            "spellings, or come twice; keep one"
        )
    shown = (*groups, *(c for c in classes if not c.parent))
    for tier in (classes, shown):
        by_color: dict[str, str] = {}
        for each in tier:
            other = by_color.setdefault(each.color.upper(), each.name)
            if other != each.name:
                raise InvalidLegend(
                    f"legend {legend}: {other!r} and {each.name!r} both have the colour "
                    f"{each.color}; nobody could tell them apart on a map"
                )


def _check_roles(legend: str, classes: Classes) -> None:
    for each in classes:
        if each.role not in get_args(Role):
            raise InvalidLegend(
                f"legend {legend}, class {each.name!r}: role {each.role!r} is not one of "
                f"{', '.join(get_args(Role))}"
            )
    clouds = [c.name for c in classes if c.role == "cloud"]
    if len(clouds) > 1:
        raise InvalidLegend(
            f"legend {legend}: {', '.join(clouds)} all have the role cloud; one class can"
        )
    land = [c for c in classes if c.role != "cloud"]
    if len(land) < LEAST_CLASSES:
        raise InvalidLegend(
            f"legend {legend} has {len(land)} classes beside clouds; a map needs {LEAST_CLASSES}"
        )
    if clouds and classes[-1].role != "cloud":
        raise InvalidLegend(f"legend {legend}: the class of clouds must have the last code")


def _check_groups(legend: str, classes: Classes, groups: Classes) -> None:
    known = {group.name for group in groups}
    for each in classes:
        if each.parent and each.parent not in known:
            raise InvalidLegend(
                f"legend {legend}, class {each.name!r}: its parent {each.parent!r} is not in "
                f"the legend; known: {', '.join(sorted(known)) or 'none'}"
            )
        if each.parent and each.role == "cloud":
            raise InvalidLegend(f"legend {legend}: clouds ({each.name!r}) have no parent")
    unused = known - {c.parent for c in classes}
    if unused:
        raise InvalidLegend(f"legend {legend}: no class lies in {', '.join(sorted(unused))}")
    if groups and len({c.parent or c.name for c in classes}) < LEAST_CLASSES:
        raise InvalidLegend(
            f"legend {legend}: all classes lie in one group, which says nothing; leave it out"
        )
