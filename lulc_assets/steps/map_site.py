"""The map page of a project, from committed records.

What belongs here: which records a site shows, and the pictures that are made for it. What does
not: its files (``core/pages/map_site``).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.errors import SceneError
from lulc_assets.core.figures.quicklook import encode_jpeg, true_color
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.imagery.quickread import look_at_scene
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.pages.map_site import (
    ScenePhoto,
    Site,
    SiteFile,
    SiteMap,
    SiteOutline,
    SiteScene,
    SiteTile,
    write_site,
)
from lulc_assets.core.pages.report_views import state_accuracy
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.publish import fetch_verified
from lulc_assets.core.store.records import Record, StoredFile, digest_of
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.making import Place
from lulc_assets.steps.page_set import INDEX, write_page_set
from lulc_assets.steps.pixels import rule_of
from lulc_assets.steps.regions import page_name
from lulc_assets.steps.report import open_sample

PHOTO_PX = 2048
"""Longest side of a true-colour picture: a tile at 54 m, areas up to 20 km at 10 m."""
_PHOTO_VERSION = 1
_PREDICTION_LAYERS = ("class", "probability", "mask")
_DEGREE_DIGITS = 7


def committed_keys(place: Place) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """(tile, year) pairs with a map, and (region, year) pairs with a report, of all years."""
    from datetime import UTC, datetime

    from lulc_assets.core.grid import FIRST_YEAR

    years = range(FIRST_YEAR, datetime.now(UTC).year + 1)
    tiles = [(t, y) for t in place.project.tiles for y in years if place.find("annual_map", t, y)]
    regions = [
        (r, y) for r in place.project.regions for y in years if place.find("region_report", r, y)
    ]
    return tiles, regions


def build_site(
    place: Place,
    folder: Path,
    *,
    photo_px: int = PHOTO_PX,
    single_file_bytes: int = 0,
    link: bool = False,
) -> Path:
    """Write report pages, map page and data of all that is committed; returns the index.

    Args:
        place: where the products are.
        folder: of the site.
        photo_px: longest side of the true-colour pictures; 0: none are made.
        single_file_bytes: see ``write_site``.
        link: see ``write_site``.

    Raises:
        InvalidPage: there is no map, or the page's script was not built.
        ProductNotFound: a record names a file that the store has lost.
    """
    tiles, regions = committed_keys(place)
    folder.mkdir(parents=True, exist_ok=True)
    photos = folder / ".photos"
    maps = []
    for number, (tile, year) in enumerate(tiles, start=1):
        maps.append(_map(place, tile, year, photos, photo_px))
        place.progress(number, len(tiles), f"map of {tile} {year}")
    shown = {tile for tile, _ in tiles}
    site = Site(
        title=place.project.name,
        attribution=place.project.attribution,
        licence="",
        legend=place.legend,
        tiles=[
            SiteTile(tile, section.place, place.grid(tile), place.project.regions_of(tile))
            for tile, section in place.project.tiles.items()
            if tile in shown
        ],
        maps=maps,
        outlines=list(_outlines(place, tiles)),
        home=INDEX,
    )
    write_site(site, folder, single_file_bytes=single_file_bytes, link=link)
    return write_page_set(place, folder, tiles, regions)


def _map(place: Place, tile: str, year: int, photos: Path, photo_px: int) -> SiteMap:
    record = place.record("annual_map", tile, year)
    report = place.find("accuracy_area_report", tile, year)
    figures: Mapping[str, Any] = {} if report is None else report.properties
    looks = _photos(place, tile, year, photos, photo_px) if photo_px else {}
    return SiteMap(
        tile=tile,
        year=year,
        layers={name: _file(place, record, record.files[f"{name}.tif"]) for name in LAYERS},
        rule=rule_of(record).to_dict(place.legend),
        scenes=[
            SiteScene(
                scene_id,
                record.properties["dates"][scene_id],
                record.properties["acquisitions"][scene_id],
                {
                    name: _file(place, record, StoredFile(**layers[name]))
                    for name in _PREDICTION_LAYERS
                },
                looks.get(scene_id),
            )
            for scene_id, layers in sorted(record.properties["layers"].items())
        ],
        mapped_ha=figures.get("mapped_ha", {}),
        no_data_ha=figures.get("no_data_ha", 0.0),
        accuracy=state_accuracy(figures),
        report=None if report is None else page_name("accuracy_area_report", tile, year),
    )


def _file(place: Place, record: Record, entry: StoredFile) -> SiteFile:
    return SiteFile(fetch_verified(place.store, entry, record.product), f"data/{entry.key}")


def _photos(
    place: Place, tile: str, year: int, folder: Path, photo_px: int
) -> dict[str, ScenePhoto]:
    """Scene id → true colour; scenes that cannot be read now have none."""
    catalog = place.find("scene_catalog", tile, year)
    if catalog is None:
        return {}
    lattice = lattice_of(place.grid(tile), photo_px)
    found = {}
    for recipe in read_selection(place, catalog):
        name = digest_of([recipe.identity(), lattice.to_dict(), _PHOTO_VERSION])[:16]
        path = folder / f"{tile}-{recipe.date}-{name}.jpg"
        if not path.is_file() and not _take(recipe, lattice, path):
            continue
        href = f"data/photos/{tile}/{year}/{path.name}"
        found[recipe.id] = ScenePhoto(SiteFile(path, href), lattice.bounds)
    return found


def _take(recipe: SceneRecipe, lattice: PixelGrid, path: Path) -> bool:
    try:
        look = look_at_scene(recipe, lattice)
    except SceneError:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(encode_jpeg(true_color(look.reflectance, look.valid)))
    part.chmod(0o644)
    part.replace(path)
    return True


def _outlines(place: Place, tiles: Sequence[tuple[str, int]]) -> Iterator[SiteOutline]:
    for tile, year in tiles:
        labels = place.find("reference_labels", tile, year)
        if labels is not None:
            table = read_label_table(place.open(labels, "labels.parquet"))
            if not table.empty:
                shapes = table[["class_code", "geometry"]].rename(columns={"class_code": "code"})
                yield SiteOutline("labels", tile, year, _geojson(shapes))
    for region, section in place.project.regions.items():
        for year in sorted({year for tile, year in tiles if tile in section.tiles}):
            units = _units(place, region, [t for t, y in tiles if y == year], year)
            if units is not None:
                yield SiteOutline("units", None, year, _geojson(units))


def _units(place: Place, region: str, tiles: Iterable[str], year: int) -> gpd.GeoDataFrame | None:
    """The sample's units on maps of the region, with their class and whether the map is right."""
    sample = open_sample(place, place.find("reference_sample", region, year))
    if sample is None:
        return None
    units = sample.units[sample.units["class_code"] > 0].copy()
    mapped = np.zeros(len(units), np.uint8)
    for tile in tiles:
        if tile not in place.project.regions[region].tiles:
            continue
        record, grid = place.record("annual_map", tile, year), place.grid(tile)
        points = units.geometry.to_crs(grid.epsg)
        codes = _codes_at(read_raster(place.open(record, "class.tif")), grid, points)
        mapped = np.where(mapped > 0, mapped, codes).astype(np.uint8)
    units["right"] = mapped == units["class_code"].to_numpy()
    shown = units.loc[mapped > 0, ["class_code", "right", "geometry"]]
    return shown.rename(columns={"class_code": "code"})


def _codes_at(
    classes: npt.NDArray[np.uint8], grid: PixelGrid, points: gpd.GeoSeries
) -> npt.NDArray[np.uint8]:
    """The class under each point, 0 outside."""
    rows, cols = grid.cells(points.x, points.y)
    inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
    codes = np.zeros(len(points), np.uint8)
    codes[inside] = classes[rows[inside], cols[inside]]
    return codes


def _geojson(shapes: gpd.GeoDataFrame) -> dict[str, Any]:
    degrees = shapes.to_crs(4326)
    degrees["geometry"] = degrees.geometry.set_precision(10**-_DEGREE_DIGITS)
    found: dict[str, Any] = json.loads(degrees.to_json(drop_id=True))
    return {"type": "FeatureCollection", "features": found["features"]}
