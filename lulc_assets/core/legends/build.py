"""From a list of classes, as people write them, to a legend.

What belongs here: defaults (title, colour, role, code), and which entries are groups. What does
not: rules that every legend keeps (``core/legend``), reading files (``files``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.legend import Legend, numbered
from lulc_assets.core.legend_class import LegendClass, Role, default_role, is_color
from lulc_assets.core.legends.palette import CLOUD_COLOR, OTHER_COLOR, colors_of_names


@dataclass(frozen=True)
class ClassEntry:
    """A class as it is written down; what is empty is filled in.

    Attributes:
        name: machine name; labels may use it.
        title: as printed; empty: the name, its first letter a capital, ``_`` a space.
        color: ``#RRGGBB``; empty: by what its name means, told apart from the others.
        parent: name of another entry, which thereby is a group and no class of its own.
        role: ``land``, ``cloud`` or ``other``; empty: ``cloud`` of a class called ``clouds``,
            else ``land``.
        source: code in the vocabulary that it comes from.
    """

    name: str
    title: str = ""
    color: str = ""
    parent: str = ""
    role: str = ""
    source: str = ""


def build_legend(name: str, entries: Sequence[ClassEntry]) -> Legend:
    """A legend of entries: classes in their order (clouds last), groups apart.

    Raises:
        InvalidLegend: a parent is not among the entries, parents form a circle or more than two
            tiers, or a rule of :class:`~lulc_assets.core.legend.Legend` is broken.
    """
    parents = {entry.parent for entry in entries if entry.parent}
    _check_parents(name, entries, parents)
    filled = _with_colors(entries)
    classes = numbered(_class_of(entry) for entry in filled if entry.name not in parents)
    groups = tuple(_class_of(entry) for entry in filled if entry.name in parents)
    return Legend(name, classes, groups)


def _class_of(entry: ClassEntry) -> LegendClass:
    title = entry.title.strip() or entry.name[:1].upper() + entry.name[1:].replace("_", " ")
    role: Role = entry.role or default_role(entry.name)  # type: ignore[assignment]
    return LegendClass(0, entry.name, title, entry.color, role, entry.parent, entry.source)


def _check_parents(name: str, entries: Iterable[ClassEntry], parents: set[str]) -> None:
    parent_of = {entry.name: entry.parent for entry in entries}
    for parent in sorted(parents - set(parent_of)):
        child = next(e.name for e in entries if e.parent == parent)
        raise InvalidLegend(
            f"legend {name}, class {child!r}: its parent {parent!r} is not in the legend; add a "
            "class of that name"
        )
    for child in parent_of:
        way = [child]
        while holder := parent_of[way[-1]]:
            if holder in way:
                circle = " → ".join([*way[way.index(holder) :], holder])
                raise InvalidLegend(f"legend {name}: parents form a circle: {circle}")
            way.append(holder)
        if len(way) > 2:
            raise InvalidLegend(
                f"legend {name}: {' in '.join(map(repr, way))} are {len(way)} tiers; there can be "
                "two, classes and their groups"
            )


def _with_colors(entries: Sequence[ClassEntry]) -> list[ClassEntry]:
    """Entries without a colour get one: clouds and ``other`` grey, the rest by meaning."""
    greys = {"cloud": CLOUD_COLOR, "other": OTHER_COLOR}
    taken = [entry.color for entry in entries if is_color(entry.color)]
    filled = []
    for entry in entries:
        color = entry.color.strip().upper()
        grey = greys.get(entry.role or default_role(entry.name), "")
        if not color and grey and grey not in taken:
            color = grey
            taken.append(color)
        filled.append(replace(entry, name=entry.name.strip(), color=color))
    missing = [f"{entry.name} {entry.title}" for entry in filled if not entry.color]
    proposed = iter(colors_of_names(missing, taken))
    return [entry if entry.color else replace(entry, color=next(proposed)) for entry in filled]
