"""Steps of the imagery: catalogue → candidates, candidates and labels → chips.

What belongs here: ``scene_catalog`` and ``training_chips``.
"""

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np

from lulc_assets.core.accuracy.zone_files import read_zones
from lulc_assets.core.catalog.search import SearchResult, search_scenes
from lulc_assets.core.catalog.selection import recipes_of, select_scenes
from lulc_assets.core.catalog.table import require_judged
from lulc_assets.core.chips.archive import write_chips, write_index
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.room import Room
from lulc_assets.core.figures.scenes import scene_timeline_figure
from lulc_assets.core.figures.training import chip_panel_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.imagery.href import without_secrets
from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.canonical import canonical_json, digest_of, identity_of
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.steps.candidates import CANDIDATES_FILE, read_selection, store_candidates
from lulc_assets.steps.looks import make_scene_look
from lulc_assets.steps.products import REFERENCE_LABELS, SCENE_CATALOG, TRAINING_CHIPS
from lulc_assets.steps.properties import CandidateScene, CatalogProperties, ChipProperties
from lulc_assets.steps.scene_answers import pixels_asked_once
from lulc_assets.steps.workbench import Made, Workbench, write_png

_SHOWN_CHIPS = 12


def find_scenes(work: Workbench, key: TileYear) -> SearchResult:
    """What the project's catalogue has of a tile and year now; raises as ``search_scenes``."""
    catalog = work.project.catalog
    return search_scenes(
        work.project.path_of(catalog.location),
        key.tile,
        key.year,
        work.grid(key.tile),
        dialect=catalog.dialect,
        collection=catalog.collection,
        allow_private=catalog.allow_private,
        allow_hosts=catalog.allow_hosts,
        roles=work.project.bands(),
        progress=work.progress,
    )


def make_scene_catalog(work: Workbench, key: TileYear) -> Record[CatalogProperties]:
    """List every candidate scene of a tile and year, select, and keep a look at each.

    Files: ``candidates.parquet`` (one row per candidate, with the reason) and a picture.

    Raises:
        ScenesUnreachable: a candidate could not be asked. The catalogue of before stays, and so
            does what the sensor compares with: it asks again.
        NoReadableScenes: there are candidates, and all of them were refused.
    """
    project, grid = work.project, work.grid(key.tile)
    found = find_scenes(work, key)
    settings = {
        "grid": grid,
        # Tokens change without changing the scenes, and a record is for everybody to read.
        "catalog": project.catalog.model_copy(
            update={"location": without_secrets(project.catalog.location)}
        ),
        "selection": project.selection,
        "bands": project.bands(),
        "scenes": sorted(found.recipes, key=lambda recipe: recipe.id),
        "rejected": sorted([item.id, item.reason] for item in found.rejected),
    }

    def build(scratch: Path) -> Made[CatalogProperties]:
        table = select_scenes(
            found.recipes, grid, project.selection, found.rejected, work.progress,
            pixels_asked_once(work, key, project.selection),
        )  # fmt: skip
        require_judged(table, key.title)
        figure = scene_timeline_figure(table, f"Scenes of {key.title}")
        files = {
            CANDIDATES_FILE: store_candidates(work, scratch / CANDIDATES_FILE, table),
            "scenes.png": write_png(scratch, "scenes.png", figure),
        }
        properties = CatalogProperties(
            candidates=len(table),
            selected=int(table["selected"].sum()),
            scenes=_look_at_all(work, key, table, found),
            seen=digest_of_scenes(found.recipes),
            selection=digest_of(identity_of(project.selection)),
        )
        return Made(files, properties)

    return work.step(SCENE_CATALOG, key).make(settings, build)


def digest_of_scenes(recipes: Iterable[SceneRecipe]) -> str:
    """What tells one set of scenes from another: ids, baselines, change stamps."""
    return digest_of(sorted((identity_of(r) for r in recipes), key=canonical_json))


def _look_at_all(
    work: Workbench, key: TileYear, table: gpd.GeoDataFrame, found: SearchResult
) -> tuple[CandidateScene, ...]:
    recipes = recipes_of(table)
    told = {item.id: (item.baseline, item.stamp) for item in found.rejected}
    told |= {recipe.id: (recipe.baseline, recipe.change_stamp) for recipe in found.recipes}
    scenes = []
    for number, row in enumerate(table.itertuples(), start=1):
        recipe, selected = recipes.get(row.scene_id), bool(row.selected)
        look = None if recipe is None else make_scene_look(work, key, recipe, selected=selected)
        digest = "" if look is None else look.digest
        scenes.append(
            CandidateScene(
                str(row.scene_id), selected, str(row.reason), digest, *told[str(row.scene_id)]
            )
        )
        work.progress(number, len(table), f"look at {row.scene_id}")
    return tuple(scenes)


def make_training_chips(work: Workbench, key: TileYear) -> Record[ChipProperties]:
    """Cut chips of a tile and year from scenes spread over the seasons.

    Files: ``chips.zarr.zip`` (one Zarr v3 group), ``index.parquet`` and a picture.
    """
    step = work.step(TRAINING_CHIPS, key)
    catalog, labels = step.read(SCENE_CATALOG), step.read(REFERENCE_LABELS)
    chosen = work.project.chips
    zones_sha256 = digest_of_source(work.project.path_of(chosen.zones or ""))

    def build(scratch: Path) -> Made[ChipProperties]:
        left_out = {s.id: s.reason for s in catalog.properties.scenes if not s.selected}
        recipes = choose_dates(read_selection(work, catalog), chosen, left_out)
        chips = _cut(work, key, recipes, labels, Room(scratch))
        files = {
            "chips.zarr.zip": write_chips(scratch / "chips.zarr.zip", chips),
            "index.parquet": write_index(scratch / "index.parquet", chips.index),
            "chips.png": write_png(scratch, "chips.png", _panel(work, chips)),
        }
        return Made(files, _chip_properties(work, key, chips, recipes))

    return step.make({"chips": chosen, "zones_sha256": zones_sha256}, build)


def _cut(
    work: Workbench,
    key: TileYear,
    recipes: list[SceneRecipe],
    labels: Record[DeliveredLabels],
    room: Room,
) -> Chips:
    settings, zones = work.project.chips, None
    train, gold = (read_raster(work.open(labels, name)) for name in ("train.tif", "gold.tif"))
    if settings.zones is not None:
        path = Path(work.project.path_of(settings.zones))
        zones = read_zones(path, column=settings.zone_column).frame
    grid = work.grid(key.tile)
    return cut_chips(
        recipes, grid, train, gold, settings, work.progress, zones, room, legend=work.legend
    )


def _panel(work: Workbench, chips: Chips) -> bytes:
    shown = np.linspace(0, len(chips.masks) - 1, min(_SHOWN_CHIPS, len(chips.masks)))
    picks = shown.round().astype(int)
    return chip_panel_figure(chips.images[picks], chips.masks[picks], work.legend)


def _chip_properties(
    work: Workbench, key: TileYear, chips: Chips, recipes: list[SceneRecipe]
) -> ChipProperties:
    grid = work.grid(key.tile)
    return ChipProperties(
        train_chips=chips.count("train"),
        val_chips=chips.count("val"),
        gold_chips=chips.count("gold"),
        dropped=dict(sorted(chips.dropped.items())),
        layout=chips.layout,
        account=chips.account,
        split_by=chips.split_by,
        dates=tuple(recipe.date for recipe in recipes),
        levels=tuple(sorted({recipe.level for recipe in recipes})),
        gsd_m=grid.pixel_m,
    )
