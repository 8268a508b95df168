"""``lulc accuracy certify`` and ``verify``: figures that anybody can derive again.

What belongs here: arguments and printing. What does not: certificates (``core/accuracy``).
"""

from pathlib import Path
from typing import Annotated

import typer

from lulc_assets.commands.accuracy_options import Level
from lulc_assets.commands.maps import MAP_HELP, LegendName, find_named_legend, open_maps
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL

Maps = Annotated[list[str], typer.Option("--map", help=MAP_HELP)]
Sample = Annotated[Path, typer.Option(help="Reference sample (`lulc sample ingest`).")]


def certify(
    map: Maps,
    sample: Sample,
    out: Annotated[Path, typer.Option(help="The certificate (JSON); its page lies beside it.")],
    labelled_by: Annotated[
        list[str] | None, typer.Option(help="Who interpreted. Repeat for more.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Of the map; else the sample's.")] = None,
    level: Level = DEFAULT_LEVEL,
    legend: LegendName = "",
) -> None:
    """Write the figures of a report with everything that they follow from.

    Same maps, sample and settings, same bytes.

    Example: lulc accuracy certify --map map.tif --sample sample.parquet --out accuracy.json
    """
    from lulc_assets.core.accuracy.certificate import as_text
    from lulc_assets.core.accuracy.certificate import certify as make
    from lulc_assets.core.estimation.settings import AccuracySettings
    from lulc_assets.core.pages.certificate_page import render_certificate
    from lulc_assets.core.sampling.sample import read_sample
    from lulc_assets.core.whole_files import whole_file

    units = read_sample(sample)
    certificate = make(
        open_maps(map, legend=find_named_legend(legend)),
        units,
        year=year or units.design.year or 0,
        settings=AccuracySettings(level=level),
        labelled_by=labelled_by or [],
    )
    page = out.with_suffix(".html")
    for path, text in ((out, as_text(certificate)), (page, render_certificate(certificate))):
        with whole_file(path) as part:
            part.write_text(text, encoding="utf-8")
        typer.echo(path)


def verify(
    certificate: Annotated[Path, typer.Argument(help="As `lulc accuracy certify` wrote it.")],
    map: Maps,
    sample: Sample,
    legend: LegendName = "",
) -> None:
    """Derive every figure of a certificate again, and name what differs.

    Ends with 1 where anything does: a label, a pixel, a figure, the certificate itself.

    Example: lulc accuracy verify accuracy.json --map map.tif --sample sample.parquet
    """
    from lulc_assets.core.accuracy.certificate import read_certificate
    from lulc_assets.core.accuracy.certificate import verify as check
    from lulc_assets.core.sampling.sample import read_sample

    data = read_certificate(certificate)
    found = check(data, open_maps(map, legend=find_named_legend(legend)), read_sample(sample))
    for line in found.notes:
        typer.echo(f"Note: {line}", err=True)
    for line in found.differences:
        typer.echo(line)
    if found.differences:
        typer.echo(f"{len(found.differences)} differences: the certificate does not hold here.")
        raise typer.Exit(1)
    typer.echo(f"Every figure came out as certified ({data['digest'][:12]}…).")
