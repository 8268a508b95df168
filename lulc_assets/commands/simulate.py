"""``lulc simulate``: a simulated Sentinel-2 archive with known truth, in a folder.

What belongs here: words of the command line → a description, and what was written. What
does not: how anything is simulated (``lulc_assets.simulation``).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lulc_assets.commands.running import progress_bar

app = typer.Typer()

_SEED = 20_220_713


def read_years(text: str) -> list[int]:
    """``2022``, ``2021-2023`` and ``2019,2021`` as years."""
    years: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not all(part.isascii() and part.isdecimal() for part in (first, last or first)):
            raise typer.BadParameter(
                f"{text!r} are not years; write 2022, or 2021-2023, or 2019,2021"
            )
        years.update(range(int(first), int(last or first) + 1))
    return sorted(years)


@app.command("simulate")
def simulate(
    out: Annotated[Path, typer.Option(help="Folder of the archive; made if missing.")],
    tiles: Annotated[
        str, typer.Option(help="MGRS 100 km squares, separated by commas.")
    ] = "33TVM,33TWM",
    years: Annotated[str, typer.Option(help="2022, or 2021-2023, or 2019,2021.")] = "2022-2023",
    size: Annotated[
        int, typer.Option(help="Side of each tile's area of interest in 10 m pixels, even.")
    ] = 1024,
    seed: Annotated[int, typer.Option(help="Another seed gives another country.")] = _SEED,
    scenes: Annotated[int, typer.Option(help="Acquisitions of a tile and year.")] = 12,
    sample: Annotated[int, typer.Option(help="Reference points of each year and design.")] = 1200,
    profile: Annotated[
        str,
        typer.Option(help="normal, or stress: more missed cloud, twice the misregistration."),
    ] = "normal",
    dialect: Annotated[
        str,
        typer.Option(help="Whose items to imitate: planetary_computer or earth_search_v1."),
    ] = "planetary_computer",
    bands: Annotated[
        int,
        typer.Option(
            help="6, or 10: the red edge (B05, B06, B07) and the narrow near infrared (B8A) too. "
            "Maps are made from six."
        ),
    ] = 6,
    own: Annotated[
        bool,
        typer.Option(
            "--own",
            help="Write area.geojson and own_labels.gpkg beside it too: a polygon, and labels "
            "with four classes of their own, for `lulc init`.",
        ),
    ] = False,
) -> None:
    """Simulate a Sentinel-2 archive: imagery, labels, samples, and the truth to judge by.

    The two default tiles overlap and share one landscape; other tiles get a landscape each.
    The same arguments give the same bytes. An existing archive is left alone.

    Example: lulc simulate --out demo/archive --years 2021-2023 --profile stress
    """
    from lulc_assets.core.errors import InvalidProject  # quick --help
    from lulc_assets.simulation.archive.own_case import write_own_case
    from lulc_assets.simulation.archive.spec import archive_spec
    from lulc_assets.simulation.archive.write import write_archive
    from lulc_assets.simulation.sky.profiles import PROFILES

    if profile not in PROFILES:
        raise InvalidProject(f"profile {profile!r} is unknown; use {' or '.join(PROFILES)}")
    spec = archive_spec(
        [key.strip() for key in tiles.split(",")],
        read_years(years),
        size_px=size,
        seed=seed,
        scenes_per_year=scenes,
        sample_size=sample,
        profile=PROFILES[profile],
        dialect=dialect,
        bands=bands,
    )
    with progress_bar("simulate") as progress:
        paths = write_archive(spec, out, progress)
    case = write_own_case(spec, paths, paths.root) if own else None
    console = Console(soft_wrap=True)
    console.print(f"catalogue  {paths.catalog}")
    console.print(f"labels     {paths.labels}")
    for year, path in paths.samples.items():
        console.print(f"sample     {path}  ({year})")
    if case is not None:
        console.print(f"area       {case.area}")
        console.print(f"own labels {case.labels}")
    console.print(f"truth      {paths.truth}  (for judging only)")
    console.print(f"digest     {paths.digest}")
