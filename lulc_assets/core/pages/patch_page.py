"""Pages of a patch classifier: how well it does, and what it says of patches.

What belongs here: sentences and the order of figures. What does not: figures, numbers, markup
(``templates/patches.html``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lulc_assets.core.pages.content import Link, PageFigure
from lulc_assets.core.pages.report_views import view_figure


@dataclass(frozen=True)
class PatchRow:
    """A class in a table: its title, colour, and printed figures by column."""

    title: str
    color: str
    values: Sequence[str]


@dataclass(frozen=True)
class PatchPage:
    """A page about patches.

    Attributes:
        title: of the page.
        value: the figure of the headline, as printed.
        label: what it is.
        detail: what follows from it, and what does not.
        warnings: sentences.
        figures: in the order to be shown.
        columns: of the table, after the class.
        rows: one for each class.
        note: below the table.
        provenance: name → value.
        links: to other pages of a set.
        attribution: credit for the imagery.
    """

    title: str
    value: str
    label: str
    detail: str
    warnings: Sequence[str]
    figures: Sequence[PageFigure]
    columns: Sequence[str]
    rows: Sequence[PatchRow]
    note: str
    provenance: Mapping[str, str]
    links: Sequence[Link] = ()
    attribution: str = ""


def view_patches(page: PatchPage) -> dict[str, Any]:
    """The template context."""
    return {
        "title": page.title,
        "kind": "Patches:",
        "links": list(page.links),
        "attribution": page.attribution,
        "headline": {
            "verdict": "agreement_only",
            "value": page.value,
            "label": page.label,
            "detail": page.detail,
        },
        "warnings": list(page.warnings),
        "figures": [view_figure(f.title, f.png, f.caption) for f in page.figures],
        "columns": list(page.columns),
        "rows": [
            {"title": row.title, "color": row.color, **dict(enumerate(row.values))}
            for row in page.rows
        ],
        "note": page.note,
        "provenance": dict(page.provenance),
    }
