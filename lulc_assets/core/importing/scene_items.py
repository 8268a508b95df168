"""Items of imported scenes, as dialects ``files_l2a`` and ``files_l1c`` read them.

What belongs here: the JSON of an item and of the catalogue. What does not: the files that it
names (``stacks``, ``products``).
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.scene.recipe import Level
from lulc_assets.core.whole_files import whole_file

CATALOG, ITEMS = "catalog.json", "stac_items"
NO_BASELINE = "99.99"
"""Of files of which nobody knows the baseline: the pixels show whether an offset is in them."""
UNMASKED = "files-unmasked"
"""Collection of scenes without a mask: a map says that it was made from such."""
MaskSource = Literal["scl", "file", "none"]


@dataclass(frozen=True)
class ImportedBand:
    """A file of one band: place, ``image/tiff`` or ``image/jp2``, ground sampling in metres."""

    path: Path
    media_type: str
    gsd_m: float


@dataclass(frozen=True)
class ImportedScene:
    """A scene of a tile.

    Attributes:
        id: of the item.
        tile: MGRS square.
        sensed: time of acquisition, aware.
        level: of processing.
        baseline: of ESA's processor, or :data:`NO_BASELINE`.
        platform: ``sentinel-2a`` or the like; may be empty.
        cloud_pct: share of clouds, 0–100.
        mask: where the mask comes from.
        bands: name of the asset → file.
        footprint: longitude and latitude.
        product: name of ESA's product; empty: none.
    """

    id: str
    tile: str
    sensed: datetime
    level: Level
    baseline: str
    platform: str
    cloud_pct: float
    mask: MaskSource
    bands: Mapping[str, ImportedBand]
    footprint: BaseGeometry
    product: str = ""


def write_import_catalogue(folder: Path, scenes: Sequence[ImportedScene], title: str) -> Path:
    """Write items and, last, ``catalog.json``; what it lists is whole."""
    links: list[dict[str, Any]] = [{"rel": "root", "href": f"./{CATALOG}"}]
    for scene in sorted(scenes, key=lambda each: each.id):
        place = folder / ITEMS / scene.id / f"{scene.id}.json"
        _write_json(place, _item(scene, place.parent))
        links.append({"rel": "item", "href": f"./{ITEMS}/{scene.id}/{scene.id}.json"})
    catalog = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "imported",
        "description": f"Imported by `lulc scenes import` from {title}",
        "links": links,
    }
    _write_json(folder / CATALOG, catalog)
    return folder / CATALOG


def _item(scene: ImportedScene, folder: Path) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "datetime": scene.sensed.isoformat().replace("+00:00", "Z"),
        "eo:cloud_cover": round(scene.cloud_pct, 3),
        "s2:mgrs_tile": scene.tile,
        "s2:processing_baseline": scene.baseline,
        "lulc:imported": scene.level,
        "lulc:mask": scene.mask,
    }
    if scene.platform:
        properties["platform"] = scene.platform
    if scene.product:
        properties["s2:product_uri"] = scene.product
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": scene.id,
        "collection": _collection(scene),
        "geometry": mapping(scene.footprint),
        "bbox": list(scene.footprint.bounds),
        "properties": properties,
        "links": [{"rel": "root", "href": f"../../{CATALOG}"}],
        "assets": {
            name: {
                "href": _relative(band.path, folder),
                "type": band.media_type,
                "gsd": band.gsd_m,
            }
            for name, band in sorted(scene.bands.items())
        },
    }


def _collection(scene: ImportedScene) -> str:
    return UNMASKED if scene.mask == "none" else "files"


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, durable=False) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
