"""What ``lulc accuracy`` prints: tables of accuracies and areas, and differences.

What belongs here: figures as text and plain JSON. What does not: arguments (``accuracy.py``)
and estimation (``core/accuracy``).
"""

import math
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.accuracy.report import AccuracyReport


def tabulate_report(found: "AccuracyReport") -> dict[str, Any]:
    """A report's figures in the form of ``estimate``; classes that nobody saw are left out."""
    return {
        "overall": _plain(found.overall),
        "classes": {
            c.name: {
                "users": _plain(c.users),
                "producers": _plain(c.producers),
                "area_ha": _plain(c.area_ha),
            }
            for c in found.classes
            if c.mapped_area_ha > 0 or (c.area_ha is not None and c.area_ha.value > 0)
        },
    }


def _plain(figure: "Estimate | None") -> dict[str, float | None]:
    numbers = {} if figure is None else figure.to_dict()
    keys = {"estimate": "value", "se": "se", "ci95_low": "ci95_low", "ci95_high": "ci95_high"}
    return {key: numbers.get(source) for key, source in keys.items()}


def write_difference(figure: dict[str, Any]) -> str:
    """A difference with its sign and interval."""
    return f"{figure['value']:+.3f} [{figure['ci95_low']:+.3f} to {figure['ci95_high']:+.3f}]"


def print_table(result: dict[str, Any]) -> None:
    """Figures in the form of ``estimate`` as a table to read."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Overall accuracy {_share(result['overall'])}", title_justify="left")
    for title in ("Class", "User's accuracy", "Producer's accuracy", "Area, ha"):
        table.add_column(title, justify="left" if title == "Class" else "right")
    for name, row in result["classes"].items():
        table.add_row(name, _share(row["users"]), _share(row["producers"]), _area(row["area_ha"]))
    Console().print(table)
    typer.echo("In brackets: 95 % interval.")


def print_design_effect(found: "AccuracyReport") -> None:
    """What a unit of the sample is worth, where that can be told."""
    from lulc_assets.core.pages.sample_views import describe_design_effect

    if found.design_effect is not None and math.isfinite(found.design_effect):
        effect = describe_design_effect(found.design_effect, found.n_units, found.starts)
        typer.echo(f"Design effect {effect}")


def _share(figure: dict[str, float | None]) -> str:
    return _with_interval(figure, "{:.3f}")


def _area(figure: dict[str, float | None]) -> str:
    return _with_interval(figure, "{:,.0f}")


def _with_interval(figure: dict[str, float | None], pattern: str) -> str:
    if figure["estimate"] is None:
        return "–"
    value, low, high = (
        pattern.format(figure[key]) for key in ("estimate", "ci95_low", "ci95_high")
    )
    return f"{value} [{low}–{high}]"
