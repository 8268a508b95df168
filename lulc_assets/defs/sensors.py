"""Sensors: what runs because something came.

What belongs here: looking for new scenes. Polite at scale, and automation by conditions,
come later.
"""

import dagster as dg

from lulc_assets.core.errors import LulcError, NoScenes
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.defs.partitions import TILE
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.imagery import digest_of_scenes, find_scenes
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_CATALOG
from lulc_assets.steps.workbench import Workbench

TILES_AT_ONCE = 20
"""A tick has 60 seconds; a search takes about one."""


@dg.sensor(
    job=map_tile_year,
    minimum_interval_seconds=3600,
    description="Maps a tile × year again when its catalogue has scenes that the last run lacked.",
)
def new_scenes(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.SensorResult:
    """Request a tile × year whose catalogue has scenes that its last run did not see.

    Looks at the current year and the project's ``watch_years``, some tiles a tick, in turn.
    The run key holds a hash of scene ids, baselines and change stamps: a key that any run
    had, a failed one too, is skipped for ever.
    """
    work = project.workbench(context)
    known = [t for t in context.instance.get_dynamic_partitions(TILE)
             if t in work.project.tiles]  # fmt: skip
    if not known:
        return dg.SensorResult(skip_reason="no tile of the project is registered")
    start = int(context.cursor or 0) % len(known)
    turn = (known[start:] + known[:start])[:TILES_AT_ONCE]
    requests = []
    for tile in turn:
        for year in work.project.watched_years():
            try:
                requests += _request(work, TileYear(tile, year))
            except NoScenes:
                continue
            except LulcError as error:
                context.log.warning(f"{tile} {year}: {type(error).__name__}: {error}")
    return dg.SensorResult(run_requests=requests, cursor=str((start + len(turn)) % len(known)))


def _request(work: Workbench, key: TileYear) -> list[dg.RunRequest]:
    """A run where the catalogue has other scenes than the committed table."""
    found = find_scenes(work, key).recipes
    scenes = digest_of_scenes(found)
    seen, mapped = work.find(SCENE_CATALOG, key), work.find(ANNUAL_MAP, key)
    if not found or (seen and mapped and seen.properties.seen == scenes):
        return []
    tags = {"lulc/why": f"{len(found)} scenes, not those of the last run"}
    at = key.partition
    return [dg.RunRequest(run_key=f"{at}:{scenes}", partition_key=at, tags=tags)]
