"""``lulc accuracy compare`` and ``change``: two maps, or two dates, and one sample.

What belongs here: arguments and printing. What does not: estimation (``core/estimation``).
"""

import math
from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.accuracy_options import Format, LatticeVariance, Level, SystematicVariance
from lulc_assets.commands.accuracy_tables import as_printed, write_difference
from lulc_assets.commands.maps import MAP_HELP, open_maps
from lulc_assets.commands.running import print_json
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL


def compare(
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    other: Annotated[list[str], typer.Option(help="The map to compare with, likewise.")],
    sample: Annotated[Path, typer.Option(help="Reference sample (`lulc sample ingest`).")],
    systematic_variance: LatticeVariance = SystematicVariance.random,
    level: Level = DEFAULT_LEVEL,
) -> None:
    """Which of two maps is more accurate, judged on one sample.

    Both maps err at the same hard places, so the difference is known better than either
    accuracy. An interval that holds 0 means that the sample cannot tell them apart.

    Example: lulc accuracy compare --map new.tif --other old.tif --sample sample.parquet
    """
    from lulc_assets.core.accuracy.paired import compare_on_sample
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    maps, others = open_maps(map), open_maps(other)
    settings = AccuracySettings(systematic_variance=systematic_variance.value, level=level)
    difference, n = compare_on_sample(maps, others, read_sample(sample), settings)
    typer.echo(f"Differences on {n} units, positive where the first map is better:")
    typer.echo(f"overall accuracy {write_difference(difference.overall)}")
    for legend, users, producers in zip(
        maps[0].legend.land, difference.users, difference.producers, strict=True
    ):
        for title, figure in (("user's", users), ("producer's", producers)):
            if figure.n and math.isfinite(figure.value):
                typer.echo(f"{legend.name}, {title} accuracy {write_difference(figure)}")
    typer.echo(f"In brackets: {100 * level:g} % interval.")


def change(
    before: Annotated[Path, typer.Option(help="Sample, interpreted at the first date.")],
    after: Annotated[Path, typer.Option(help="The same units at the second date.")],
    map: Annotated[list[str], typer.Option("--map", help=MAP_HELP)],
    systematic_variance: LatticeVariance = SystematicVariance.random,
    level: Level = DEFAULT_LEVEL,
    format: Annotated[Format, typer.Option(help="A table to read, or JSON.")] = Format.table,
) -> None:
    """Area that changed between two dates, with intervals, from units interpreted twice.

    The map gives the area of the region; what changed comes from the interpreters alone. Two
    maps subtracted from each other would count their errors as change.

    Example: lulc accuracy change --before 2020.parquet --after 2023.parquet --map map.tif
    """
    from lulc_assets.core.accuracy.paired import change_on_sample, frame_area_ha
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.sampling.sample import read_sample

    maps, first = open_maps(map), read_sample(before)
    names = [c.name for c in maps[0].legend.land]
    found = change_on_sample(
        first,
        read_sample(after),
        area_ha=frame_area_ha(maps, first),
        titles=names,
        settings=AccuracySettings(systematic_variance=systematic_variance.value, level=level),
    )
    rows = {"all change": found.changed}
    rows |= {f"{names[a - 1]} to {names[b - 1]}": e for (a, b), e in found.transitions.items()}
    rows |= {f"net {name}": e for name, e in zip(names, found.net, strict=True) if e.se > 0}
    if format is Format.json:
        print_json(as_printed({k: e.to_dict() for k, e in rows.items()}))
    else:
        for title, figure in rows.items():
            ends = f"[{figure.ci_low:,.1f} to {figure.ci_high:,.1f}]"
            typer.echo(f"{title}: {figure.value:,.1f} ha {ends}")
        typer.echo(f"In brackets: {100 * level:g} % interval.")
    for warning in found.warnings:
        typer.echo(f"Warning: {warning}", err=True)
