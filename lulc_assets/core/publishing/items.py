"""STAC items of maps: what QGIS, pystac or a catalogue server read of our products.

What belongs here: product → STAC item, deterministic. What does not: the commit record,
which says that the product exists and refers to the item as one of its files.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.publishing.layer_item import LayerAsset, layer_item
from lulc_assets.core.store.canonical import canonical_json, digest_of_file


def write_map_item(
    path: Path,
    *,
    item_id: str,
    year: int,
    window: tuple[date, date] | None = None,
    grid: PixelGrid,
    layers: Mapping[str, tuple[Path, str, str]],
    legend: Legend,
    properties: Mapping[str, Any],
) -> Path:
    """Write the STAC item of a map of a year or a season.

    Args:
        path: target, ``.json``.
        item_id: unique within a catalogue, e.g. ``annual_map-33TVM-2023``.
        year: the item covers it from its first to its last second, UTC.
        window: first and last day that it covers instead: a season.
        grid: of all layers; the footprint is its outline in EPSG:4326.
        layers: name → (finished file, file name in the store, title). The layer named
            ``class`` gets the legend.
        legend: of the class layer.
        properties: further plain JSON properties, prefixed ``lulc:`` by the caller.

    Returns:
        ``path``. Same inputs, same bytes.
    """
    first, last = window or (date(year, 1, 1), date(year, 12, 31))
    when = (
        datetime.combine(first, time(), tzinfo=UTC),
        datetime.combine(last, time(23, 59, 59), tzinfo=UTC),
    )
    assets = {
        name: LayerAsset(
            href=f"./{stored_name}",
            title=title,
            sha256=digest_of_file(file),
            size=file.stat().st_size,
            **layer_kind(name),
        )
        for name, (file, stored_name, title) in layers.items()
    }
    item = layer_item(item_id, grid, when, assets, legend, properties)
    path.write_bytes(canonical_json(item.to_dict(include_self_link=False)))
    return path


def layer_kind(name: str) -> dict[str, Any]:
    """No data, kind and range of a layer of a map or a prediction, by its name."""
    return dict(_KINDS.get(name, _STORY))


def _named(*names: str) -> dict[int, str]:
    return dict(enumerate(names))


_GRADES = ("sustained", "recent", "flicker", "insufficient")
_STEPS = ("possible", "likely", "confirmed", "rejected")
_DAY: Mapping[str, Any] = {"nodata": 0, "most": 6000, "data_type": "uint16"}
"""Days since 2014-12-31; 6000 is in 2031."""
_PERMANENCE: Mapping[str, Any] = {
    "nodata": 0, "most": 3, "codes": _named("no_data", "never", "seasonal", "permanent")
}  # fmt: skip
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "class": {"nodata": 0, "is_class": True},
    "vote_share": {"nodata": 0},
    "probability": {"nodata": 0},
    "observations": {"most": 40},
    "mask": {"most": 1},
    "from_to": {"nodata": 0, "most": 1000, "data_type": "uint16"},
    "posterior": {"nodata": 0},
    "grade": {"nodata": 0, "most": 4, "codes": _named("none", *_GRADES)},
    "changed_on": _DAY,
    "permanent_water": _PERMANENCE,
    "permanent_snow_ice": _PERMANENCE,
    "step": {"nodata": 0, "most": 4, "codes": _named("none", *_STEPS)},
    "first_on": _DAY,
    "step_on": _DAY,
}
_STORY = {"nodata": 0, "most": 2, "codes": _named("elsewhere", "sustained", "recent")}
"""A layer of a single-class story; their names follow the legend."""
