"""``lulc accuracy``: what a map is worth, from counts or from a map and a sample.

What belongs here: arguments and printing. What does not: estimation (``core/estimation``).
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lulc_assets.commands.accuracy_beside import figures_beside, print_beside
from lulc_assets.commands.accuracy_certificate import certify, verify
from lulc_assets.commands.accuracy_emissions import emissions
from lulc_assets.commands.accuracy_options import (
    Format,
    Intervals,
    LatticeVariance,
    Level,
    SystematicVariance,
)
from lulc_assets.commands.accuracy_pairs import change, change_map, compare
from lulc_assets.commands.accuracy_share import share
from lulc_assets.commands.accuracy_tables import (
    as_printed,
    print_assisted,
    print_design_effect,
    print_response,
    print_table,
    tabulate_report,
)
from lulc_assets.commands.maps import MAP_HELP, LegendName, find_named_legend, open_maps
from lulc_assets.commands.running import PoliteGroup, print_json
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL

app = typer.Typer(
    cls=PoliteGroup,
    no_args_is_help=True,
    help="Accuracy and areas with the intervals that a statistician would sign.",
)
app.command()(compare)
app.command()(change)
app.command()(change_map)
app.command()(share)
app.command()(emissions)
app.command()(certify)
app.command()(verify)


@app.command()
def estimate(
    counts: Annotated[
        Path,
        typer.Option(
            help="CSV of sample counts: rows = map classes, columns = reference classes; the "
            "first line and the first column hold the names. Or, where the strata are not the "
            "map classes, the columns stratum, map, reference, n (without n a line is a unit)."
        ),
    ],
    areas: Annotated[
        Path,
        typer.Option(help="CSV of the mapped areas: class, hectares; of a long table: stratum."),
    ],
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
    intervals: Annotated[
        Intervals,
        typer.Option(
            help="guarded: hold the truth in about 95 of 100 samples, even where few units show "
            "an omission; printed: estimate ± 1.96 SE, as Olofsson et al. 2014 print it, which "
            "holds it in 1 to 9 of 10 samples where a class has few omission units."
        ),
    ] = Intervals.guarded,
    level: Level = DEFAULT_LEVEL,
    merge: Annotated[
        list[str] | None,
        typer.Option(
            help="Map classes (or strata) to take as one stratum because one has fewer than two "
            "units: 'A+B'. Repeat for more groups. Nothing is merged unasked."
        ),
    ] = None,
    unit_ha: Annotated[
        float | None,
        typer.Option(
            help="Area of a sample unit in hectares, 0.01 for a 10 m pixel: applies the "
            "finite-population factor 1 - n/N, which matters where a stratum is small."
        ),
    ] = None,
    map_area_ha: Annotated[
        float | None,
        typer.Option(help="Area of the whole map: areas in another unit are then refused."),
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option("--map", help=f"{MAP_HELP} Its area takes the place of --map-area-ha."),
    ] = None,
) -> None:
    """Overall, user's and producer's accuracy and areas from a table of counts.

    The sample must be a probability sample: stratified by the map's classes, simple random,
    or stratified otherwise, for example by an earlier version of the map; then say so with
    a long table of counts. Counts from training polygons or from points that somebody chose
    give agreement, not accuracy: no formula turns them into an area.

    Example: lulc accuracy estimate --counts counts.csv --areas areas.csv --format json
    """
    from lulc_assets.core.accuracy.area_files import check_total, read_areas, suspect_shares
    from lulc_assets.core.accuracy.count_files import read_counts
    from lulc_assets.core.accuracy.counts import estimate_counts, tabulate
    from lulc_assets.core.estimation.settings import AccuracySettings

    counted = read_counts(counts)
    areas_ha = read_areas(areas, {*counted.strata, *counted.classes})
    if map:
        map_area_ha = _mapped_ha(map)
    if map_area_ha is not None:
        check_total(areas_ha, map_area_ha, str(areas))
    names, figures = estimate_counts(
        counted,
        areas_ha,
        areas_source=str(areas),
        merge=_groups(merge),
        unit_ha=unit_ha,
        settings=AccuracySettings(intervals=intervals.value, level=level),
    )
    result = tabulate(names, figures)
    if format is Format.json:
        print_json(result)
    else:
        print_table(result)
    for warning in filter(None, (suspect_shares(areas_ha), *figures.warnings)):
        typer.echo(f"Warning: {warning}", err=True)


@app.command()
def report(
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    sample: Annotated[Path, typer.Option(help="Reference sample (`lulc sample ingest`).")],
    year: Annotated[int | None, typer.Option(help="Of the map; else the sample's.")] = None,
    merge: Annotated[
        list[str] | None, typer.Option(help="Strata to take as one: 'A+B'. Repeat.")
    ] = None,
    assisted: Annotated[
        bool,
        typer.Option(
            help="Add overall accuracy and areas with the map as auxiliary, which vary much less "
            "where windows or the strata of an older map were drawn."
        ),
    ] = False,
    second: Annotated[
        Path | None,
        typer.Option(
            help="The sample with a second interpretation of a random part of its units (others "
            "without class): adds figures with the interpreters' error in them."
        ),
    ] = None,
    alternate: Annotated[
        Path | None,
        typer.Option(
            help="The sample with an alternate label where one is as good: adds figures for which "
            "either is right."
        ),
    ] = None,
    looks: Annotated[
        int,
        typer.Option(
            help="Number of looks at the figures, planned before the first; sampling may stop "
            "after each: each interval is then at 1 - (1 - level) / looks."
        ),
    ] = 1,
    systematic_variance: LatticeVariance = SystematicVariance.random,
    level: Level = DEFAULT_LEVEL,
    legend: LegendName = "",
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
) -> None:
    """Accuracy and areas of a map from its reference sample, as the assets report them.

    The design that drew the sample comes with it. Where it allows no estimate (too few
    units, no probability sample) the reason is given instead of a number.

    Example: lulc accuracy report --map 33TVL=map.tif --sample sample.parquet
    """
    from lulc_assets.core.accuracy.assisted import assist_region, tabulate_assisted
    from lulc_assets.core.accuracy.build import build_region_report
    from lulc_assets.core.estimation.settings import AccuracySettings, level_of_look
    from lulc_assets.core.sampling.sample import read_sample

    reference = read_sample(sample)
    groups = _groups(merge)
    reference.check_merge(groups)
    maps = open_maps(map, legend=find_named_legend(legend))
    settings = AccuracySettings(
        merge_strata=groups,
        systematic_variance=systematic_variance.value,
        level=level_of_look(level, looks),
    )
    found = build_region_report(
        (one.part() for one in maps),
        reference,
        key=reference.design.region or "map",
        year=year or reference.design.year or 0,
        legend=maps[0].legend,
        settings=settings,
    )
    more: dict[str, Any] = {}
    if assisted and found.verdict == "estimated":
        names = [c.name for c in found.classes]
        more = tabulate_assisted(names, assist_region(maps, reference, settings))
    beside = figures_beside(maps, reference, found, second, alternate, settings)
    if format is Format.json:
        added = {**({"assisted": more} if more else {}), **beside}
        print_json(as_printed({**found.to_dict(), **added}))
    else:
        typer.echo(found.verdict_reason)
        if found.verdict == "agreement_only":
            typer.echo(f"Accuracy unknown; map and reference agree on {found.agreement:.3f}.")
        if found.overall is not None:
            print_table(tabulate_report(found))
            print_design_effect(found)
        if more:
            print_assisted(more, settings.level)
        print_beside(beside, settings.level)
        print_response(found.response)
    for warning in found.warnings:
        typer.echo(f"Warning: {warning}", err=True)


def _groups(texts: list[str] | None) -> tuple[tuple[str, ...], ...]:
    """Names to take as one, from texts like ``A+B`` or ``A + B``."""
    return tuple(tuple(name.strip() for name in text.split("+")) for text in texts or [])


def _mapped_ha(texts: list[str]) -> float:
    from lulc_assets.core.sampling.map_file import count_classes

    return float(count_classes(open_maps(texts)).hectares[1:].sum())
