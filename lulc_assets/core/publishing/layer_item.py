"""One STAC item for raster layers on one grid: maps, seasons, predictions, changes.

What belongs here: what every reader needs of a layer: where it lies, its grid, data type, no
data, classes with their colours, checksum, how to draw it. What does not: which products there
are (``catalogue``), files (``items``).

Fields of STAC 1.1 (``bands``, ``data_type``, ``nodata``), so that a client reads classes as
bytes and not as float32 with NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pystac
import shapely
from pyproj import Transformer
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.render import Render, RenderExtension
from shapely.geometry import box, mapping

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend

PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
_SHA256_MULTIHASH = "1220"
"""The prefix of a SHA-256 multihash: function 0x12, 32 bytes."""
_DEGREE_DIGITS = 7
"""About a centimetre."""


@dataclass(frozen=True)
class LayerAsset:
    """A one-band COG.

    Attributes:
        href: relative to the item, or a URL.
        title: one line.
        sha256: of the bytes, hexadecimal.
        size: in bytes.
        nodata: value that means no data; None: all values are data.
        is_class: whether its values are codes of the legend.
        most: value that is drawn brightest, of layers that are not classes.
        data_type: of its pixels.
        codes: code → name, of layers with codes of their own.
        note: what to know before its values are used; empty: nothing more than the title says.
    """

    href: str
    title: str
    sha256: str
    size: int
    nodata: int | None = None
    is_class: bool = False
    most: int = 255
    data_type: str = "uint8"
    codes: Mapping[int, str] = field(default_factory=dict)
    note: str = ""


def layer_item(
    item_id: str,
    grid: PixelGrid,
    when: datetime | tuple[datetime, datetime],
    layers: Mapping[str, LayerAsset],
    legend: Legend,
    properties: Mapping[str, Any],
) -> pystac.Item:
    """The STAC item of layers.

    Args:
        item_id: unique within its collection.
        grid: of all layers; the footprint is its outline in EPSG:4326.
        when: a moment, or first and last second, UTC.
        layers: name → file.
        legend: of the layers of classes.
        properties: further plain JSON properties.

    Returns:
        The item, without links. Same inputs, same content.
    """
    footprint = footprint_of(grid)
    moment, first, last = (None, *when) if isinstance(when, tuple) else (when, None, None)
    item = pystac.Item(
        id=item_id,
        geometry=mapping(footprint),
        bbox=[round(v, _DEGREE_DIGITS) for v in footprint.bounds],
        datetime=moment,
        start_datetime=first,
        end_datetime=last,
        properties={"gsd": grid.pixel_m, **properties},
    )
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    projection.code = f"EPSG:{grid.epsg}"
    projection.shape = list(grid.shape)
    projection.transform = [float(v) for v in tuple(grid.transform)[:6]]
    projection.bbox = list(grid.bounds)
    for name, layer in sorted(layers.items()):
        item.add_asset(name, _asset(name, layer, item))
        if layer.is_class:
            found = ClassificationExtension.ext(item.assets[name], add_if_missing=True)
            found.classes = classes_of(legend)
        elif layer.codes:
            found = ClassificationExtension.ext(item.assets[name], add_if_missing=True)
            found.classes = [
                Classification.create(value=code, name=title, nodata=code == layer.nodata or None)
                for code, title in layer.codes.items()
            ]
    RenderExtension.ext(item, add_if_missing=True).apply(
        {name: render_of(name, layer, legend) for name, layer in sorted(layers.items())}
    )
    return item


def _asset(name: str, layer: LayerAsset, item: pystac.Item) -> pystac.Asset:
    band: dict[str, Any] = {"name": name, "description": layer.title}
    band["data_type"] = layer.data_type
    fields: dict[str, Any] = {"data_type": layer.data_type}
    if layer.nodata is not None:
        band["nodata"] = fields["nodata"] = layer.nodata
    asset = pystac.Asset(
        href=layer.href,
        title=layer.title,
        description=layer.note or None,
        media_type=pystac.MediaType.COG,
        roles=["data", "classification"] if layer.is_class else ["data"],
        extra_fields={**fields, "bands": [band]},
    )
    asset.set_owner(item)
    described = FileExtension.ext(asset, add_if_missing=True)
    described.size = layer.size
    described.checksum = _SHA256_MULTIHASH + layer.sha256
    return asset


def classes_of(legend: Legend) -> list[Classification]:
    """The legend as the classification extension wants it, no data among it."""
    return [
        Classification.create(value=0, name="no_data", title="No data", nodata=True),
        *(
            Classification.create(
                value=known.code,
                name=known.name,
                title=known.title,
                color_hint=known.color.removeprefix("#").upper(),
            )
            for known in legend.classes
        ),
    ]


def render_of(name: str, layer: LayerAsset, legend: Legend) -> Render:
    """How a client should draw a layer."""
    if layer.is_class:
        colors = {str(known.code): known.color for known in legend.classes}
        return Render.create(
            [name], title=layer.title, nodata=layer.nodata, colormap=colors, resampling="nearest"
        )
    return Render.create(
        [name],
        title=layer.title,
        rescale=[[0, layer.most]],
        nodata=layer.nodata,
        colormap_name="cividis",
    )


def footprint_of(grid: PixelGrid) -> shapely.Polygon:
    """The outline in EPSG:4326, corners and edge midpoints, counter-clockwise."""
    projector = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    outline = box(*grid.bounds).segmentize(max(grid.shape) * grid.pixel_m / 2)

    def degrees(x: Any, y: Any) -> tuple[Any, Any]:
        lon, lat = projector.transform(x, y)
        return np.round(lon, _DEGREE_DIGITS), np.round(lat, _DEGREE_DIGITS)

    return shapely.transform(outline, degrees, interleaved=False)
