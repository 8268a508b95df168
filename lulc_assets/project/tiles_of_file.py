"""Tiles of a project file: sections added and taken out, with everything else as it stands.

What belongs here: which tiles an area has, and editing the text. What does not: what a section
means (``sections``), registering partitions (``defs/partitions``).
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from lulc_assets.core.aoi import cover_area, read_area
from lulc_assets.core.errors import InvalidGeometry, InvalidProject
from lulc_assets.core.grid import Window
from lulc_assets.core.tables.text_file import read_utf8
from lulc_assets.core.tile_keys import validate_tile
from lulc_assets.core.whole_files import whole_file
from lulc_assets.project.loading import load_project

_HEADER = re.compile(r"^\s*\[", re.MULTILINE)


def choose_tiles(tiles: Iterable[str], aoi: Path | None) -> dict[str, Window | None]:
    """Tiles with their windows; whole ones without an area.

    Args:
        tiles: keys; none: all tiles of the area.
        aoi: polygons of a vector file.

    Raises:
        InvalidTileKey: a key is none.
        InvalidGeometry: the area is none, or a tile owns nothing of it.
        InvalidProject: neither is given.
    """
    wanted = [validate_tile(tile) for tile in tiles]
    if aoi is None:
        if not wanted:
            raise InvalidProject("name tiles, like 33TVM, or an area with --aoi")
        return dict.fromkeys(wanted)
    found = {each.tile: each.window for each in cover_area(read_area(aoi))}
    for tile in wanted:
        if tile not in found:
            raise InvalidGeometry(
                f"{aoi}: tile {tile} owns nothing of the area; it is of {', '.join(found)}"
            )
    return {tile: found[tile] for tile in wanted or found}


def add_tiles(file: Path, tiles: Mapping[str, Window | None]) -> None:
    """Add a section a tile at the end of a project file; raises InvalidProject."""
    sections = [_section(tile, window) for tile, window in tiles.items()]
    _rewrite(file, _read(file).rstrip("\n") + "\n" + "".join(sections))


def remove_tiles(file: Path, tiles: Iterable[str]) -> None:
    """Take the sections of tiles out of a project file.

    Raises:
        InvalidProject: it has no such section, or a region or the training still names the tile;
            the file stays as it is.
    """
    text = _read(file)
    for tile in tiles:
        header = re.compile(rf"^\s*\[tiles\.(?:\"{tile}\"|{tile})\][^\n]*\n?", re.MULTILINE)
        begins = header.search(text)
        if begins is None:
            raise InvalidProject(f"project file {file} has no section [tiles.{tile}]")
        following = _HEADER.search(text, begins.end())
        ends = following.start() if following else len(text)
        text = text[: begins.start()] + text[ends:].lstrip("\n")
    if not re.search(r"^\s*\[tiles\.", text, re.MULTILINE):
        raise InvalidProject(f"project file {file} has no other tile; add one first")
    _rewrite(file, text)


def _section(tile: str, window: Window | None) -> str:
    numbers = [] if window is None else [window.row, window.col, window.height, window.width]
    return f"\n[tiles.{tile}]\n" + (f"window = {numbers}\n" if numbers else "")


def _read(file: Path) -> str:
    try:
        return read_utf8(file, InvalidProject, "project file")
    except OSError as error:
        raise InvalidProject(f"project file {file} cannot be read: {error.strerror}") from error


def _rewrite(file: Path, text: str) -> None:
    """Check the new text as a project before it takes the old one's place."""
    with whole_file(file.absolute()) as part:
        part.write_text(text, encoding="utf-8")
        try:
            load_project(part)
        except InvalidProject as error:
            told = str(error).replace(str(part), str(file))
            raise InvalidProject(f"{told}; the file stays as it is") from error
