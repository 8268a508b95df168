"""``lulc sample extend``, ``strata``, ``differences``, ``replicates``: what stands beside a draw.

What belongs here: arguments and printing. What does not: designs (``core/sampling``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.maps import LegendName, find_named_legend, open_maps
from lulc_assets.commands.sample_design import (
    FrameMaps,
    Strata,
    StrataNames,
    open_frame,
    read_units,
)


def extend(
    drawn: Annotated[Path, typer.Argument(help="Folder that `lulc sample draw` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder of both rounds; must not hold a sample yet.")],
    units: Annotated[
        list[str],
        typer.Option("--units", help="crops=50 (repeat, stratified), or one number (simple)."),
    ],
    seed: Annotated[int, typer.Option(help="Different from that of the first draw.")],
    map: FrameMaps = None,
    strata: Strata = None,
    strata_names: StrataNames = "",
    legend: LegendName = "",
) -> None:
    """Draw further units for a sample: same design, other places, one weight for both rounds.

    Interpreters get the new places only; the sealed key holds all of them. Decide before you look
    at any figure whether there is a second round, and how large it is: who stops as soon as the
    figures please has no interval.

    Example: lulc sample extend s --map map.tif --units crops=50 --seed 8 --out s2
    """
    from lulc_assets.core.sampling.extend import extend_sample
    from lulc_assets.core.sampling.fieldwork import read_key, write_fieldwork

    key = read_key(drawn)
    more = {"": int(units[0])} if units[0].isdecimal() else read_units(units)
    maps = open_frame(map, strata, strata_names, legend)
    sample, both = extend_sample(maps, key, more, seed=seed)
    for path in write_fieldwork(out, sample, key=both):
        typer.echo(path)
    typer.echo(
        f"{len(sample.units)} new units, {len(both)} in all. Ingest the labels of both rounds "
        f"together: lulc sample ingest {out} --labels … --labels …"
    )


def strata(
    before: Annotated[list[str], typer.Option(help="Class map of the first year; TILE=path.")],
    after: Annotated[list[str], typer.Option(help="Class map of the second year, likewise.")],
    of: Annotated[str, typer.Option("--of", help="Class whose change is meant: trees.")],
    out: Annotated[Path, typer.Option(help="Folder of the strata rasters, one per map.")],
    buffer_px: Annotated[int, typer.Option(help="Buffer around mapped change, pixels.")] = 3,
    legend: LegendName = "",
) -> None:
    """Make strata of mapped change: loss, gain, a buffer around both, and the rest.

    Example: lulc sample strata --before 2015.tif --after 2020.tif --of trees --out strata
    """
    from lulc_assets.core.sampling.strata_maps import CHANGE_STRATA, write_change_strata

    named = find_named_legend(legend)
    maps = (open_maps(before, legend=named), open_maps(after, legend=named))
    counts = write_change_strata(*maps, of, buffer_px, out)
    names = ",".join(f"{code}={name}" for code, name in enumerate(CHANGE_STRATA, start=1))
    for path, pixels in counts.items():
        held = ", ".join(
            f"{name} {n:,}" for name, n in zip(CHANGE_STRATA, pixels, strict=True) if n
        )
        typer.echo(f"{path}: {held} pixels")
    typer.echo(f'Draw from them with --strata … --strata-names "{names}"')


def differences(
    map: Annotated[list[str], typer.Option("--map", help="Class map; TILE=path, repeat.")],
    other: Annotated[list[str], typer.Option(help="The map to compare with, likewise.")],
    out: Annotated[Path, typer.Option(help="Folder of the rasters, one per map.")],
    legend: LegendName = "",
) -> None:
    """Write where two maps differ, to draw units there: elsewhere none is better.

    Example: lulc sample differences --map new.tif --other old.tif --out differ
    """
    from lulc_assets.core.sampling.strata_maps import DIFFERENCES, write_differences

    named = find_named_legend(legend)
    found = write_differences(open_maps(map, legend=named), open_maps(other, legend=named), out)
    for path, (pixels,) in found.items():
        typer.echo(f"{path}: the maps differ on {pixels:,} pixels")
    names = ",".join(f"{code}={name}" for code, name in enumerate(DIFFERENCES, start=1))
    typer.echo(
        f'Draw from them with --strata … --strata-names "{names}" --how simple, then '
        "lulc accuracy compare --where-they-differ"
    )


def replicates(
    sample: Annotated[Path, typer.Argument(help="Reference sample (`lulc sample ingest`).")],
    out: Annotated[Path, typer.Option(help="CSV: unit_id, weight, and a column per replicate.")],
) -> None:
    """Replicate weights (JKn), with which other survey programs get the same standard errors.

    The coefficient of each replicate is the last line of the file, its unit_id is "coefficient".

    Example: lulc sample replicates sample.parquet --out weights.csv
    """
    from lulc_assets.core.accuracy.paired import strata_as_drawn
    from lulc_assets.core.estimation.replicates import jackknife_weights
    from lulc_assets.core.sampling.sample import read_sample
    from lulc_assets.core.whole_files import whole_file

    units = read_sample(sample)
    drawn = strata_as_drawn(units)
    weights, coefficients = jackknife_weights(drawn)
    titles = ["unit_id", "weight", *(f"replicate_{i + 1}" for i in range(coefficients.size))]
    lines = [",".join(titles)]
    for unit, weight, row in zip(units.units["unit_id"], drawn.weights, weights, strict=True):
        lines.append(",".join([str(unit), *(f"{v:.10g}" for v in (weight, *row))]))
    lines.append(",".join(["coefficient", "", *(f"{c:.10g}" for c in coefficients)]))
    with whole_file(out) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    typer.echo(f"{coefficients.size} replicates of {len(units.units)} units: {out}")
