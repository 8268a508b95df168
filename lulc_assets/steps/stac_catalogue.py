"""The catalogue of a project: every committed map, season and prediction as STAC.

What belongs here: from records to items. What does not: their content (``core/publishing``).
"""

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pystac

from lulc_assets.core.publishing.catalogue import (
    CollectionText,
    Credit,
    link_sources,
    noon_of,
    write_catalogue,
)
from lulc_assets.core.publishing.items import layer_kind
from lulc_assets.core.publishing.layer_item import PROCESSING, LayerAsset, layer_item
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.records import Record, StoredFile
from lulc_assets.core.store.s3 import S3Store
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.map_site import committed_keys
from lulc_assets.steps.maps import MAP_LAYERS
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_CATALOG, SEASONAL_MAPS
from lulc_assets.steps.properties import MapProperties
from lulc_assets.steps.workbench import Workbench

ANNUAL = CollectionText(
    "annual_map",
    "Yearly land cover, 10 m",
    "One map per tile and year: the class that won the vote of all clear scenes, the share of the "
    "votes that it got, and how many votes were counted. Every map names the predictions that it "
    "was made from.",
)
SEASONAL = CollectionText(
    "seasonal_maps",
    "Land cover by season, 10 m",
    "The same vote for each season of a year.",
)
PREDICTED = CollectionText(
    "scene_predictions",
    "Land cover of single scenes, 10 m",
    "What the network saw in one Sentinel-2 scene: class, probability of the class, and whether "
    "the scene classification lets a pixel vote.",
)
PREDICTION_LAYERS: Mapping[str, str] = {
    "class": "Land-cover class of one scene",
    "probability": "Probability of the class, 255 = certain",
    "mask": "1 = the scene classification lets the pixel vote",
}


def export_catalogue(
    work: Workbench,
    folder: Path,
    base: str = "",
    licence: str = "",
    gap_of: Callable[[TileYear], str] = lambda _: "",
) -> Path:
    """Write a static catalogue of all that is committed.

    Args:
        work: where the products are.
        folder: of the catalogue.
        base: address under which the store is published; empty: the store's own work.
        licence: SPDX identifier of the products; empty: what the project says.
        gap_of: what the catalogue of scenes lacked when a map was made, a sentence; the note of
            its observations, which are fewer for it. Not in the records: only the instance knows.

    Raises:
        InvalidProduct: nothing is committed yet.
    """
    tiles, _ = committed_keys(work)
    root = base.rstrip("/") or _store_root(work)
    predictions: list[pystac.Item] = []
    annual: list[pystac.Item] = []
    seasonal: list[pystac.Item] = []
    for number, key in enumerate(tiles, start=1):
        record = work.read(ANNUAL_MAP, key)
        scenes = _predictions(work, record, key, root)
        item = _map_item(work, record, key, root, gap_of(key))
        link_sources(item, scenes)
        predictions += scenes
        annual.append(item)
        seasonal += _seasons(work, key, root, scenes)
        work.progress(number, len(tiles), f"items of {key.title}")
    layers = {
        ANNUAL.name: _templates(MAP_LAYERS),
        SEASONAL.name: _templates(MAP_LAYERS),
        PREDICTED.name: _templates(PREDICTION_LAYERS),
    }
    credit = Credit(
        work.project.name, licence or work.project.licence or "other", work.project.attribution
    )
    collections = {ANNUAL: annual, SEASONAL: seasonal, PREDICTED: predictions}
    return write_catalogue(folder, credit, collections, layers, work.legend)


def _store_root(work: Workbench) -> str:
    store = work.store
    if isinstance(store, LocalStore):
        return str(store.root)
    assert isinstance(store, S3Store)
    return store.url.rstrip("/")


def _templates(titles: Mapping[str, str]) -> dict[str, LayerAsset]:
    """Layers without files, for what is common to a collection."""
    return {
        name: LayerAsset("", title, "", 0, **layer_kind(name)) for name, title in titles.items()
    }


def _assets(
    files: Mapping[str, StoredFile], titles: Mapping[str, str], root: str
) -> dict[str, LayerAsset]:
    return {
        name: LayerAsset(f"{root}/{file.key}", titles[name], file.sha256, file.size,
                         **layer_kind(name))
        for name, file in files.items()
    }  # fmt: skip


