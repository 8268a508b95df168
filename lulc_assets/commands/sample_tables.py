"""What ``lulc sample`` prints: allocations side by side, and what interpreters agreed on.

What belongs here: tables and sentences of that command. What does not: its arguments
(``sample.py``) and the figures (``core/accuracy``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lulc_assets.commands.running import plain_console
from lulc_assets.core.tables.csv_output import defuse_frame

if TYPE_CHECKING:
    from lulc_assets.core.sampling.allocation import Allocation
    from lulc_assets.core.sampling.anticipation import Anticipation, Target
    from lulc_assets.core.sampling.gathering import Gathered
    from lulc_assets.core.sampling.interpreters import Consensus


def plan_as_json(plan: "Allocation", expected: "Anticipation", hours: float) -> dict[str, Any]:
    """An allocation as plain JSON."""
    return {
        "allocation": plan.rule,
        "units": {n: int(u) for n, u in zip(expected.names, plan.units, strict=True)},
        "total": int(plan.units.sum()),
        "hours": hours,
        "expected_se": dict(plan.expected_se),
        "omission_units": {
            n: float(m) for n, m in zip(expected.names, plan.omission_units, strict=True)
        },
    }


def print_plans(
    plans: "Sequence[Allocation]",
    hours: Sequence[float],
    expected: "Anticipation",
    targets: "Sequence[Target]",
) -> None:
    """Allocations side by side: units, hours and the errors to expect."""
    from rich.table import Table

    table = Table(title="Units by map class, and what to expect", title_justify="left")
    table.add_column("")
    for plan in plans:
        table.add_column(plan.rule, justify="right")
    for i, (name, share) in enumerate(zip(expected.names, expected.weights, strict=True)):
        table.add_row(f"{name} ({share:.1%})", *(f"{p.units[i]:,}" for p in plans))
    table.add_section()
    table.add_row("units", *(f"{p.units.sum():,}" for p in plans))
    table.add_row("hours", *(f"{h:,.1f}" for h in hours))
    keys = dict.fromkeys(
        ["overall", *(t.figure if not t.name else f"{t.figure}:{t.name}" for t in targets)]
    )
    for key in keys:
        pattern = "{:,.1f} ha" if key.startswith("area:") else "{:.4f}"
        table.add_row(f"SE {key}", *(pattern.format(p.expected_se[key]) for p in plans))
    plain_console().print(table)


def print_consensus(found: "Gathered", out: Path) -> None:
    """What the interpreters agree on, and the list of what they do not."""
    consensus, drivers = found.classes, found.drivers
    named = int((consensus.codes > 0).sum())
    typer.echo(f"{named} of {len(consensus.codes)} units have a class; written to {out}.")
    _print_pairs(consensus, "")
    if consensus.unlabelled:
        typer.echo(f"{consensus.unlabelled} units were named by nobody.")
    if drivers is not None:
        typer.echo(f"{int((drivers.codes > 0).sum())} units have a driver of their loss.")
        _print_pairs(drivers, "Drivers: ")
    listed = out.with_name("disputed.csv")
    if len(found.disputed):
        defuse_frame(found.disputed).to_csv(listed, index=False)
        columns = "column reference_class" if drivers is None else "reference_class and driver"
        typer.echo(
            f"{len(found.disputed)} units are disputed: settle them in {listed} ({columns}) and "
            "ingest again with --settled."
        )


def _print_pairs(consensus: "Consensus", what: str) -> None:
    for pair in consensus.pairs:
        typer.echo(
            f"{what}{pair.first} and {pair.second}: agree on {pair.share:.1%} of {pair.n} units, "
            f"kappa {pair.kappa:.2f}"
        )
    if len(consensus.pairs) > 1:
        typer.echo(f"{what}All interpreters: Fleiss' kappa {consensus.fleiss:.2f}")
