"""``lulc model``: candidates and bundles, and what people decide about them.

What belongs here: listing, promotion and rollback by hand, and telling Dagster of both.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from lulc_assets.core.store.history import History
    from lulc_assets.core.store.records import Record
    from lulc_assets.steps.making import Place

app = typer.Typer(
    no_args_is_help=True,
    help="Candidates and promoted models. A training makes a candidate; an evaluation on gold "
    "windows promotes it to the bundle or refuses it; predictions use the bundle only. No "
    "command here changes a map: make maps again (job map_tile_year) to use another model.",
)

ProjectFile = Annotated[
    Path, typer.Option("--project", envvar="LULC_PROJECT", help="The project file (TOML).")
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why, in a sentence; kept for whoever asks later.")
]
_SHOWN = 12


@app.command("list")
def list_models(project: ProjectFile = Path("project.toml")) -> None:
    """List all candidates, oldest first, with their figures, verdicts and state.

    State: *in use* (the bundle), *former* (was a bundle; roll back to it), *set aside* (taken
    out of use by hand; promote it to use it again), *refused*, *not judged*.
    """
    from lulc_assets.steps.model_history import CANDIDATE, model_history, of_product

    place = _place(project)
    history = model_history(place)
    table = Table(title=f"Models of {place.project.name}", show_lines=True)
    for name in ("Candidate", "Bundle", "State", "Epochs", "Gold agreement", "Against", "Verdict"):
        table.add_column(name)
    for candidate in of_product(history.records, CANDIDATE):
        table.add_row(*map(escape, _row(place, history, candidate)))
    console = Console()
    console.print(table)
    for number, decision in enumerate(history.decisions, start=1):
        who = f"{decision['candidate'][:_SHOWN]} for {decision['replaces'][:_SHOWN] or 'none'}"
        console.print(f"{number}. {decision['action']}: {who}: {escape(decision['reason'])}")


@app.command()
def promote(
    candidate: Annotated[str, typer.Argument(help="How its digest begins, see `lulc model list`.")],
    reason: Reason,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Promote a candidate whatever its verdict, for instance one that was refused.

    The rule of promotion asks gold windows only. When you know more than they do (a class
    that they lack, an error in them), say so in the reason. The model in use is set aside:
    no later run brings it back by itself.
    """
    from lulc_assets.steps.model import promote_by_hand  # loads torch

    place = _place(project)
    _tell(place, promote_by_hand(place, candidate, reason))


@app.command()
def rollback(
    reason: Reason,
    to: Annotated[
        str, typer.Option(help="How the bundle's or its candidate's digest begins.")
    ] = "",
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Put a former bundle back into use, byte for byte; without --to the one before.

    The model in use is set aside: no later run brings it back by itself.
    """
    from lulc_assets.steps.model_history import roll_back

    place = _place(project)
    _tell(place, roll_back(place, reason, to))


def _place(project: Path) -> "Place":
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.steps.making import Place

    found = load_project(project)
    return Place(found, found.open_store())


def _row(place: "Place", history: "History", candidate: "Record") -> tuple[str, ...]:
    from lulc_assets.steps.model_history import bundle_of, evaluations_of

    judged = evaluations_of(history, candidate.digest)
    bundle = bundle_of(history, candidate.digest)
    figures: dict[str, Any] = dict(judged[-1].properties) if judged else {}
    return (
        candidate.digest[:_SHOWN],
        bundle.digest[:_SHOWN] if bundle else "–",
        _state(place, history, candidate.digest),
        f"{candidate.properties['best_epoch']} of {candidate.properties['epochs']}",
        f"{figures['gold_agreement']:.4f}" if judged else "–",
        figures.get("against", "")[:_SHOWN] or "–",
        figures.get("reason", "–"),
    )


def _state(place: "Place", history: "History", candidate: str) -> str:
    from lulc_assets.steps.model_history import (
        BUNDLE,
        bundle_of,
        evaluations_of,
        set_aside,
    )

    current = place.find(BUNDLE)
    if current is not None and current.properties["candidate"] == candidate:
        return "in use"
    if candidate in set_aside(history.decisions):
        return "set aside"
    if bundle_of(history, candidate) is not None:
        return "former"
    return "refused" if evaluations_of(history, candidate) else "not judged"


def _tell(place: "Place", bundle: "Record") -> None:
    """Say what is in use now, here and in Dagster's event log."""
    console = Console()
    candidate = bundle.properties["candidate"][:_SHOWN]
    console.print(
        f"in use: bundle {bundle.digest[:_SHOWN]} of candidate {candidate}. Maps stay as they "
        "are until they are made again."
    )
    if not os.environ.get("DAGSTER_HOME"):
        console.print("DAGSTER_HOME is not set: the Dagster UI does not know of this change yet.")
        return
    import dagster as dg  # keeps --help quick

    from lulc_assets.defs.policies import metadata_of

    event = dg.AssetMaterialization(
        "model_bundle",
        metadata=metadata_of(place, bundle),
        tags={"dagster/data_version": bundle.digest},
    )
    with dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(event)
