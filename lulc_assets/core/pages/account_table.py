"""Labelled pixels per class, from label to chip, as a table for people.

What belongs here: rows, and the sentences above and below them. What does not: counting
(``core/chips/account``), what a class lacks (``core/training/readiness``).
"""

from dataclasses import dataclass
from typing import Any

from lulc_assets.core.chips.account import GOLD, TRAIN, VALIDATION, ClassAccount, LabelAccount
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.legend import Legend
from lulc_assets.core.training.readiness import LabelPixels, assess

_SPLITS = {
    "blocks": "split by blocks of ground",
    "random": "split at random, chip by chip",
    "temporal": "split by dates",
}


@dataclass(frozen=True)
class AccountTable:
    """The account of the labels of one tile × year.

    Attributes:
        account: of its chips, or of the chips that are planned.
        layout: by which they are cut.
        planned: whether no scene has been read yet.
    """

    account: LabelAccount
    layout: ChipLayout
    planned: bool


def view_account(table: AccountTable, legend: Legend) -> dict[str, Any]:
    """The template context of a table: ``rows``, ``findings`` and ``note``."""
    findings = assess(LabelPixels.of_account(table.account))
    return {
        "rows": [_row(table.account, known.name, known.title, known.color)
                 for known in legend.classes if known.name in table.account.classes],
        "findings": [finding.text[:1].upper() + finding.text[1:] + "." for finding in findings],
        "note": _note(table),
    }  # fmt: skip


def _row(account: LabelAccount, name: str, title: str, color: str) -> dict[str, str]:
    train, gold = account.of(name, TRAIN), account.of(name, GOLD)
    missing = name in account.labelled_classes and not train.reached[TRAIN]
    return {
        "title": title,
        "color": color,
        "labelled": f"{train.labelled:,}",
        "train": f"{train.reached[TRAIN]:,}",
        "validation": f"{train.reached[VALIDATION]:,}",
        "gold_labelled": f"{gold.labelled:,}",
        "gold": f"{gold.reached[GOLD]:,}",
        "lost": "; ".join(filter(None, [_losses(train, ""), _losses(gold, "gold: ")])) or "–",
        "missing": "yes" if missing else "",
    }


def _losses(row: ClassAccount, prefix: str) -> str:
    parts = sorted(row.lost.items(), key=lambda part: -part[1])
    return prefix + ", ".join(f"{n:,} ({reason})" for reason, n in parts) if parts else ""


def _note(table: AccountTable) -> str:
    layout = table.layout
    said = (
        f"Chips of {layout.size_px} px that overlap by {layout.overlap_px} px, "
        f"{_SPLITS[layout.split]}, gold kept apart by {layout.gold_apart}. A pixel counts "
        "once, in however many chips and on however many dates it appears. "
    )
    said += (
        "As planned: clouds and missing pixels will take some."
        if table.planned
        else "Pixels that the scene classification made clouds or snow count for these classes too."
    )
    return f"{said} {layout.leak[:1].upper()}{layout.leak[1:]}." if layout.leak else said
