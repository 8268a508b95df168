"""What commands that read class maps share: how a map is named on the command line.

What belongs here: turning ``TILE=path`` into a map. What does not: commands.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lulc_assets.core.sampling.map_file import MapFile

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


def open_maps(texts: Sequence[str], purpose: Purpose = Purpose.map) -> "list[MapFile]":
    """Open the maps of a command line; of a folder of change its strata, which are written there.

    Raises:
        InvalidProduct: a tile comes twice.
    """
    from lulc_assets.core.errors import InvalidProduct
    from lulc_assets.core.sampling.map_file import open_map

    maps = []
    for text in texts:
        tile, _, path = text.rpartition("=")
        if purpose is Purpose.change:
            maps.append(_open_strata(Path(path), tile))
        else:
            maps.append(open_map(Path(path), tile=tile))
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
