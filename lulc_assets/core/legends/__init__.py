"""Legends: those that come with the package, those in files, and those written in a project.

What belongs here: finding one by name or file. What does not: what a legend is and the rules
that it keeps (``core/legend``), translations (``core/crosswalks``).
"""

from pathlib import Path

from lulc_assets.core.errors import InvalidLegend
from lulc_assets.core.legend import Legend
from lulc_assets.core.legends.build import ClassEntry, build_legend
from lulc_assets.core.legends.builtin import ALIASES, BUILTIN
from lulc_assets.core.legends.files import read_legend
from lulc_assets.core.legends.palette import propose_colors

__all__ = [
    "BUILTIN", "ClassEntry", "build_legend", "find_legend", "propose_colors", "propose_legend",
    "read_legend",
]  # fmt: skip


def find_legend(name: str) -> Legend:
    """A legend of the package by its name.

    Raises:
        InvalidLegend: none has that name; the message lists those there are.
    """
    try:
        return BUILTIN[ALIASES.get(name, name)]
    except KeyError:
        raise InvalidLegend(
            f"no legend is called {name!r}; known: {', '.join(BUILTIN)}, or give a file (.csv, "
            ".qml, .clr) or the classes themselves"
        ) from None


def propose_legend(name: str, classes: list[str], other: str = "") -> Legend:
    """A legend of labels' own classes, in their order, with colours that can be told apart.

    Args:
        name: of the legend.
        classes: as the labels have them.
        other: the one of them that stands for all that the others do not name.

    Raises:
        InvalidLegend: two are spellings of one name, there are too many, or another rule.
    """
    roles = ["other" if each == other else "" for each in classes]
    return build_legend(
        name, [ClassEntry(each, role=role) for each, role in zip(classes, roles, strict=True)]
    )


def is_legend_file(name: str) -> bool:
    """Whether a text names a file of :func:`read_legend` instead of a legend."""
    return Path(name).suffix.lower() in (".csv", ".qml", ".clr")
