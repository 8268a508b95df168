"""``lulc model``: candidates and bundles, and what people decide about them.

What belongs here: listing, promotion and rollback by hand, and telling Dagster of both.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from lulc_assets.core.store.records import Record
    from lulc_assets.steps.model_lines import ModelLine
    from lulc_assets.steps.properties import BundleProperties, ModelProperties
    from lulc_assets.steps.workbench import Workbench

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
OfPatches = Annotated[
    bool, typer.Option("--patches", help="Of the patch classifier, not of the model of the maps.")
]
_SHOWN = 12


@app.command("list")
def list_models(patches: OfPatches = False, project: ProjectFile = Path("project.toml")) -> None:
    """List all candidates, oldest first, with their figures, verdicts and state.

    State: *in use* (the bundle), *former* (was a bundle; roll back to it), *set aside* (taken
    out of use by hand; promote it to use it again), *refused*, *not judged*.
    """
    from lulc_assets.steps.model_history import decisions, kept_candidates, model_events

    work, line = _open(project), _line(patches)
    table = Table(title=f"Models of {work.project.name}", show_lines=True)
    for name in ("Candidate", "Bundle", "State", "Epochs", "Gold agreement", "Against", "Verdict"):
        table.add_column(name)
    for candidate in kept_candidates(work, line):
        table.add_row(*map(escape, _row(work, line, candidate)))
    console = Console()
    console.print(table)
    for number, decision in enumerate(decisions(model_events(work, line)), start=1):
        who = f"{decision.candidate[:_SHOWN]} for {decision.replaces[:_SHOWN] or 'none'}"
        console.print(f"{number}. {decision.action}: {who}: {escape(decision.reason)}")


@app.command()
def promote(
    candidate: Annotated[str, typer.Argument(help="How its digest begins, see `lulc model list`.")],
    reason: Reason,
    patches: OfPatches = False,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Promote a candidate whatever its verdict, for instance one that was refused.

    The rule of promotion looks at gold windows only. When you know more than they do (a class
    that they lack, an error in them), say so in the reason. The model in use is set aside:
    no later run brings it back by itself.
    """
    from lulc_assets.steps.bundling import promote_by_hand  # loads torch

    work = _open(project)
    _report(work, promote_by_hand(work, candidate, reason, _line(patches)))


@app.command()
def rollback(
    reason: Reason,
    to: Annotated[
        str, typer.Option(help="How the bundle's or its candidate's digest begins.")
    ] = "",
    patches: OfPatches = False,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Put a former bundle back into use, byte for byte; without --to the one before.

    The model in use is set aside: no later run brings it back by itself.
    """
    from lulc_assets.steps.model_history import roll_back

    work = _open(project)
    _report(work, roll_back(work, reason, to, _line(patches)))


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="Folder for the bundle; must not exist yet.")],
    key: Annotated[
        Path | None, typer.Option(help="Private key (PEM) to sign it with; without it, as it is.")
    ] = None,
    triton: Annotated[
        Path | None, typer.Option(help="Also write a Triton model repository there.")
    ] = None,
    patches: OfPatches = False,
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Copy the bundle in use out of the store, for `lulc serve` or for another machine.

    Example: lulc model export bundle --key keys/team.pem
    """
    import shutil

    from lulc_assets.core.errors import BundleError
    from lulc_assets.core.model.bundle import Bundle
    from lulc_assets.core.model.seal import sign_bundle
    from lulc_assets.core.model.triton import write_repository
    from lulc_assets.core.store.keys import Whole

    work, line = _open(project), _line(patches)
    if out.exists():
        raise BundleError(f"{out} already exists; name another folder")
    record = work.read(line.bundle, Whole())
    out.mkdir(parents=True)
    for name in record.files:
        shutil.copyfile(work.open(record, name), out / name)
    if key is not None:
        sign_bundle(out, key)
    bundle = Bundle.load(out, None, task=line.task)
    if triton is not None:
        write_repository(bundle, triton)
    Console().print(f"bundle {bundle.digest[:_SHOWN]} lies in {escape(str(out))}")


@app.command()
def sign(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    key: Annotated[Path, typer.Option(help="Private key (PEM, elliptic curve).")],
) -> None:
    """Sign a bundle that lies in a folder (OpenSSF Model Signing), offline."""
    from lulc_assets.core.model.seal import require_manifest, sign_bundle

    require_manifest(bundle)
    Console().print(f"signed: {escape(str(sign_bundle(bundle, key)))}")


def _open(project: Path) -> "Workbench":
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.steps.workbench import Workbench

    return Workbench.of(load_project(project))


def _line(patches: bool) -> "ModelLine":
    from lulc_assets.steps.model_lines import MAPS, PATCHES

    return PATCHES if patches else MAPS


def _row(
    work: "Workbench", line: "ModelLine", candidate: "Record[ModelProperties]"
) -> tuple[str, ...]:
    from lulc_assets.steps.model_history import bundle_of, evaluations_of

    judged = evaluations_of(work, candidate.digest, line)
    bundle = bundle_of(work, candidate.digest, line)
    verdict = judged[-1].properties if judged else None
    return (
        candidate.digest[:_SHOWN],
        bundle.digest[:_SHOWN] if bundle else "–",
        _state(work, line, candidate.digest),
        f"{candidate.properties.best_epoch} of {candidate.properties.epochs}",
        f"{verdict.gold_agreement:.4f}" if verdict else "–",
        (verdict.against[:_SHOWN] if verdict else "") or "–",
        verdict.reason if verdict else "–",
    )


def _state(work: "Workbench", line: "ModelLine", candidate: str) -> str:
    from lulc_assets.core.store.keys import Whole
    from lulc_assets.steps.model_history import (
        bundle_of,
        evaluations_of,
        model_events,
        set_aside,
    )

    current = work.find(line.bundle, Whole())
    if current is not None and current.properties.candidate == candidate:
        return "in use"
    if candidate in set_aside(model_events(work, line)):
        return "set aside"
    if bundle_of(work, candidate, line) is not None:
        return "former"
    return "refused" if evaluations_of(work, candidate, line) else "not judged"


def _report(work: "Workbench", bundle: "Record[BundleProperties]") -> None:
    """Say what is in use now, here and in Dagster's event log."""
    console = Console()
    candidate = bundle.properties.candidate[:_SHOWN]
    console.print(
        f"in use: bundle {bundle.digest[:_SHOWN]} of candidate {candidate}. Maps stay as they "
        "are until they are made again."
    )
    if not os.environ.get("DAGSTER_HOME"):
        console.print("DAGSTER_HOME is not set: the Dagster UI does not know of this change yet.")
        return
    import dagster as dg  # keeps --help quick

    from lulc_assets.defs.metadata import metadata_of

    event = dg.AssetMaterialization(
        bundle.product,
        metadata=metadata_of(work, bundle),
        tags={"dagster/data_version": bundle.digest},
    )
    with dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(event)
