"""``lulc trace``: the votes behind a pixel, or the dates behind its change or its alert.

What belongs here: arguments and printing. What does not: the traces (``core/lineage``,
``core/change/trace``, ``core/alerts/trace``).
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.alerts.trace import AlertTrace
    from lulc_assets.core.change.trace import ChangeTrace
    from lulc_assets.core.legend import Legend
    from lulc_assets.core.lineage.trace import DateVote, PixelTrace

_WHOLE_SHARE = 255
_CERTAIN = 256 * 255


def trace(
    at: Annotated[str, typer.Option(help="LON,LAT in degrees (EPSG:4326).")],
    year: Annotated[int, typer.Option(help="Of the map.")],
    project: ProjectFile = Path("project.toml"),
    change: Annotated[
        bool, typer.Option(help="What each date said of the change since the year before, instead.")
    ] = False,
    alerts: Annotated[
        bool, typer.Option(help="What each date said of an alert against last year's map, instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Plain JSON.")] = False,
) -> None:
    """Show which dates voted for a pixel of a yearly map, and count them again.

    Example: lulc trace --at 14.51,46.05 --year 2023
    """
    from lulc_assets.core.alerts.trace import AlertTrace  # keeps --help quick
    from lulc_assets.core.change.trace import ChangeTrace
    from lulc_assets.core.tile_keys import validate_year
    from lulc_assets.project import load_project
    from lulc_assets.steps.alert_trace import trace_alerts
    from lulc_assets.steps.change_trace import trace_yearly_change
    from lulc_assets.steps.pixels import trace_point
    from lulc_assets.steps.workbench import Workbench

    if change and alerts:
        raise typer.BadParameter("--change and --alerts are two questions; ask one at a time")
    lon, lat = _read_point(at)
    work = Workbench.of(load_project(project))
    seek = trace_yearly_change if change else trace_alerts if alerts else trace_point
    where, pixel = seek(work, lon, lat, validate_year(year))
    if as_json:
        head = {"tile": where.tile, "year": year, "lon": lon, "lat": lat}
        text = json.dumps({**head, **pixel.to_dict(work.legend)}, indent=2, ensure_ascii=False)
        typer.echo(text)
        return
    typer.echo(f"{where.tile} {year}, row {where.row}, column {where.col}")
    if isinstance(pixel, AlertTrace):
        _print_alert(pixel, work.legend)
    elif isinstance(pixel, ChangeTrace):
        _print_change(pixel, work.legend)
    else:
        _print(pixel, work.legend)


def _print_alert(pixel: "AlertTrace", legend: "Legend") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    same = "Judged again, the dates give exactly what is stored."
    other = "Judged again, the dates give something else: the alerts are not what their scenes say."
    text = f"Last year: {_title(pixel.from_code, legend)}. {same if pixel.agrees else other}"
    console.print(text, highlight=False, markup=False)
    table = Table("Date", "Class", "Probability", "Log odds", "Chance of change", "Dates", "Step")
    for one in pixel.dates:
        sure = f"{one.probability / 255:.2f}" if one.code else ""
        said = f"{one.moved:+.2f}" if one.seen else "not seen"
        table.add_row(one.date, _title(one.code, legend), sure, said, f"{one.chance:.3f}",
                      str(one.supports), one.step)  # fmt: skip
    console.print(table)


def _print_change(pixel: "ChangeTrace", legend: "Legend") -> None:
    from rich.console import Console
    from rich.table import Table

    from lulc_assets.core.change.dates import iso_or_none  # keeps --help quick
    from lulc_assets.core.change.layers import FROM

    console = Console()
    found = pixel.recomputed
    former, current = (_title(code, legend) for code in divmod(found.from_to, FROM))
    text = f"{former}, then {current}: {found.grade_name}"
    if since := iso_or_none(found.changed_on):
        text += f", first shown on {since}, posterior {found.posterior / 255:.2f}"
    same = "Graded again, the dates give exactly what is stored."
    if pixel.sieved:
        same = "The minimum mapping unit took this change back."
    elif not pixel.agrees:
        same = "The change map holds something else: it is not what its scenes say."
    console.print(f"{text}. {same}", highlight=False, markup=False)
    table = Table("Date", "Class", "Probability", "For the new class", "Changed for good")
    for one in pixel.dates:
        sure = f"{one.probability / 255:.2f}" if one.code else ""
        said = f"{one.ratio:+.2f}" if one.counted else "does not count"
        posterior = f"{one.posterior:.2f}" if one.counted else ""
        table.add_row(one.date, _title(one.code, legend), sure, said, posterior)
    console.print(table)


def _read_point(text: str) -> tuple[float, float]:
    from lulc_assets.core.errors import PointOutside  # keeps --help quick

    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise PointOutside(
            f"--at {text!r} is not LON,LAT; write longitude and latitude in degrees with a point "
            "as decimal mark, for example 14.51,46.05"
        ) from None
    return lon, lat


def _print(pixel: "PixelTrace", legend: "Legend") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(_verdict(pixel, legend), highlight=False, markup=False)
    table = Table("Date", "Class", "Probability", "Weight", "Score", "Vote")
    for vote in pixel.votes:
        table.add_row(*_cells(vote, legend))
    console.print(table)


def _title(code: int, legend: "Legend") -> str:
    return legend.by_code(code).title if code else "No data"


def _cells(vote: "DateVote", legend: "Legend") -> list[str]:
    from lulc_assets.core.lineage.trace import REASONS  # keeps --help quick

    seen = vote.code > 0
    return [
        vote.date,
        _title(vote.code, legend),
        f"{vote.probability / 255:.2f}" if seen else "",
        f"{vote.weight_256 / 256:.2f}" if vote.counted else "",
        f"{vote.score / _CERTAIN:.2f}" if vote.counted else "",
        REASONS[vote.reason],
    ]


def _verdict(pixel: "PixelTrace", legend: "Legend") -> str:
    stored, counted = pixel.stored, sum(vote.counted for vote in pixel.votes)
    share = f"{100 * stored.share / _WHOLE_SHARE:.0f} % of the votes"
    first = f"{_title(stored.code, legend)}, {share}" if stored.code else "No data"
    text = f"{first}; {counted} of {len(pixel.votes)} dates counted."
    if pixel.sieved:
        return f"{text} The minimum mapping unit gave it the class of its surroundings."
    if pixel.agrees:
        return f"{text} Counted again, the votes give exactly this."
    again = pixel.recomputed
    return (
        f"{text} Counted again, the votes give {_title(again.code, legend)}, share {again.share} "
        f"instead of {stored.share}: the map is not what its scenes say."
    )
