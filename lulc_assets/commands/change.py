"""``lulc change``: what changed between two years, on the terminal and as files.

What belongs here: arguments and printing. What does not: grading (``core/change``), making change
maps (the job ``change``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import PoliteGroup, plain_console, print_json
from lulc_assets.commands.tiles import ProjectFile

if TYPE_CHECKING:
    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.store.records import Record
    from lulc_assets.steps.properties import ChangeProperties
    from lulc_assets.steps.workbench import Workbench

app = typer.Typer(
    cls=PoliteGroup, no_args_is_help=True, help="Yearly change: what changed, how well it shows."
)

_GRADES = ("sustained", "recent", "flicker", "insufficient")
Tile = Annotated[str, typer.Argument(help="Tile, like 33TVM.")]
Year = Annotated[int, typer.Argument(help="Year; it is compared with the year before.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Out = Annotated[Path, typer.Option(help="Folder for the files; created if needed.")]


@app.command()
def show(
    tile: Tile, year: Year, project: ProjectFile = Path("project.toml"), as_json: AsJson = False
) -> None:
    """Transitions by grade, stories, and what a plain difference would have said.

    Example: lulc change show 33TVM 2023
    """
    _, _, record = _read(project, tile, year)
    found = record.properties
    pixel_ha = found.grid.pixel_ha
    if as_json:
        print_json(_as_dict(record, pixel_ha))
        return
    console = plain_console()
    if found.reason:
        console.print(f"{tile} {year}: {found.reason}.")
        return
    from rich.table import Table

    table = Table(title=f"Change of {tile} from {year - 1} to {year}, ha of the map")
    for name in ("From → to", *_GRADES):
        table.add_column(name, justify="left" if name == "From → to" else "right")
    for one in found.transitions[:20]:
        areas = [f"{one.pixels.get(grade, 0) * pixel_ha:,.2f}" for grade in _GRADES]
        table.add_row(f"{one.from_class} → {one.to_class}", *areas)
    console.print(table)
    for name, pixels in found.stories.items():
        area = pixels.get("sustained", 0) * pixel_ha
        console.print(f"{name}: {area:,.2f} ha sustained, "
                      f"{pixels.get('recent', 0) * pixel_ha:,.2f} ha recent")  # fmt: skip
    console.print(
        f"The two maps differ on {found.differing_pixels * pixel_ha:,.2f} ha; pixels of a map are "
        "no estimate of the area that changed."
    )


@app.command()
def export(tile: Tile, year: Year, out: Out, project: ProjectFile = Path("project.toml")) -> None:
    """Copy the layers, their STAC item and a table of transitions into a folder.

    Example: lulc change export 33TVM 2023 --out change_2023
    """
    import shutil

    from lulc_assets.core.errors import InvalidProduct
    from lulc_assets.core.whole_files import whole_file

    work, _, record = _read(project, tile, year)
    if record.properties.reason:
        raise InvalidProduct(
            f"change_map of {tile} {year} has no files: {record.properties.reason}"
        )
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(record.files):
        with whole_file(out / name) as part:
            shutil.copyfile(work.open(record, name), part)
        typer.echo(out / name)
    with whole_file(out / "transitions.csv") as part:
        part.write_text(_as_csv(record), encoding="utf-8")
    typer.echo(out / "transitions.csv")


@app.command()
def years(tile: Tile, out: Out, project: ProjectFile = Path("project.toml")) -> None:
    """Put all change maps of a tile together: the year of each pixel's lasting change.

    Writes year_of_change.tif and from_to.tif; years without a change map in between are refused.

    Example: lulc change years 33TVM --out change
    """
    from lulc_assets.core.change.years import GradedYear, year_of_change
    from lulc_assets.core.errors import ProductNotFound
    from lulc_assets.core.imagery.cog import read_raster, write_cog
    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.tile_keys import validate_tile
    from lulc_assets.project import load_project
    from lulc_assets.steps.products import CHANGE_MAP
    from lulc_assets.steps.workbench import Workbench

    work = Workbench.of(load_project(project))
    found = {}
    for year in work.project.mapped_years():
        record = work.find(CHANGE_MAP, TileYear(validate_tile(tile), year))
        if record is not None and not record.properties.reason:
            layers = (read_raster(work.open(record, f"{name}.tif"))
                      for name in ("from_to", "grade", "changed_on"))  # fmt: skip
            found[year] = GradedYear(*layers)
    if not found:
        raise ProductNotFound(f"{tile} has no change map; run the job change of two mapped years")
    year_layer, from_to = year_of_change(found, work.project.change, work.legend)
    out.mkdir(parents=True, exist_ok=True)
    titled = {"year_of_change": (year_layer, "year of the lasting change"),
              "from_to": (from_to, "100 x class before + class after")}  # fmt: skip
    for name, (layer, title) in titled.items():
        path = write_cog(out / f"{name}.tif", layer, work.grid(tile), kind="class", nodata=0,
                         description=title)  # fmt: skip
        typer.echo(path)


@app.command()
def accuracy(
    drawn: Annotated[Path, typer.Argument(help="Folder that `lulc sample draw` wrote.")],
    labels: Annotated[
        Path, typer.Option(help="CSV of unit_id and year_of_change, empty or 0: no change.")
    ],
    map: Annotated[Path, typer.Option("--map", help="year_of_change.tif of `lulc change years`.")],
    as_json: AsJson = False,
) -> None:
    """User's and producer's accuracy of change: exact year, within 1, within 2, ever.

    Example: lulc change accuracy s --labels years.csv --map change/year_of_change.tif
    """
    from lulc_assets.core.accuracy.counts import plain_estimate
    from lulc_assets.core.change.units import judge_years

    found = judge_years(drawn, labels, map)
    if as_json:
        print_json(
            {
                name: {
                    side: plain_estimate(one)
                    for side, one in (("users", both.users), ("producers", both.producers))
                    if one.n
                }
                for name, both in found.items()
            }
        )
        return
    from rich.table import Table

    table = Table(title="Accuracy of change by tolerance")
    for name in ("Tolerance", "User's", "95 %", "Producer's", "95 %"):
        table.add_column(name)
    for name, both in found.items():
        cells = [
            text
            for one in (both.users, both.producers)
            for text in ((f"{one.value:.3f}", f"{one.ci_low:.3f}-{one.ci_high:.3f}")
                         if one.n else ("-", "no unit"))
        ]  # fmt: skip
        table.add_row(name.replace("_", " "), *cells)
    plain_console().print(table)


def _read(
    project: Path, tile: str, year: int
) -> "tuple[Workbench, TileYear, Record[ChangeProperties]]":
    from lulc_assets.core.store.keys import TileYear
    from lulc_assets.core.tile_keys import validate_tile
    from lulc_assets.project import load_project
    from lulc_assets.steps.products import CHANGE_MAP
    from lulc_assets.steps.workbench import Workbench

    work, key = Workbench.of(load_project(project)), TileYear(validate_tile(tile), year)
    return work, key, work.read(CHANGE_MAP, key)


def _as_dict(record: "Record[ChangeProperties]", pixel_ha: float) -> dict[str, Any]:
    found = record.properties
    return {
        "record": record.digest,
        "reason": found.reason,
        "pixel_ha": pixel_ha,
        "dates": list(found.dates),
        "grades_px": dict(found.grades),
        "differing_px": found.differing_pixels,
        "sieved_px": found.sieved_pixels,
        "transitions": [
            {"from": one.from_class, "to": one.to_class, **one.pixels} for one in found.transitions
        ],
        "stories_px": {name: dict(pixels) for name, pixels in found.stories.items()},
        "permanence_px": {name: dict(pixels) for name, pixels in found.permanence.items()},
        "matrix_px": {name: dict(row) for name, row in found.matrix.items()},
    }


def _as_csv(record: "Record[ChangeProperties]") -> str:
    lines = [",".join(("from", "to", *(f"{grade}_px" for grade in _GRADES)))]
    lines += [
        ",".join((one.from_class, one.to_class, *(str(one.pixels.get(g, 0)) for g in _GRADES)))
        for one in record.properties.transitions
    ]
    return "\n".join(lines) + "\n"
