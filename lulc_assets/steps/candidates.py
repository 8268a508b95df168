"""The stored table of candidate scenes: its hrefs do not depend on where the project lies.

What belongs here: hrefs inside the catalogue's own folder are stored relative to it, and
made whole when they are read. What does not: choosing scenes.
"""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd

from lulc_assets.core.catalog.selection import clearest_first, selected_recipes
from lulc_assets.core.catalog.table import read_candidates, write_candidates
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.records import Record
from lulc_assets.steps.properties import CatalogProperties
from lulc_assets.steps.workbench import Workbench

CANDIDATES_FILE = "candidates.parquet"

_IN_CATALOG = "catalog:"


def store_candidates(work: Workbench, path: Path, table: gpd.GeoDataFrame) -> Path:
    """Write the table with hrefs inside the catalogue's folder made relative to it."""
    folder = _catalog_folder(work)

    def shorten(href: str) -> str:
        inside = href.startswith(f"{folder}/")
        return _IN_CATALOG + href[len(folder) + 1 :] if inside else href

    return write_candidates(path, _with_hrefs(table, shorten))


def open_candidates(work: Workbench, catalog: Record[CatalogProperties]) -> gpd.GeoDataFrame:
    """The table of a catalogue record, with hrefs that can be opened."""
    folder = _catalog_folder(work)

    def locate(href: str) -> str:
        stored = href.startswith(_IN_CATALOG)
        return f"{folder}/{href.removeprefix(_IN_CATALOG)}" if stored else href

    return _with_hrefs(read_candidates(work.open(catalog, CANDIDATES_FILE)), locate)


def read_selection(work: Workbench, catalog: Record[CatalogProperties]) -> list[SceneRecipe]:
    """Recipes of the scenes that a catalogue record selected, by time."""
    return selected_recipes(open_candidates(work, catalog))


def read_clearest(work: Workbench, catalog: Record[CatalogProperties]) -> list[SceneRecipe]:
    """The selected scenes, those that see most of the area first."""
    return selected_recipes(clearest_first(open_candidates(work, catalog)))


def _catalog_folder(work: Workbench) -> str:
    """Folder of a static catalogue; of an API, its URL, which no href lies in as a file."""
    location = work.project.path_of(work.project.catalog.location)
    return location.rpartition("/")[0] if location.endswith(".json") else location.rstrip("/")


def _with_hrefs(table: gpd.GeoDataFrame, change: Callable[[str], str]) -> gpd.GeoDataFrame:
    def changed(text: str) -> str:
        if not text:
            return text
        recipe = json.loads(text)
        for asset in recipe["bands"].values():
            asset["href"] = change(asset["href"])
        return canonical_json(recipe).decode()

    return table.assign(recipe_json=[changed(text) for text in table["recipe_json"]])
