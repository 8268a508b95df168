"""A static STAC catalogue of products: a collection per product, links, licence, and a table.

What belongs here: collections, links between items, files. What does not: items of layers
(``layer_item``), which products are committed (``steps``).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pystac
from pystac import ItemAssetDefinition
from pystac.extensions.classification import ClassificationExtension
from pystac.extensions.render import RenderExtension

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.legend import Legend
from lulc_assets.core.publishing.layer_item import LayerAsset, classes_of, render_of
from lulc_assets.core.publishing.styles import class_style, ramp_style

_WHOLE_EARTH = [-180.0, -90.0, 180.0, 90.0]
_STYLES = "styles"


@dataclass(frozen=True)
class CollectionText:
    """What a collection says of itself.

    Attributes:
        name: its id, the asset's name.
        title: for people.
        description: in a few sentences.
        keywords: to be found by.
    """

    name: str
    title: str
    description: str
    keywords: Sequence[str] = ("land cover", "Sentinel-2")


@dataclass(frozen=True)
class Credit:
    """Whose data these are.

    Attributes:
        title: of the whole catalogue.
        licence: an SPDX identifier, or ``other``.
        attribution: credit for the imagery.
    """

    title: str
    licence: str
    attribution: str


def write_catalogue(
    folder: Path,
    credit: Credit,
    collections: Mapping[CollectionText, Sequence[pystac.Item]],
    layers: Mapping[str, Mapping[str, LayerAsset]],
    legend: Legend,
) -> Path:
    """Write a catalogue with relative links, and each collection's items as GeoParquet.

    Args:
        folder: is made if need be.
        credit: see there.
        collections: text → items; a collection without items is left out.
        layers: collection → layers that each of its items has, for ``item_assets``.
        legend: of the layers of classes.

    Returns:
        ``catalog.json``.

    Raises:
        InvalidProduct: there is no item at all.
    """
    filled = {text: items for text, items in collections.items() if items}
    if not filled:
        raise InvalidProduct(f"{credit.title}: no map or prediction is committed, nothing to list")
    catalog = pystac.Catalog(
        "lulc", f"Land-cover products of {credit.title}. {credit.attribution}", credit.title
    )
    for text, items in filled.items():
        collection = _collection(text, items, credit, layers.get(text.name, {}), legend)
        catalog.add_child(collection)
        collection.add_items(items)
    _write_styles(folder / _STYLES, legend)
    catalog.normalize_hrefs(str(folder))
    for text, items in filled.items():
        # A table may be read far from the catalogue, so its addresses are whole.
        write_table(folder / text.name / "items.parquet", items)
    catalog.make_all_asset_hrefs_relative()
    catalog.save(catalog_type=pystac.CatalogType.SELF_CONTAINED)
    return folder / "catalog.json"


def write_table(path: Path, items: Iterable[pystac.Item]) -> Path:
    """Write items as stac-geoparquet: all of a collection in one request."""
    import stac_geoparquet.arrow  # only an export needs it

    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [item.to_dict(include_self_link=False, transform_hrefs=False) for item in items]
    table = stac_geoparquet.arrow.parse_stac_items_to_arrow(rows).read_all()
    stac_geoparquet.arrow.to_parquet(table, path)
    return path


def link_sources(item: pystac.Item, sources: Iterable[pystac.Item]) -> None:
    """Say what an item was made from; the items may lie in another collection."""
    for source in sources:
        item.add_link(
            pystac.Link(pystac.RelType.DERIVED_FROM, source, pystac.MediaType.GEOJSON, source.id)
        )


def _collection(
    text: CollectionText,
    items: Sequence[pystac.Item],
    credit: Credit,
    layers: Mapping[str, LayerAsset],
    legend: Legend,
) -> pystac.Collection:
    collection = pystac.Collection(
        id=text.name,
        title=text.title,
        description=text.description,
        extent=_extent(items),
        license=credit.licence,
        keywords=list(text.keywords),
        providers=[
            pystac.Provider(credit.title, roles=[pystac.ProviderRole.PRODUCER]),
            pystac.Provider(
                "European Union / ESA / Copernicus",
                description=credit.attribution or None,
                roles=[pystac.ProviderRole.LICENSOR],
                url="https://dataspace.copernicus.eu",
            ),
        ],
        assets={
            "items": pystac.Asset(
                "./items.parquet",
                "All items as stac-geoparquet",
                media_type="application/vnd.apache.parquet",
                roles=["collection-mirror"],
            )
        },
    )
    for name in sorted(layers):
        collection.add_asset(f"style-{name}", _style_asset(name, layers[name]))
    collection.item_assets = {
        name: ItemAssetDefinition.create(
            title=layer.title,
            description=None,
            media_type=pystac.MediaType.COG,
            roles=["data"],
            extra_fields={"data_type": "uint8", "nodata": layer.nodata}
            if layer.nodata is not None
            else {"data_type": "uint8"},
        )
        for name, layer in sorted(layers.items())
    }
    if any(layer.is_class for layer in layers.values()):
        summary = ClassificationExtension.summaries(collection, add_if_missing=True)
        summary.classes = classes_of(legend)
    if layers:
        RenderExtension.ext(collection, add_if_missing=True).apply(
            {name: render_of(name, layer, legend) for name, layer in sorted(layers.items())}
        )
    return collection


def _extent(items: Sequence[pystac.Item]) -> pystac.Extent:
    boxes = [item.bbox or _WHOLE_EARTH for item in items]
    whole = [pick(box[side] for box in boxes) for side, pick in enumerate((min, min, max, max))]
    firsts = [item.common_metadata.start_datetime or item.datetime for item in items]
    lasts = [item.common_metadata.end_datetime or item.datetime for item in items]
    ends: list[datetime | None] = [
        min((moment for moment in firsts if moment), default=None),
        max((moment for moment in lasts if moment), default=None),
    ]
    return pystac.Extent(pystac.SpatialExtent([whole]), pystac.TemporalExtent([ends]))


def _style_asset(name: str, layer: LayerAsset) -> pystac.Asset:
    return pystac.Asset(
        f"../{_STYLES}/{style_name(name)}",
        f"QGIS style: {layer.title}",
        media_type="application/xml",
        roles=["style"],
    )


def style_name(layer: str) -> str:
    """File name of the QGIS style of a layer."""
    return f"{layer}.qml"


def _write_styles(folder: Path, legend: Legend) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    styles = {
        "class": class_style(legend),
        "vote_share": ramp_style(255, "Vote share"),
        "probability": ramp_style(255, "Probability"),
        "observations": ramp_style(40, "Votes counted"),
        "mask": ramp_style(1, "May vote"),
    }
    for name, text in styles.items():
        (folder / style_name(name)).write_text(text, "utf-8")


def noon_of(day: str) -> datetime:
    """A moment for an item of which only the day is known."""
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def read_catalogue(path: Path) -> dict[str, list[str]]:
    """Collection → ids of its items, for a summary."""
    catalog = pystac.Catalog.from_dict(json.loads(path.read_text()), str(path))
    return {
        child.id: sorted(item.id for item in child.get_items()) for child in catalog.get_children()
    }
