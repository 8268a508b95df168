"""What ``lulc accuracy`` prints: tables of accuracies and areas, and differences.

What belongs here: figures as text and plain JSON. What does not: arguments (``accuracy.py``)
and estimation (``core/accuracy``).
"""

import math
from typing import Any

import typer

from lulc_assets.commands.running import plain_console
from lulc_assets.core.accuracy.counts import plain_estimate
from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.estimation.estimate import Estimate, interval_keys
from lulc_assets.core.sampling.response import ResponseDesign

_SHARE = "{:.3f}"


def tabulate_report(found: AccuracyReport) -> dict[str, Any]:
    """A report's figures in the form of ``estimate``; classes that nobody saw are left out."""
    return {
        "level": found.level,
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


def as_printed(value: Any) -> Any:
    """Stored figures in the words of the command line: an estimate is called that everywhere."""
    if isinstance(value, list | tuple):
        return [as_printed(one) for one in value]
    if not isinstance(value, dict):
        return value
    is_figure = "value" in value and bool(value.keys() & {"se", "low"})
    return {
        "estimate" if is_figure and key == "value" else key: as_printed(one)
        for key, one in value.items()
    }


def _plain(figure: Estimate | None) -> dict[str, float | None]:
    return {"estimate": None} if figure is None else plain_estimate(figure)


def write_difference(figure: Estimate) -> str:
    """A difference with its sign and interval."""
    return f"{figure.value:+.3f} [{figure.ci_low:+.3f} to {figure.ci_high:+.3f}]"


def print_table(result: dict[str, Any]) -> None:
    """Figures in the form of ``estimate`` as a table to read."""
    from rich.table import Table

    ends = interval_keys(result["level"])
    overall = _with_interval(result["overall"], ends, _SHARE)
    table = Table(title=f"Overall accuracy {overall}", title_justify="left")
    for title in ("Class", "User's accuracy", "Producer's accuracy", "Area, ha"):
        table.add_column(title, justify="left" if title == "Class" else "right")
    for name, row in result["classes"].items():
        shares = (_with_interval(row[figure], ends, _SHARE) for figure in ("users", "producers"))
        table.add_row(name, *shares, _with_interval(row["area_ha"], ends, "{:,.0f}"))
    plain_console().print(table)
    typer.echo(f"In brackets: {100 * result['level']:g} % interval.")


def print_design_effect(found: AccuracyReport) -> None:
    """What a unit of the sample is worth, where that can be told."""
    from lulc_assets.core.pages.sample_views import describe_design_effect

    if found.design_effect is not None and math.isfinite(found.design_effect):
        effect = describe_design_effect(found.design_effect, found.n_units, found.starts)
        typer.echo(f"Design effect {effect}")


def print_assisted(more: dict[str, Any], level: float) -> None:
    """Figures that the map assists, below the design-based ones."""
    low, high = interval_keys(level)
    typer.echo(f"\nWith the map as auxiliary ({more['how']}):")
    overall = more["overall"]
    typer.echo(f"overall accuracy {overall['value']:.3f} [{overall[low]:.3f}–{overall[high]:.3f}]")
    for name, row in more["classes"].items():
        area, ratio = row["area_ha"], row["variance_ratio"]
        if area["value"]:
            gain = "" if ratio is None else f"; variance of the design-based area / {ratio:.1f}"
            ends = f"[{area[low]:,.0f}–{area[high]:,.0f}]"
            typer.echo(f"{name}: {area['value']:,.0f} ha {ends}{gain}")


def _with_interval(figure: dict[str, float | None], ends: tuple[str, str], pattern: str) -> str:
    if figure["estimate"] is None:
        return "–"
    value, low, high = (pattern.format(figure[key]) for key in ("estimate", *ends))
    return f"{value} [{low}–{high}]"


def print_response(response: ResponseDesign | None) -> None:
    """What the interpreters were asked: what counts as what."""
    for term, text in [] if response is None else response.sentences():
        typer.echo(f"{term}: {text}.")
