"""``lulc init``: from a polygon and labels to a project that runs.

What belongs here: arguments and questions. What does not: the proposal (``running/proposal``),
the tiles of an area (``core/aoi``).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.check import print_check
from lulc_assets.commands.running import plain_console, progress_bar
from lulc_assets.commands.simulate import read_years

if TYPE_CHECKING:
    from lulc_assets.core.aoi import TileOfArea
    from lulc_assets.project import Project
    from lulc_assets.running.labels_found import LabelsFound
    from lulc_assets.running.proposal import Proposal

MANY_TILES = 50


def init(
    folder: Annotated[Path, typer.Argument(help="Of the project; made if missing.")],
    aoi: Annotated[Path, typer.Option(help="Vector file with the area's polygon, any CRS.")],
    labels: Annotated[str, typer.Option(help="Polygons with classes: FILE or FILE:COLUMN.")],
    years: Annotated[str, typer.Option(help="To map: 2024, or 2023-2024, or 2021,2024.")],
    catalog: Annotated[
        str,
        typer.Option(
            help="earth-search, planetary-computer, cdse, the URL of a STAC API, or a folder."
        ),
    ],
    name: Annotated[str, typer.Option(help="Of the project; none: the folder's.")] = "",
    legend: Annotated[
        str,
        typer.Option(help="own: the labels' classes; or a legend of the package, like corine-2."),
    ] = "",
    other: Annotated[
        str | None,
        typer.Option(help='The class that stands for all the rest; "": there is none.'),
    ] = None,
    collection: Annotated[str, typer.Option(help="Of an API; none: Sentinel-2 L2A.")] = "",
    layer: Annotated[str | None, typer.Option(help="Of a label file with several.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; large areas are fine.")] = False,
) -> None:
    """Write a project file and a Dagster home for an area, with the tiles that cover it.

    The legend is one of the package where the labels name its classes, else the labels' own
    classes with colours that everybody tells apart. Roles are drawn so that a first run can
    train and judge. A project that is there already is left as it is.

    Example: lulc init valley --aoi area.geojson --labels labels.gpkg:class --years 2023-2024
    --catalog earth-search
    """
    from lulc_assets.core.aoi import cover_area, read_area  # keeps --help quick
    from lulc_assets.core.catalog.sources import catalog_location
    from lulc_assets.core.errors import CatalogError
    from lulc_assets.core.tile_keys import validate_year
    from lulc_assets.running.home import prepare_home, write_unless_edited
    from lulc_assets.running.labels_found import choose_legend, look_at_labels, split_labels
    from lulc_assets.running.proposal import CATALOGS, Proposal

    file = folder / "project.toml"
    if file.exists():
        typer.echo(f"{file} is there already and stays as it is. Next: lulc check --project {file}")
        return
    wanted = [validate_year(year) for year in read_years(years)]
    tiles = cover_area(read_area(aoi))
    _ask_about_size(tiles, len(wanted), yes)
    found = look_at_labels(*split_labels(labels), layer)
    try:
        place = catalog_location(CATALOGS.get(catalog, catalog))
    except CatalogError as error:
        known = ", ".join(CATALOGS)
        raise CatalogError(f"{error}; --catalog takes {known}, a URL or a folder") from error
    chosen, own = choose_legend(found, legend, _other(found, legend, other, yes))
    proposal = Proposal(
        name or folder.resolve().name, aoi, tiles, found, chosen, own, wanted, place, collection
    )
    proposal = _with_roles(proposal, folder)
    write_unless_edited(file, proposal.to_toml(folder))
    prepare_home(folder / "dagster")
    typer.echo(f"{file}: {', '.join(each.tile for each in tiles)}; legend {chosen.name}")
    _check(file)


def _ask_about_size(tiles: "list[TileOfArea]", years: int, yes: bool) -> None:
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick

    if len(tiles) <= MANY_TILES or yes:
        return
    km2 = sum(each.area_km2 for each in tiles)
    # 20 scenes a year, as `lulc check` reckons: two passes over 1.7 million pixels a second.
    hours = 2 * km2 * 1e4 * 20 * years / 1.7e6 / 3600
    text = (
        f"the area lies on {len(tiles)} tiles, {km2:,.0f} km²: about {hours:,.0f} hours of two "
        f"cores and {km2 * 1e4 * 20 * years / 1e9:,.0f} GB for {years} year(s)"
    )
    if not sys.stdin.isatty():
        raise InvalidProject(f"{text}; run it with --yes if that is intended")
    typer.confirm(f"{text}. Go on?", abort=True)


def _other(found: "LabelsFound", legend: str, other: str | None, yes: bool) -> str:
    """The class that stands for all the rest, by flag, by its name, or asked."""
    from lulc_assets.running.labels_found import recognise_legend  # keeps --help quick

    if other is not None:
        return other
    known = legend not in ("", "own") or (not legend and recognise_legend(found.classes))
    if known:
        return ""
    if sys.stdin.isatty() and not yes:
        classes = ", ".join(found.classes)
        answer: str = typer.prompt(
            f"Which class stands for all the rest (of {classes})? Enter: none",
            default=found.looks_like_other,
        )
        return answer
    if found.looks_like_other:
        typer.echo(f"class {found.looks_like_other!r} is taken as all the rest (--other)")
    return found.looks_like_other


def _with_roles(proposal: "Proposal", folder: Path) -> "Proposal":
    """The first draw of roles with which training and judging can succeed, else the first."""
    from lulc_assets.running.label_count import count_labels  # keeps --help quick

    for each in proposal.drawn_otherwise():
        count = count_labels(_parsed(each, folder))
        if not any(finding.severity == "refusal" for finding in count.findings):
            return each
    return proposal


def _parsed(proposal: "Proposal", folder: Path) -> "Project":
    import tomllib  # keeps --help quick

    from lulc_assets.project import Project

    return Project(**tomllib.loads(proposal.to_toml(folder)), folder=folder.resolve())


def _check(file: Path) -> None:
    from lulc_assets.project import load_project  # keeps --help quick
    from lulc_assets.running.check import check_project

    project = load_project(file)
    with progress_bar("checking") as progress:
        checked = check_project(project, progress)
    print_check(project, checked)
    if checked.refusals:
        plain_console().print(f"Mend the problems above, then: lulc check --project {file}")
        raise typer.Exit(1)
