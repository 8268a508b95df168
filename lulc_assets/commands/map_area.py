"""``lulc map``: a model that exists over a new area.

What belongs here: arguments and printing. What does not: the work (``running/map_area``).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lulc_assets.commands.running import progress_bar


def map_command(
    bundle: Annotated[Path, typer.Option(help="Folder of a bundle: lulc model export.")],
    aoi: Annotated[Path, typer.Option(help="Vector file with the area's polygon, any CRS.")],
    year: Annotated[int, typer.Option(help="To map.")],
    catalog: Annotated[
        str,
        typer.Option(
            help="earth-search, planetary-computer, cdse, the URL of a STAC API, or a folder."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the map; made if missing.")],
    season: Annotated[
        str, typer.Option(help="q1 to q4, or days like 06-01:08-31; none: the whole year.")
    ] = "",
    collection: Annotated[str, typer.Option(help="Of an API; none: Sentinel-2 L2A.")] = "",
    crs: Annotated[str, typer.Option(help="Of the map, like EPSG:3035; none: UTM.")] = "",
    trusted_key: Annotated[
        Path | None, typer.Option(help="Public key (PEM) that the bundle must be signed by.")
    ] = None,
) -> None:
    """Map an area with a bundle, without labels and without a project.

    Scenes must have the bundle's bands and level. Nothing is said of accuracy: the model may
    never have seen such ground. Stop it at any moment and call it again.

    Example: lulc map --bundle bundle --aoi area.geojson --year 2024 --catalog earth-search
    --out area-2024
    """
    from lulc_assets.core.aoi import read_area  # keeps --help quick
    from lulc_assets.core.catalog.sources import catalog_location
    from lulc_assets.core.model.bundle import Bundle
    from lulc_assets.core.tile_keys import validate_year
    from lulc_assets.running.map_area import map_area
    from lulc_assets.running.map_request import MapRequest, read_season
    from lulc_assets.running.proposal import CATALOGS

    request = MapRequest(
        bundle=Bundle.load(bundle, None, trusted_key=trusted_key),
        area=read_area(aoi),
        year=validate_year(year),
        catalog=catalog_location(CATALOGS.get(catalog, catalog)),
        season=read_season(season),
        collection=collection or None,
        crs=crs,
        name=aoi.stem,
    )
    console = Console(stderr=True, markup=False, highlight=False)
    with progress_bar("map") as progress:
        files = map_area(request, out.resolve(), progress, console.print)
    for path in files.values():
        typer.echo(path)
    typer.echo(out.resolve() / "index.html")
