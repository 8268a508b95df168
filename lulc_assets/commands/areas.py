"""``lulc areas``: class areas by zone, mapped and estimated.

What belongs here: arguments and printing. What does not: areas (``core/accuracy``).
"""

import csv
import io
import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.maps import MAP_HELP, open_maps
from lulc_assets.commands.running import PoliteGroup, plain_console, print_json
from lulc_assets.core.errors import InvalidZones
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL, interval_keys
from lulc_assets.core.tables.csv_output import defuse

if TYPE_CHECKING:
    from lulc_assets.core.accuracy.zone_files import Zones
    from lulc_assets.core.accuracy.zones import ZoneAreas
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.map_file import MapFile
    from lulc_assets.core.sampling.sample import ReferenceSample

app = typer.Typer(cls=PoliteGroup)


class Format(StrEnum):
    """How areas are printed."""

    table = "table"
    csv = "csv"
    json = "json"


@app.callback(invoke_without_command=True)
def areas(
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    zones: Annotated[Path, typer.Option(help="Polygons: districts, watersheds, protected areas.")],
    name: Annotated[str | None, typer.Option(help="Column with the zones' names.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the zones' file.")] = None,
    cross: Annotated[
        Path | None,
        typer.Option(
            help="Raster of whole numbers to cross the classes with, for example a flood extent "
            "(0 dry, 1 flooded), on any grid."
        ),
    ] = None,
    sample: Annotated[
        Path | None, typer.Option(help="Reference sample (`lulc sample ingest`) for estimates.")
    ] = None,
    assisted: Annotated[
        bool,
        typer.Option(
            help="Add estimates that the map assists, and model-based ones that borrow from the "
            "whole region, for zones of few units. They stand beside the design-based figure."
        ),
    ] = False,
    year: Annotated[int | None, typer.Option(help="Of the map; else the sample's year.")] = None,
    level: Annotated[float, typer.Option(help="Of confidence: 0.95, or 0.9.")] = DEFAULT_LEVEL,
    format: Annotated[Format, typer.Option(help="table, csv or json.")] = Format.table,
) -> None:
    """Class areas by zone, mapped and estimated, in hectares.

    Mapped areas count every place once, at its true size on the ground, and carry the map's
    errors. With a probability sample the estimated area stands beside it with its
    interval, where the zone holds enough units; where it does not, the reason.

    Example: lulc areas --map map.tif --zones districts.gpkg --cross flood.tif --format csv
    """
    from lulc_assets.core.accuracy.zone_files import read_zones
    from lulc_assets.core.accuracy.zones import estimate_zone_areas
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    if assisted and (sample is None or cross is not None):
        raise InvalidZones("--assisted needs --sample, and does not go with --cross")
    reference = None if sample is None else read_sample(sample)
    known = reference.design.year if reference is not None else None
    maps, districts = open_maps(map), read_zones(zones, column=name, layer=layer)
    settings = AccuracySettings(level=level)
    found, warnings = estimate_zone_areas(
        maps,
        districts,
        year=year or known or 0,
        sample=reference,
        cross=cross,
        settings=settings,
    )
    rows = [row for one in found for row in _rows(one, level)]
    if assisted and reference is not None:
        warnings = [*warnings, *_add_assisted(rows, maps, districts, found, reference, settings)]
    if format is Format.json:
        print_json(rows)
    elif format is Format.csv:
        typer.echo(_as_csv(rows), nl=False)
    else:
        _print_table(rows, level, crossed=cross is not None)
    for warning in [*warnings, *_reasons(found, sampled=sample is not None)]:
        typer.echo(f"Warning: {warning}", err=True)


def _rows(one: "ZoneAreas", level: float) -> list[dict[str, Any]]:
    """A row per class that the zone shows or may hold, as ``--json`` and CSV name its columns."""
    from lulc_assets.core.accuracy.zone_table import zone_rows

    low, high = interval_keys(level)
    rows = []
    for row in zone_rows([one]):
        numbers = dict.fromkeys(("value", "se", low, high))
        numbers |= {} if row.area_ha is None else row.area_ha.to_dict()
        rows.append(
            {
                "zone": row.zone,
                "cross": row.cross,
                "class": row.class_name,
                "mapped_ha": row.mapped_ha,
                "estimated_ha": numbers["value"],
                "se_ha": numbers["se"],
                f"{low}_ha": numbers[low],
                f"{high}_ha": numbers[high],
                "units": row.units,
                "verdict": row.verdict,
            }
        )
    return rows


def _add_assisted(
    rows: list[dict[str, Any]],
    maps: "Sequence[MapFile]",
    districts: "Zones",
    found: "Sequence[ZoneAreas]",
    sample: "ReferenceSample",
    settings: "AccuracySettings",
) -> list[str]:
    """Add what the map assists to the rows of its zone and class; say what that is."""
    from lulc_assets.core.accuracy.assisted import HOW, MODEL, assist_zones

    models = assist_zones(maps, districts, found, sample, settings)
    place = {one.zone: i for i, one in enumerate(found)}
    totals = {one.zone: sum(c.mapped_area_ha for c in one.report.classes) for one in found}
    for row in rows:
        model, at, total = models[row["class"]], place[row["zone"]], totals[row["zone"]]
        for kind, estimate in (("assisted", model.assisted[at]), ("model", model.composite[at])):
            values = {"": estimate.value, "_se": estimate.se}
            values |= {"_low": estimate.ci_low, "_high": estimate.ci_high}
            row |= {
                f"{kind}{end}_ha": value * total if math.isfinite(value) else None
                for end, value in values.items()
            }
    return [f"Columns assisted_*: {HOW}.", f"Columns model_*: {MODEL}."]


def _reasons(found: "Sequence[ZoneAreas]", *, sampled: bool) -> list[str]:
    """Why a zone has no estimate, and what weakens those there are."""
    if not sampled:
        return []
    said = []
    for one in found:
        where = one.zone if one.cross is None else f"{one.zone}, value {one.cross}"
        if one.report.verdict != "estimated":
            said.append(f"{where}: no estimate. {one.report.verdict_reason}")
        said += [f"{where}: {warning}" for warning in one.report.warnings]
    return said


def _as_csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["zone"])
    writer.writeheader()
    writer.writerows({key: defuse(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _print_table(rows: Sequence[dict[str, Any]], level: float, *, crossed: bool) -> None:
    from rich.table import Table

    low, high = interval_keys(level)
    table = Table(title="Areas in hectares", title_justify="left")
    for title in ("Zone", *(["Cross"] if crossed else []), "Class"):
        table.add_column(title)
    kinds = [kind for kind in ("assisted", "model") if rows and f"{kind}_ha" in rows[0]]
    for title in ("mapped", f"estimated, {100 * level:g} % interval", *kinds, "units"):
        table.add_column(title, justify="right")
    for row in rows:
        interval = "–"
        if row["estimated_ha"] is not None:
            ends = f"[{row[f'{low}_ha']:,.1f}–{row[f'{high}_ha']:,.1f}]"
            interval = f"{row['estimated_ha']:,.1f} {ends}"
        place = [row["zone"], *([str(row["cross"])] if crossed else []), row["class"]]
        more = [_brackets(row, kind) for kind in kinds]
        table.add_row(*place, f"{row['mapped_ha']:,.1f}", interval, *more, f"{row['units']}")
    plain_console().print(table)


def _brackets(row: dict[str, Any], kind: str) -> str:
    if row[f"{kind}_ha"] is None:
        return "–"
    value, low, high = (f"{row[f'{kind}{end}_ha']:,.1f}" for end in ("", "_low", "_high"))
    return f"{value} [{low}–{high}]"
