"""The files of one map of an area: three layers with their styles, and a STAC item.

What belongs here: names, styles and the item. What does not: filling a mosaic (``mosaic``),
which maps there are (``steps``).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pystac
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.exporting.category_names import write_category_names
from lulc_assets.core.exporting.mosaic import MosaicLayer, MosaicTile, palette_of, write_mosaic
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.publishing.catalogue import CollectionText, Credit, write_catalogue
from lulc_assets.core.publishing.items import layer_kind
from lulc_assets.core.publishing.layer_item import LayerAsset, layer_item
from lulc_assets.core.publishing.styles import class_style, ramp_style
from lulc_assets.core.store.canonical import digest_of_file
from lulc_assets.core.whole_files import whole_file

FILE_NAMES = {"class": "land_cover", "vote_share": "vote_share", "observations": "observations"}
"""Layer → first part of its file's name."""
TITLES = {
    "class": "Land-cover class",
    "vote_share": "Share of the votes for the class, 255 = all; not a probability",
    "observations": "Votes counted",
}
MAPS = CollectionText(
    "land_cover",
    "Land cover of the area",
    "Maps clipped to the area of interest; each place comes from the tile that owns it.",
)
_READABLE, _ENTERABLE = 0o644, 0o755


def write_map_files(
    folder: Path,
    name: str,
    grid: PixelGrid,
    tiles: Mapping[str, Sequence[MosaicTile]],
    area: BaseGeometry | None,
    legend: Legend,
    progress: Progress = silent,
) -> dict[str, Path]:
    """Write ``land_cover_NAME.tif``, ``vote_share_NAME.tif`` and ``observations_NAME.tif``.

    Beside each lies its QGIS style, beside the first the names of its classes.

    Args:
        folder: target.
        name: of the map, its year for example.
        grid: of all layers.
        tiles: layer → its files.
        area: longitude and latitude, or None.
        legend: of the classes.
        progress: told after each block.
    """
    colors = {known.code: known.rgb for known in legend.classes}
    files = {}
    for layer, parts in tiles.items():
        kind, title = layer_kind(layer), TITLES[layer]
        path = folder / f"{FILE_NAMES[layer]}_{name}.tif"
        if kind.get("is_class"):
            look = MosaicLayer("class", 0, palette_of(colors), title)
            style = class_style(legend)
        else:
            look = MosaicLayer("continuous", 0, None, title)
            style = ramp_style(kind.get("most", 255), title)
        files[layer] = write_mosaic(path, grid, parts, area, look, progress)
        with whole_file(path.with_suffix(".qml"), durable=False) as part:
            part.write_text(style, "utf-8")
        if kind.get("is_class"):
            write_category_names(path, legend)
    return files


def map_item(
    item_id: str,
    grid: PixelGrid,
    days: tuple[date, date],
    files: Mapping[str, Path],
    legend: Legend,
    properties: Mapping[str, Any],
) -> pystac.Item:
    """The STAC item of a map's files; ``days`` are its first and last."""
    assets = {
        layer: LayerAsset(
            str(path.resolve()),
            TITLES[layer],
            digest_of_file(path),
            path.stat().st_size,
            **layer_kind(layer),
        )
        for layer, path in files.items()
    }
    span = (
        datetime.combine(days[0], time(), tzinfo=UTC),
        datetime.combine(days[1], time(23, 59, 59), tzinfo=UTC),
    )
    return layer_item(item_id, grid, span, assets, legend, properties)


def write_maps_catalogue(
    folder: Path, credit: Credit, items: Sequence[pystac.Item], legend: Legend
) -> Path:
    """Write the STAC catalogue of maps; returns its ``catalog.json``."""
    layers = {n: LayerAsset("", title, "", 0, **layer_kind(n)) for n, title in TITLES.items()}
    return write_catalogue(folder, credit, {MAPS: items}, {MAPS.name: layers}, legend)


def open_to_all(folder: Path) -> None:
    """Let everybody read a folder: files of the store are their owner's alone."""
    folder.chmod(_ENTERABLE)
    for path in folder.rglob("*"):
        path.chmod(_ENTERABLE if path.is_dir() else _READABLE)