def _provenance(key: TileYear, model: str, record: str) -> dict[str, Any]:
    return {
        "lulc:tile": key.tile,
        "lulc:year": key.year,
        "lulc:model": model,
        "lulc:record": record,
        "processing:software": {"lulc-assets": importlib.metadata.version("lulc-assets")},
        "processing:level": "L3",
    }


def _map_item(
    work: Workbench, record: Record[MapProperties], key: TileYear, root: str, gap: str
) -> pystac.Item:
    files = {name: record.files[f"{name}.tif"] for name in MAP_LAYERS}
    layers = _assets(files, MAP_LAYERS, root)
    layers["observations"] = replace(layers["observations"], note=gap)
    scenes = len(record.properties.predictions)
    model = record.properties.bundle
    item = layer_item(
        f"annual_map-{key.tile}-{key.year}",
        work.grid(key.tile),
        _span(date(key.year, 1, 1), date(key.year, 12, 31)),
        layers,
        work.legend,
        {
            **_provenance(key, model, record.digest),
            "processing:lineage": f"Vote of {scenes} Sentinel-2 scenes.",
            "lulc:observations_median": record.properties.observations_median,
            "lulc:no_data_pct": record.properties.no_data_pct,
        },
    )
    item.stac_extensions.append(PROCESSING)
    picture = record.files.get("map.png")
    if picture is not None:
        _add_picture(item, f"{root}/{picture.key}")
    return item


def _seasons(
    work: Workbench, key: TileYear, root: str, scenes: list[pystac.Item]
) -> list[pystac.Item]:
    record = work.find(SEASONAL_MAPS, key)
    if record is None:
        return []
    found = []
    for season in work.project.composite.windows():
        names = {name: f"{name}_{season.name}.tif" for name in MAP_LAYERS}
        if not set(names.values()) <= set(record.files):
            continue
        first, last = season.days(key.year)
        item = layer_item(
            f"seasonal_maps-{key.tile}-{key.year}-{season.name}",
            work.grid(key.tile),
            _span(first, last),
            _assets({n: record.files[f] for n, f in names.items()}, MAP_LAYERS, root),
            work.legend,
            {
                **_provenance(key, "", record.digest),
                "lulc:season": season.name,
                "processing:lineage": f"Vote of the scenes from {first} to {last}.",
            },
        )
        item.stac_extensions.append(PROCESSING)
        span = _span(first, last)
        link_sources(item, [s for s in scenes if s.datetime and span[0] <= s.datetime <= span[1]])
        found.append(item)
    return found


def _predictions(
    work: Workbench, record: Record[MapProperties], key: TileYear, root: str
) -> list[pystac.Item]:
    """The predictions that a map was made from, exactly those."""
    catalog = work.find(SCENE_CATALOG, key)
    recipes = {r.id: r for r in read_selection(work, catalog)} if catalog is not None else {}
    found = []
    for row in sorted(record.properties.predictions, key=lambda row: row.scene_id):
        recipe = recipes.get(row.scene_id)
        layers = (row.class_, row.probability, row.mask)
        files = dict(zip(PREDICTION_LAYERS, layers, strict=True))
        model = record.properties.bundle
        properties = {
            **_provenance(key, model, record.digest),
            "processing:lineage": "Prediction of one scene by the model.",
            "lulc:acquisition": row.acquisition,
            "constellation": "sentinel-2",
        }
        if recipe is not None:
            properties["eo:cloud_cover"] = round(recipe.cloud_cover_pct, 2)
        item = layer_item(
            f"{row.scene_id}-{key.tile}",
            work.grid(key.tile),
            noon_of(row.date) if recipe is None else recipe.datetime,
            _assets(files, PREDICTION_LAYERS, root),
            work.legend,
            properties,
        )
        item.stac_extensions.append(PROCESSING)
        if recipe is not None:
            item.stac_extensions.append("https://stac-extensions.github.io/eo/v1.1.0/schema.json")
        found.append(item)
    return found


def _add_picture(item: pystac.Item, href: str) -> None:
    item.add_asset(
        "thumbnail",
        pystac.Asset(href, "The map as a picture", None, pystac.MediaType.PNG, ["thumbnail"]),
    )


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, time(), tzinfo=UTC),
        datetime.combine(last, time(23, 59, 59), tzinfo=UTC),
    )
