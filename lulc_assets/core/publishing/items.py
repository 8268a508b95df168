"""STAC items of maps: what QGIS, pystac or a catalogue server read of our products.

What belongs here: product → STAC item, deterministic. What does not: the commit record,
which says that the product exists and refers to the item as one of its files.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely
from pyproj import Transformer
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from shapely.geometry import box, mapping

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.store.records import canonical_json, digest_of_file

_SHA256_MULTIHASH = "1220"
"""The prefix of a SHA-256 multihash: function 0x12, 32 bytes."""

_DEGREE_DIGITS = 7
"""About a centimetre."""


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
    footprint = _footprint(grid)
    first, last = window or (date(year, 1, 1), date(year, 12, 31))
    item = pystac.Item(
        id=item_id,
        geometry=mapping(footprint),
        bbox=[round(v, _DEGREE_DIGITS) for v in footprint.bounds],
        datetime=None,
        start_datetime=datetime.combine(first, time(), tzinfo=UTC),
        end_datetime=datetime.combine(last, time(23, 59, 59), tzinfo=UTC),
        properties=dict(properties),
    )
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    projection.code = f"EPSG:{grid.epsg}"
    projection.shape = list(grid.shape)
    projection.transform = [float(v) for v in tuple(grid.transform)[:6]]
    for name, (file, stored_name, title) in sorted(layers.items()):
        asset = pystac.Asset(
            href=f"./{stored_name}",
            title=title,
            media_type=pystac.MediaType.COG,
            roles=["data"],
        )
        item.add_asset(name, asset)
        described = FileExtension.ext(asset, add_if_missing=True)
        described.size = file.stat().st_size
        described.checksum = _SHA256_MULTIHASH + digest_of_file(file)
    _add_legend(item, legend)
    path.write_bytes(canonical_json(item.to_dict(include_self_link=False)))
    return path


def _add_legend(item: pystac.Item, legend: Legend) -> None:
    classes = [Classification.create(value=0, name="no_data", title="No data", nodata=True)]
    classes += [
        Classification.create(
            value=known.code,
            name=known.name,
            title=known.title,
            color_hint=known.color.removeprefix("#").upper(),
        )
        for known in legend.classes
    ]
    asset = item.assets["class"]
    ClassificationExtension.ext(asset, add_if_missing=True).classes = classes


def _footprint(grid: PixelGrid) -> Any:
    """The outline in EPSG:4326, corners and edge midpoints, counter-clockwise."""
    projector = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    outline = box(*grid.bounds).segmentize(max(grid.shape) * grid.pixel_m / 2)

    def degrees(x: Any, y: Any) -> tuple[Any, Any]:
        lon, lat = projector.transform(x, y)
        return np.round(lon, _DEGREE_DIGITS), np.round(lat, _DEGREE_DIGITS)

    return shapely.transform(outline, degrees, interleaved=False)
