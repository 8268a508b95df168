"""A project's catalogue, watched: news of the tiles and years that it maps.

What belongs here: how the project is asked, what its products have, and a whole comparison of one
tile and year. What does not: what a look is (``core/catalog/watch``), runs (``defs/sensors``).
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from lulc_assets.core.catalog.announced import text_of
from lulc_assets.core.catalog.audit import Audit
from lulc_assets.core.catalog.audit_items import audit_catalog
from lulc_assets.core.catalog.news import Known, Settings, Sight
from lulc_assets.core.catalog.polling import area_of, open_poll
from lulc_assets.core.catalog.search import SearchResult
from lulc_assets.core.catalog.watch import failed_look, look, rested
from lulc_assets.core.catalog.watch_cursor import WatchCursor
from lulc_assets.core.errors import CatalogError, ProductCorrupt, ProductNotFound
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import TileYear
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_CATALOG, SCENE_PREDICTIONS
from lulc_assets.steps.properties import CatalogProperties
from lulc_assets.steps.workbench import Workbench

_AT_ONCE = 16
"""Records that are read side by side: a store far away takes tens of milliseconds each."""

_DAY_S = 86400.0
_HOUR_S = 3600.0
_OF_THE_ITEM = ("updated", "created")
_OVERLAP_HOURS = (2.0, 72.0)
"""Of stamps that the catalogue gives when it takes an item in, and of those that the producer gave
before: they may come days late."""


def watch_catalogue(
    work: Workbench, tiles: Collection[str], cursor: WatchCursor, *, now: float
) -> Sight:
    """One look at the project's catalogue; a catalogue that cannot be read is a failed look.

    Args:
        work: the project.
        tiles: registered tiles; those that the project does not have are passed over.
        cursor: of the look before.
        now: seconds since 1970.
    """
    if cursor.rest > 0:
        return rested(cursor)
    ours = [tile for tile in tiles if tile in work.project.tiles]
    section, watch = work.project.catalog, work.project.watch
    try:
        poll = open_poll(
            work.project.path_of(section.location),
            collection=section.collection,
            dialect=section.dialect,
            stamp=cursor.stamp,
            allow_private=section.allow_private,
        )
        area = area_of(ours)
    except CatalogError as error:
        return failed_look(cursor, str(error))
    late = _OVERLAP_HOURS[poll.stamp not in _OF_THE_ITEM]
    window = None if poll.is_static else now - watch.window_days * _DAY_S
    settings = Settings(
        overlap_s=(watch.overlap_hours or late) * _HOUR_S,
        first_s=watch.first_days * _DAY_S,
        most_keys=watch.most_runs,
        by_stamp=poll.by_stamp,
        window=window,
    )

    def ask(lower: float | None, upper: float | None) -> Iterable[Any]:
        if poll.by_stamp:
            return poll.changed(area, lower, upper)
        return poll.sensed(area, text_of(window or 0.0), "..")

    return look(
        replace(cursor, stamp=poll.stamp),
        ask,
        lambda keys: known_scenes(work, keys),
        _mapped(work, set(ours)),
        settings,
        now=now,
        dialect=section.dialect,
        clock=time.monotonic,
    )


def known_scenes(work: Workbench, keys: list[TileYear]) -> Mapping[TileYear, Known]:
    """What the maps of some tile × years were made from; those without a map are left out."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda key: mapped_catalog(work, key), keys))
    return {k: _scenes_of(seen) for k, seen in zip(keys, found, strict=True) if seen is not None}


def mapped_catalog(work: Workbench, key: TileYear) -> CatalogProperties | None:
    """The catalogue that the standing map was made from; None: there is no map.

    Not the catalogue that stands: a run that failed after it left a map without its new scenes.
    """
    mapped = work.find(ANNUAL_MAP, key)
    if mapped is None:
        return None
    try:
        predictions = work.kept(SCENE_PREDICTIONS, mapped.inputs[SCENE_PREDICTIONS.at(key)])
        return work.kept(SCENE_CATALOG, predictions.inputs[SCENE_CATALOG.at(key)]).properties
    except (ProductNotFound, ProductCorrupt, KeyError):  # of a former version
        return None


def _scenes_of(properties: CatalogProperties) -> Known:
    return {scene.id: (scene.baseline, scene.stamp) for scene in properties.scenes}


def _mapped(work: Workbench, tiles: Collection[str]) -> Callable[[TileYear], bool]:
    """Whether a tile and year is the project's: others are not partitions of its assets."""
    years = work.project.all_years()
    return lambda key: key.tile in tiles and key.year in years


def audit_scenes(
    work: Workbench, tile: str, years: Iterable[int], *, as_of: float, around: int = 1
) -> tuple[list[Audit], int]:
    """Audit the project's catalogue over a tile; raises as ``audit_catalog``.

    Items that a table of the tile has and the catalogue has no more are told as withdrawn.

    Args:
        work: the project.
        tile: MGRS square.
        years: calendar years.
        as_of: seconds since 1970; later passes are not expected.
        around: years before and after that are read too.

    Returns:
        One audit per year, and how many items give no relative orbit.
    """
    section, chosen = work.project.catalog, sorted(set(years))
    tables = [work.find(SCENE_CATALOG, TileYear(tile, year)) for year in chosen]
    return audit_catalog(
        open_poll(
            work.project.path_of(section.location),
            collection=section.collection,
            dialect=section.dialect,
            allow_private=section.allow_private,
        ),
        tile,
        chosen,
        as_of=as_of,
        dialect=section.dialect,
        around=around,
        had=[scene.id for table in tables if table for scene in table.properties.scenes],
        progress=work.progress,
    )


@dataclass(frozen=True)
class Difference:
    """How a catalogue differs from the table of a tile and year: ids.

    Attributes:
        new: the catalogue has, the table has not.
        changed: both have, with another baseline or stamp.
        vanished: the table has, the catalogue has not.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    vanished: tuple[str, ...]

    @property
    def why(self) -> str:
        """In words; empty: there is none."""
        kinds = (("new", self.new), ("reprocessed", self.changed), ("vanished", self.vanished))
        return "; ".join(f"{len(ids)} {kind}: {', '.join(ids[:3])}" for kind, ids in kinds if ids)


def compare_with_table(found: SearchResult, seen: CatalogProperties | None) -> Difference:
    """What a whole search of a tile and year has that its table lacks, and the other way."""
    has: Known = {} if seen is None else _scenes_of(seen)
    now = {recipe.id: _state(recipe) for recipe in found.recipes}
    now |= {item.id: (item.baseline, item.stamp) for item in found.rejected}
    return Difference(
        tuple(sorted(now.keys() - has.keys())),
        tuple(sorted(name for name in now.keys() & has.keys() if now[name] != has[name])),
        tuple(sorted(has.keys() - now.keys())),
    )


def _state(recipe: SceneRecipe) -> tuple[str, str]:
    return recipe.baseline, recipe.change_stamp
