"""Options that the commands of ``lulc accuracy`` share.

What belongs here: their types and help texts. What does not: the commands.
"""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How figures are printed."""

    table = "table"
    json = "json"


class Intervals(StrEnum):
    """Which intervals."""

    printed = "printed"
    guarded = "guarded"


class SystematicVariance(StrEnum):
    """Which variance of a systematic sample of one lattice."""

    random = "random"
    neighbours = "neighbours"


LatticeVariance = Annotated[
    SystematicVariance,
    typer.Option(
        help="Of a systematic sample of one lattice: random, as if drawn at random (safe), or "
        "neighbours, from differences of units side by side (sharper on a dense lattice). "
        "Several lattices need neither: their spread shows it."
    ),
]


Level = Annotated[
    float, typer.Option(help="Of confidence: 0.95, or 0.9 where a standard asks for it.")
]
