"""``lulc accuracy compare`` and ``change``: two maps, or two dates, and one sample.

What belongs here: arguments and printing. What does not: estimation (``core/estimation``).
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.accuracy_options import Format, LatticeVariance, Level, SystematicVariance
from lulc_assets.commands.accuracy_tables import (
    as_printed,
    print_response,
    print_table,
    write_difference,
)
from lulc_assets.commands.maps import MAP_HELP, LegendName, find_named_legend, open_maps
from lulc_assets.commands.running import print_json
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL

if TYPE_CHECKING:
    from lulc_assets.core.estimation.change import ChangeAreas
    from lulc_assets.core.sampling.sample import ReferenceSample


def compare(
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    other: Annotated[list[str], typer.Option(help="The map to compare with, likewise.")],
    sample: Annotated[Path, typer.Option(help="Reference sample (`lulc sample ingest`).")],
    where_they_differ: Annotated[
        bool,
        typer.Option(
            "--where-they-differ",
            help="The sample was drawn only there (`lulc sample differences`).",
        ),
    ] = False,
    systematic_variance: LatticeVariance = SystematicVariance.random,
    level: Level = DEFAULT_LEVEL,
    legend: LegendName = "",
) -> None:
    """Which of two maps is more accurate, judged on one sample.

    Both maps err at the same hard places, so the difference is known better than either
    accuracy. An interval that holds 0 means that the sample cannot tell them apart.

    Example: lulc accuracy compare --map new.tif --other old.tif --sample sample.parquet
    """
    from lulc_assets.core.accuracy.paired import compare_on_sample
    from lulc_assets.core.accuracy.where_apart import compare_where_they_differ
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    named = find_named_legend(legend)
    maps, others = open_maps(map, legend=named), open_maps(other, legend=named)
    settings = AccuracySettings(systematic_variance=systematic_variance.value, level=level)
    if where_they_differ:
        apart = compare_where_they_differ(maps, others, read_sample(sample), settings)
        typer.echo(
            f"The maps differ on {apart.share:.2%} of the area, where {apart.n} units lie; "
            "elsewhere none is better. Positive where the first map is better:"
        )
        typer.echo(f"overall accuracy {write_difference(apart.overall)}")
        typer.echo(f"In brackets: {100 * level:g} % interval.")
        return
    reference = read_sample(sample)
    difference, n = compare_on_sample(maps, others, reference, settings)
    off = len(reference.units) - n
    rest = f" ({off} more lie off a map or have no class: the rest of the region is not told)"
    typer.echo(
        f"Differences on {n} units{rest if off else ''}, positive where the first map is better:"
    )
    typer.echo(f"overall accuracy {write_difference(difference.overall)}")
    for each, users, producers in zip(
        maps[0].legend.land, difference.users, difference.producers, strict=True
    ):
        for title, figure in (("user's", users), ("producer's", producers)):
            if figure.n and math.isfinite(figure.value):
                typer.echo(f"{each.name}, {title} accuracy {write_difference(figure)}")
    typer.echo(f"In brackets: {100 * level:g} % interval.")


def change(
    before: Annotated[Path, typer.Option(help="Sample, interpreted at the first date.")],
    after: Annotated[Path, typer.Option(help="The same units at the second date.")],
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    systematic_variance: LatticeVariance = SystematicVariance.random,
    level: Level = DEFAULT_LEVEL,
    legend: LegendName = "",
    per_year: Annotated[
        bool, typer.Option(help="Areas per year, from the years that the samples describe.")
    ] = False,
    zones: Annotated[
        Path | None, typer.Option(help="Polygons (name, zone or id): change in each of them.")
    ] = None,
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
) -> None:
    """Area that changed between two dates, with intervals, from units interpreted twice.

    The map gives the area of the region; what changed comes from the interpreters alone. Two
    maps subtracted from each other would count their errors as change.

    Example: lulc accuracy change --before 2020.parquet --after 2023.parquet --map map.tif
    """
    from lulc_assets.core.accuracy.change_maps import change_by_zone
    from lulc_assets.core.accuracy.paired import change_on_sample, frame_area_ha
    from lulc_assets.core.accuracy.zone_files import read_zones
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    maps, first = open_maps(map, legend=find_named_legend(legend)), read_sample(before)
    last = read_sample(after)
    names = [c.name for c in maps[0].legend.land]
    settings = AccuracySettings(systematic_variance=systematic_variance.value, level=level)
    area_ha = frame_area_ha(maps, first)
    found = change_on_sample(first, last, area_ha=area_ha, titles=names, settings=settings)
    years = _years_between(first, last) if per_year else 1.0
    asked = last.design.response or first.design.response
    of = asked.drivers_of if asked is not None else ""
    result: dict[str, Any] = _change_rows(found, names, years, of)
    if zones is not None:
        by_zone = change_by_zone(first, last, maps, read_zones(zones), settings)
        of_zone = {
            zone: None if one is None else _change_rows(one, names, years, of)
            for zone, one in by_zone.items()
        }
        result = {"region": result, "zones": of_zone}
    if format is Format.json:
        print_json(as_printed({**result, **({"response": asked.to_dict()} if asked else {})}))
    else:
        _print_change(result, "ha a year" if per_year else "ha")
        typer.echo(f"In brackets: {100 * level:g} % interval.")
        print_response(asked)
    for warning in found.warnings:
        typer.echo(f"Warning: {warning}", err=True)


def change_map(
    before: Annotated[Path, typer.Option(help="Sample, interpreted at the first date.")],
    after: Annotated[Path, typer.Option(help="The same units at the second date.")],
    map_before: Annotated[list[str], typer.Option(help="Class map of the first date.")],
    map_after: Annotated[list[str], typer.Option(help="Class map of the second date.")],
    of: Annotated[
        str, typer.Option("--of", help="Class whose loss and gain are meant; else any change.")
    ] = "",
    level: Level = DEFAULT_LEVEL,
    legend: LegendName = "",
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
) -> None:
    """User's and producer's accuracy of the change that two maps show, and its area.

    Example: lulc accuracy change-map --before 2020.parquet --after 2023.parquet
    --map-before 2020.tif --map-after 2023.tif --of trees
    """
    from lulc_assets.core.accuracy.change_maps import judge_change_map
    from lulc_assets.core.accuracy.counts import tabulate
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    named = find_named_legend(legend)
    titles, figures = judge_change_map(
        open_maps(map_before, legend=named),
        open_maps(map_after, legend=named),
        read_sample(before),
        read_sample(after),
        of=of,
        settings=AccuracySettings(level=level),
    )
    result = tabulate(titles, figures)
    if format is Format.json:
        print_json(result)
    else:
        print_table(result)
    for warning in figures.warnings:
        typer.echo(f"Warning: {warning}", err=True)


def _change_rows(
    found: "ChangeAreas", names: list[str], years: float, drivers_of: str
) -> dict[str, dict[str, float | None]]:
    """Every area that some unit speaks of, as plain JSON."""
    from lulc_assets.core.estimation.measures import scale

    rows = {"all change": found.changed}
    for word, figures in (("loss of", found.losses), ("gain of", found.gains)):
        rows |= {f"{word} {n}": e for n, e in zip(names, figures, strict=True) if e.value > 0}
    rows |= {f"{names[a - 1]} to {names[b - 1]}": e for (a, b), e in found.transitions.items()}
    rows |= {f"loss of {drivers_of} by {name}": e for name, e in found.by_driver.items()}
    rows |= {f"net {name}": e for name, e in zip(names, found.net, strict=True) if e.se > 0}
    return {title: scale(figure, 1.0 / years).to_dict() for title, figure in rows.items()}


def _years_between(first: "ReferenceSample", last: "ReferenceSample") -> float:
    from lulc_assets.core.errors import InvalidSample

    start, end = first.design.year, last.design.year
    if start is None or end is None or end <= start:
        raise InvalidSample(
            f"areas a year need two years, the first before the second; the samples describe "
            f"{start} and {end}"
        )
    return float(end - start)


def _print_change(result: dict[str, Any], unit: str) -> None:
    parts = {"": result}
    if "zones" in result:
        parts = {"Region": result["region"], **result["zones"]}
    for title, rows in parts.items():
        if title:
            typer.echo(f"{title}:" + (" no unit of the sample" if rows is None else ""))
        for name, figure in (rows or {}).items():
            low, high = (v for k, v in figure.items() if k.startswith("ci"))
            typer.echo(f"{name}: {figure['value']:,.1f} {unit} [{low:,.1f} to {high:,.1f}]")
