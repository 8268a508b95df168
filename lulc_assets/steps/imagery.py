"""Steps of the imagery: catalogue → candidates, candidates and labels → chips.

What belongs here: ``scene_catalog`` and ``training_chips``.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.accuracy.zones import read_zones
from lulc_assets.core.catalog.search import SearchResult, search_scenes
from lulc_assets.core.catalog.selection import select_scenes
from lulc_assets.core.chips.archive import write_chips, write_index
from lulc_assets.core.chips.cut import choose_dates, cut_chips
from lulc_assets.core.chips.room import Room
from lulc_assets.core.figures.scenes import scene_timeline_figure
from lulc_assets.core.figures.training import chip_panel_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.records import Record
from lulc_assets.steps.candidates import read_selection, store_candidates
from lulc_assets.steps.labels import digest_of_source
from lulc_assets.steps.making import Made, Place, write_png

_SHOWN_CHIPS = 12


def find_scenes(place: Place, tile: str, year: int) -> SearchResult:
    """What the project's catalogue has of a tile and year now; raises as ``search_scenes``."""
    catalog = place.project.catalog
    return search_scenes(
        place.project.path_of(catalog.location),
        tile,
        year,
        place.grid(tile),
        dialect=catalog.dialect,
        collection=catalog.collection,
        allow_private=catalog.allow_private,
        allow_hosts=catalog.allow_hosts,
        progress=place.progress,
    )


def make_scene_catalog(place: Place, tile: str, year: int) -> Record:
    """List every candidate scene of a tile and year, and select.

    Files: ``candidates.parquet`` (one row a candidate, with the reason) and a picture.
    """
    project, grid = place.project, place.grid(tile)
    found = find_scenes(place, tile, year)
    identity = {
        "tile": tile,
        "year": year,
        "grid": grid.to_dict(),
        "catalog": project.catalog.model_dump(),
        "selection": vars(project.selection),
        "scenes": scenes_identity(found.recipes),
        "rejected": sorted([item.id, item.reason] for item in found.rejected),
    }

    def build(scratch: Path) -> Made:
        table = select_scenes(
            found.recipes, grid, project.selection, found.rejected, place.progress
        )
        files = {
            "candidates.parquet": store_candidates(place, scratch / "candidates.parquet", table),
            "scenes.png": write_png(
                scratch,
                "scenes.png",
                scene_timeline_figure(table, f"Scenes of {tile} {year}"),
            ),
        }
        chosen = table[table["selected"]]
        rows = table[["scene_id", "selected", "reason"]].to_dict(orient="records")
        properties = {
            "candidates": len(table),
            "selected": len(chosen),
            "scenes": [
                {"id": r["scene_id"], "selected": bool(r["selected"]), "reason": r["reason"]}
                for r in rows
            ],
        }
        return Made(files, properties)

    return place.make(("scene_catalog", tile, year), identity, build)


def scenes_identity(recipes: Iterable[SceneRecipe]) -> list[dict[str, Any]]:
    """What tells one set of scenes from another: ids, baselines, change stamps, by id."""
    return sorted((r.identity() for r in recipes), key=lambda scene: str(scene["id"]))


def make_training_chips(place: Place, tile: str, year: int) -> Record:
    """Cut chips of a tile and year from scenes spread over the seasons.

    Files: ``chips.zarr.zip`` (one Zarr v3 group), ``index.parquet`` and a picture.
    """
    catalog = place.record("scene_catalog", tile, year)
    labels = place.record("reference_labels", tile, year)
    grid, settings = place.grid(tile), place.project.chips
    identity = {
        "scene_catalog": catalog.digest,
        "reference_labels": labels.digest,
        "chips": {**vars(settings), "scl_to_class": sorted(settings.scl_to_class.items())},
        "zones_sha256": digest_of_source(place.project.path_of(settings.zones or "")),
    }

    def build(scratch: Path) -> Made:
        recipes = choose_dates(read_selection(place, catalog), settings)
        train, gold = (read_raster(place.open(labels, name)) for name in ("train.tif", "gold.tif"))
        zones = None
        if settings.zones is not None:
            path = Path(place.project.path_of(settings.zones))
            zones = read_zones(path, column=settings.zone_column).frame
        room = Room(scratch)
        chips = cut_chips(recipes, grid, train, gold, settings, place.progress, zones, room)
        shown = np.linspace(0, len(chips.masks) - 1, min(_SHOWN_CHIPS, len(chips.masks)))
        picks = shown.round().astype(int)
        figure = chip_panel_figure(chips.images[picks], chips.masks[picks], place.legend)
        files = {
            "chips.zarr.zip": write_chips(scratch / "chips.zarr.zip", chips),
            "index.parquet": write_index(scratch / "index.parquet", chips.index),
            "chips.png": write_png(scratch, "chips.png", figure),
        }
        properties = {
            **{f"{split}_chips": chips.count(split) for split in ("train", "val", "gold")},
            "dropped": dict(sorted(chips.dropped.items())),
            "layout": chips.layout.to_dict() if chips.layout else {},
            "account": chips.account.to_dict() if chips.account else {},
            "split_by": chips.split_by,
            "dates": [recipe.date for recipe in recipes],
            "levels": sorted({recipe.level for recipe in recipes}),
            "gsd_m": grid.pixel_m,
        }
        return Made(files, properties)

    return place.make(("training_chips", tile, year), identity, build)
