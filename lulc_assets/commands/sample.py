"""``lulc sample``: how many units and where, the interpreters' files, and their labels back.

What belongs here: arguments and printing. What does not: designs (``core/sampling``).
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.maps import (
    MAP_HELP,
    PURPOSE_HELP,
    LegendName,
    Purpose,
    find_named_legend,
    open_maps,
)
from lulc_assets.commands.running import PoliteGroup
from lulc_assets.commands.sample_design import (
    FrameMaps,
    Strata,
    StrataNames,
    Targets,
    design,
    open_frame,
    read_units,
)
from lulc_assets.commands.sample_more import differences, extend, replicates
from lulc_assets.commands.sample_more import strata as strata_command
from lulc_assets.commands.sample_tables import print_consensus
from lulc_assets.core.estimation.settings import DEFAULT_STARTS

if TYPE_CHECKING:
    from lulc_assets.core.sampling.map_file import MapFile
    from lulc_assets.core.sampling.response import ResponseDesign

app = typer.Typer(
    cls=PoliteGroup,
    no_args_is_help=True,
    help="Reference samples: design them, draw them, read the interpreters' labels back.",
)
app.command()(design)
app.command()(extend)
app.command("strata")(strata_command)
app.command()(differences)
app.command()(replicates)


class Draw(StrEnum):
    """How units are drawn."""

    stratified = "stratified"
    simple = "simple"
    systematic = "systematic"
    windows = "windows"


@app.command()
def draw(
    out: Annotated[Path, typer.Option(help="Folder for the files; must not hold a sample yet.")],
    units: Annotated[
        list[str],
        typer.Option(
            "--units",
            help="crops=100 (repeat, stratified), or one number: units (simple), windows "
            "(windows), or the step in pixels (systematic; about one unit in step x step "
            "pixels, however many starts).",
        ),
    ],
    map: FrameMaps = None,
    strata: Strata = None,
    strata_names: StrataNames = "",
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of the draw. Without it the seed follows from the frame's pixels and the "
            "design, so that nobody can have tried several."
        ),
    ] = None,
    legend: LegendName = "",
    how: Annotated[Draw, typer.Option(help="Sampling design.")] = Draw.stratified,
    window: Annotated[int, typer.Option(help="Pixels on a side of a window.")] = 10,
    within: Annotated[
        int | None, typer.Option(help="Pixels drawn in each window; all if left out.")
    ] = None,
    starts: Annotated[
        int,
        typer.Option(
            help="Lattices of a systematic sample, each from a random start of its own. Their "
            "spread gives an honest standard error; 1 has the smallest error, and no honest "
            "figure for it."
        ),
    ] = DEFAULT_STARTS,
    region: Annotated[str, typer.Option(help="Name of the region.")] = "",
    year: Annotated[int | None, typer.Option(help="That interpreters describe.")] = None,
    response: Annotated[
        Path | None,
        typer.Option(
            help="JSON of what interpreters are asked: definitions of classes, "
            "minimum_mapping_unit_ha, drivers of the loss of a class."
        ),
    ] = None,
    purpose: Annotated[Purpose, typer.Option("--for", help=PURPOSE_HELP)] = Purpose.map,
) -> None:
    """Draw units and write them for QGIS and Collect Earth Online, blind to the map.

    The folder for_interpreters/ shows places only. Keep sealed/ from the interpreters:
    it holds the strata and the inclusion probabilities, without which no area can be estimated
    later.

    Example: lulc sample draw --map map.tif --units crops=100 --units trees=80 --seed 7 --out s
    """
    from lulc_assets.core.sampling import draw as drawing
    from lulc_assets.core.sampling.fieldwork import write_fieldwork
    from lulc_assets.core.sampling.fingerprint import seed_of_frame

    maps = open_frame(map, strata, strata_names, legend, purpose)
    asked = None if response is None else _read_response(response, legend, maps if map else [])
    if seed is None:
        seed = seed_of_frame(maps, " ".join([how, *units, str(window), str(within), str(starts)]))
        typer.echo(f"Seed {seed}, from the frame and the design.", err=True)
    common: dict[str, Any] = {"seed": seed, "region": region, "year": year}
    if how is Draw.stratified:
        sample = drawing.draw_stratified(maps, read_units(units), **common)
    elif how is Draw.windows:
        number = _one_number(units)
        sample = drawing.draw_windows(maps, number, size=window, within=within, **common)
    elif how is Draw.systematic:
        sample = drawing.draw_systematic(maps, _one_number(units), starts=starts, **common)
    else:
        sample = drawing.draw_simple(maps, _one_number(units), **common)
    sample = replace(sample, design=replace(sample.design, response=asked))
    for path in write_fieldwork(out, sample):
        typer.echo(path)
    if how is Draw.systematic and starts == 1:
        typer.echo(
            "One lattice has no unbiased variance: intervals will be those of a random sample, "
            "usually too wide. --starts 10 draws lattices whose spread tells.",
            err=True,
        )


@app.command()
def ingest(
    drawn: Annotated[Path, typer.Argument(help="Folder that `lulc sample draw` wrote.")],
    labels: Annotated[
        list[Path], typer.Option(help="Label file of one interpreter (CSV, GeoPackage). Repeat.")
    ],
    out: Annotated[Path, typer.Option(help="The reference sample (GeoParquet).")],
    settled: Annotated[
        Path | None, typer.Option(help="Labels of disputed units after a second look.")
    ] = None,
    majority: Annotated[
        bool, typer.Option(help="Where more than half agree, take their class.")
    ] = False,
    class_column: Annotated[str, typer.Option(help="Column of the labels.")] = "reference_class",
    crosswalk: Annotated[
        str, typer.Option(help="Vocabulary of the labels; else the legend's own classes.")
    ] = "",
    legend: LegendName = "",
    map: Annotated[list[str] | None, typer.Option("--map", help=MAP_HELP)] = None,
    target: Targets = None,
) -> None:
    """Read the interpreters' labels back: agreement, kappa, what to settle, and what to add.

    Units on which interpreters disagree stay without class until somebody settles them: they
    are listed in disputed.csv beside the sample. With --map and --target it says how many
    more units to take, and where.

    Example: lulc sample ingest s --labels anna.csv --labels ben.gpkg --out sample.parquet
    """
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.sampling.fieldwork import read_key
    from lulc_assets.core.sampling.gathering import gather
    from lulc_assets.core.sampling.interpreter_files import read_answers
    from lulc_assets.core.sampling.sample import write_sample

    key = read_key(drawn)
    classes = find_named_legend(legend) or KARRA_10
    read = partial(
        read_answers, key=key, class_column=class_column, crosswalk=crosswalk, legend=classes
    )
    said = {_interpreter(path, labels): read(path) for path in labels}
    second = None if settled is None else read(settled)
    found = gather(said, key, classes, settled=second, majority=majority)
    write_sample(out, found.sample)
    print_consensus(found, out)
    if map and target:
        _advise(open_maps(map, legend=classes), found.sample, target)


@app.command("import")
def import_points(
    points: Annotated[Path, typer.Argument(help="Labelled points: GeoPackage, GeoParquet, …")],
    drawn: Annotated[
        Path,
        typer.Option(
            "--design",
            help="JSON that says how they were drawn: design (simple_random, systematic, "
            "stratified, cluster or none), region, year, stratum_pixels, starts of a systematic "
            "sample of several lattices.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The reference sample (GeoParquet).")],
    layer: Annotated[str | None, typer.Option(help="Layer, where a file has several.")] = None,
    class_column: Annotated[str, typer.Option(help="Column of the labels.")] = "reference_class",
    crosswalk: Annotated[
        str, typer.Option(help="Vocabulary of the labels; else the legend's own classes.")
    ] = "",
    legend: LegendName = "",
) -> None:
    """Check points that were drawn elsewhere and store them with their design.

    Columns: unit_id, the class, inclusion_probability, and where the design has them stratum
    and primary_unit (the window, or the start of a lattice). Without a design that drew them,
    write {"design": "none"}: it then gives agreement, but no area and no interval.

    Example: lulc sample import points.gpkg --design design.json --out sample.parquet
    """
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.sampling.ingest import ingest_sample
    from lulc_assets.core.sampling.sample import write_sample

    sample = ingest_sample(
        points,
        drawn,
        layer=layer,
        class_column=class_column,
        crosswalk=crosswalk,
        legend=find_named_legend(legend) or KARRA_10,
    )
    write_sample(out, sample)
    unnamed = int((sample.units["class_code"] == 0).sum())
    typer.echo(
        f"{len(sample.units)} units of the design {sample.design.design}, {unnamed} without class; "
        f"written to {out}."
    )


def _read_response(path: Path, legend: str, maps: "Sequence[MapFile]") -> "ResponseDesign":
    """The response design of a file, of classes that the interpreters' legend has."""
    import json

    from lulc_assets.core.errors import InvalidSample
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.sampling.response import ResponseDesign
    from lulc_assets.core.tables.text_file import read_utf8

    try:
        data = json.loads(read_utf8(path, InvalidSample, "response design"))
    except (OSError, ValueError) as error:
        raise InvalidSample(f"{path}: cannot be read as JSON: {error}") from error
    asked = ResponseDesign.from_dict(data, str(path))
    known = maps[0].legend if maps else find_named_legend(legend) or KARRA_10
    asked.check_classes([c.name for c in known.land], str(path))
    return asked


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _one_number(texts: Sequence[str]) -> int:
    from lulc_assets.core.errors import InvalidSample

    if len(texts) != 1 or not _is_whole(texts[0]):
        raise InvalidSample(f"--units {' '.join(texts)}: this design takes one whole number")
    return int(texts[0])


def _interpreter(path: Path, every: Sequence[Path]) -> str:
    """A name for the interpreter: the file's, with its folder where names repeat."""
    repeated = sum(other.stem == path.stem for other in every) > 1
    return str(path) if repeated else path.stem


def _advise(maps: "Sequence[MapFile]", sample: Any, texts: Sequence[str]) -> None:
    """Say how many more units to take where."""
    from lulc_assets.core.sampling.advice import advise_more

    advice = advise_more(maps, sample, texts)
    for line in advice.sentences:
        typer.echo(line)
