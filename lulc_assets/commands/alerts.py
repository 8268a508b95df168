"""``lulc alerts``: what is changing now, as a table, as files, and to those who asked.

What belongs here: arguments and printing. What does not: judging (``core/alerts``, the job
``alerts``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import PoliteGroup, plain_console, print_json
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.store.records import Record
    from lulc_assets.steps.properties import AlertProperties
    from lulc_assets.steps.workbench import Workbench

app = typer.Typer(
    cls=PoliteGroup, no_args_is_help=True, help="Alerts: change since last year's map, as it comes."
)

_MOST_ROWS = 30
Tile = Annotated[str, typer.Argument(help="Tile, like 33TVM.")]
Year = Annotated[int, typer.Argument(help="Year of the scenes.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def show(
    tile: Tile,
    year: Year,
    project: ProjectFile = Path("project.toml"),
    step: Annotated[str, typer.Option(help="Only those of this step.")] = "",
    as_json: AsJson = False,
) -> None:
    """The alerts of a year, the surest and largest first.

    Example: lulc alerts show 33TVM 2024 --step confirmed
    """
    from lulc_assets.core.alerts.notices import plain_value
    from lulc_assets.core.errors import InvalidProject
    from lulc_assets.steps.alerts import STEPS, read_alert_table

    if step and step not in STEPS:
        raise InvalidProject(f"--step {step!r} is not one of {', '.join(STEPS)}")
    work, _, record = _read(project, tile, year)
    found, table = record.properties, read_alert_table(work, record)
    rows: list[dict[str, Any]] = []
    if table is not None:
        chosen = table if not step else table[table["step"] == step]
        rows = [
            {name: plain_value(value) for name, value in row.items() if name != "geometry"}
            for row in chosen.to_dict("records")
        ]
        rows.sort(key=lambda row: (-STEPS.index(row["step"]) % len(STEPS), -row["area_ha"]))
    if as_json:
        print_json(
            {"record": record.digest, "reason": found.reason, "scenes_until": found.scenes_until,
             "dates": found.dates, "judged_dates": found.judged_dates,
             "withdrawn_scenes": list(found.withdrawn_scenes), "alerts": rows}
        )  # fmt: skip
    else:
        _print(tile, year, record, rows)


@app.command()
def export(
    tile: Tile,
    year: Year,
    out: Annotated[Path, typer.Option(help="Folder for the files; created if needed.")],
    project: ProjectFile = Path("project.toml"),
) -> None:
    """Copy layers, GeoParquet and feeds into a folder, with a GeoPackage for QGIS.

    Example: lulc alerts export 33TVM 2024 --out alerts_2024
    """
    import shutil

    from lulc_assets.core.errors import InvalidProduct
    from lulc_assets.core.whole_files import whole_file
    from lulc_assets.steps.alerts import read_alert_table

    work, _, record = _read(project, tile, year)
    table = read_alert_table(work, record)
    if table is None:
        raise InvalidProduct(f"change_alerts of {tile} {year} has no files: "
                             f"{record.properties.reason}")  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(record.files):
        if not name.endswith(".zip"):
            with whole_file(out / name) as part:
                shutil.copyfile(work.open(record, name), part)
            typer.echo(out / name)
    with whole_file(out / "alerts.gpkg") as part:
        table.to_file(part, layer="alerts", driver="GPKG")
    typer.echo(out / "alerts.gpkg")


@app.command()
def deliver(
    tile: Tile,
    year: Year,
    project: ProjectFile = Path("project.toml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due; write and send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send the addressees of the project's zones what they have not been sent yet.

    The job does so after each update; call it when a receiver was unavailable, or with
    --dry-run. No alert is sent twice as new.

    Example: lulc alerts deliver 33TVM 2024 --dry-run
    """
    from lulc_assets.core.errors import AlertsNotDelivered
    from lulc_assets.steps.alert_delivery import tell

    work, key, record = _read(project, tile, year)
    told = tell(work, key, record, look_only=dry_run)
    failed = told.delivery.failed if told.delivery else {}
    due = [
        {"zone": one.zone, "channel": one.channel, "address": one.address, "kind": one.kind,
         "alert_id": one.alert_id, "step": one.step, "repeat": one.repeat}
        for one in told.due
    ]  # fmt: skip
    if as_json:
        sent = len(told.delivery.sent) if told.delivery else 0
        print_json({"due": due, "sent": sent, "failed": failed})
    else:
        for one in due:
            again = " (repeat)" if one["repeat"] else ""
            typer.echo(f"{one['zone']}, {one['channel']}: {one['kind']}{again} {one['alert_id']}, "
                       f"{one['step']}")  # fmt: skip
        typer.echo(f"{len(due)} due, {len(told.delivery.sent) if told.delivery else 0} sent.")
    if failed:
        raise AlertsNotDelivered("; ".join(failed.values()))


def _print(
    tile: str, year: int, record: "Record[AlertProperties]", rows: list[dict[str, Any]]
) -> None:
    from rich.table import Table

    console, found = plain_console(), record.properties
    if found.reason:
        console.print(f"{tile} {year}: {found.reason}.")
        return
    table = Table(title=f"Alerts of {tile} {year}, scenes until {found.scenes_until}")
    for name in ("Alert", "Step", "From → to", "ha", "Probability", "First shown", "Confirmed"):
        table.add_column(name)
    for row in rows[:_MOST_ROWS]:
        table.add_row(
            row["alert_id"], row["step"], f"{row['from_class']} → {row['to_class']}",
            f"{row['area_ha']:.2f}", f"{row['probability']:.2f}", row["first_on"] or "",
            row["confirmed_on"] or "",
        )  # fmt: skip
    console.print(table)
    if len(rows) > _MOST_ROWS:
        console.print(f"{len(rows) - _MOST_ROWS} more: --json, or lulc alerts export.")
    if found.withdrawn_scenes:
        console.print(f"Judged again without {', '.join(found.withdrawn_scenes)}.")


def _read(
    project: Path, tile: str, year: int
) -> "tuple[Workbench, TileYear, Record[AlertProperties]]":
    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.tile_keys import validate_tile
    from lulc_assets.project import load_project
    from lulc_assets.steps.products import CHANGE_ALERTS
    from lulc_assets.steps.workbench import Workbench

    work, key = Workbench.of(load_project(project)), TileYear(validate_tile(tile), year)
    return work, key, work.read(CHANGE_ALERTS, key)
