"""What commands that read class maps share: how a map is named on the command line.

What belongs here: turning ``TILE=path`` into a map. What does not: commands.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lulc_assets.core.legend import Legend
    from lulc_assets.core.sampling.map_file import MapFile

LegendName = Annotated[
    str,
    typer.Option(
        help="Legend of map and sample: a name of the package, or a file (.csv, .qml, .clr); else "
        "the ten classes of Karra et al."
    ),
]
MAP_HELP = (
    "Class map (GeoTIFF of codes 1-9, 0 = no data). Write TILE=path, for example "
    "33TVL=map.tif, where neighbouring tiles overlap: then only pixels that the tile owns "
    "count. Repeat for more tiles."
)


class Purpose(StrEnum):
    """What a sample is for."""

    map = "map"
    change = "change"


PURPOSE_HELP = (
    "map: strata are classes. change: --map names folders of `lulc change export`, strata are "
    "mapped change, a buffer around it, what is doubtful, and the rest."
)


def find_named_legend(name: str) -> "Legend | None":
    """The legend of a command line; None where none is named.

    Raises:
        InvalidLegend: there is none of that name, or the file is none.
    """
    from lulc_assets.core.legends import find_legend, is_legend_file, read_legend

    if not name:
        return None
    return read_legend(Path(name)) if is_legend_file(name) else find_legend(name)


def open_maps(
    texts: Sequence[str], purpose: Purpose = Purpose.map, legend: "Legend | None" = None
) -> "list[MapFile]":
    """Open the maps of a command line; of a folder of change its strata, which are written there.

    Args:
        texts: paths, or ``TILE=path``.
        purpose: of the sample; for change the paths are folders of ``lulc change export``.
        legend: of the codes; None for the ten classes.

    Raises:
        InvalidProduct: a tile comes twice.
    """
    from lulc_assets.core.errors import InvalidProduct
    from lulc_assets.core.legend import KARRA_10
    from lulc_assets.core.sampling.map_file import open_map

    maps = []
    for text in texts:
        tile, _, path = text.rpartition("=")
        if purpose is Purpose.change:
            maps.append(_open_strata(Path(path), tile))
        else:
            maps.append(open_map(Path(path), tile=tile, legend=legend or KARRA_10))
    tiles = [one.tile for one in maps if one.tile]
    for tile in tiles:
        if tiles.count(tile) > 1:
            raise InvalidProduct(f"tile {tile} is given twice; every place must be counted once")
    return maps


def _open_strata(folder: Path, tile: str) -> "MapFile":
    from lulc_assets.core.change.strata import STRATA, write_strata
    from lulc_assets.core.sampling.map_file import open_map

    grid = open_map(folder / "grade.tif").grid
    return open_map(write_strata(folder, grid), tile=tile, legend=STRATA)
