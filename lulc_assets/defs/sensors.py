"""Sensors: what runs because something came.

What belongs here: looking for new scenes, and asking again for what could not be had. Polite at
scale, and automation by conditions, come later.
"""

from datetime import UTC, datetime, timedelta

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

SCENES = "lulc/scenes"
"""Tag of a run: digest of the scenes that it was requested for."""

_LONGEST_WAIT = timedelta(days=1)
_KNOWN_ATTEMPTS = 50


@dg.sensor(
    job=map_tile_year,
    minimum_interval_seconds=3600,
    description="Maps a tile × year again when its catalogue has scenes that the last run lacked.",
)
def new_scenes(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.SensorResult:
    """Request a tile × year whose catalogue has scenes that its last run did not see.

    Looks at the current year and the project's ``watch_years``, some tiles a tick, in turn.
    Scenes that could not be reached for the map that stands are asked for again. The run key
    holds a hash of scene ids, baselines and change stamps and the number of the attempt: a key
    that any run had, a failed one too, is skipped for ever. Attempts follow each other after 1,
    2, 4 … hours, at most a day, and never side by side.
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
                requests += _request(context.instance, work, TileYear(tile, year))
            except NoScenes:
                continue
            except LulcError as error:
                context.log.warning(f"{tile} {year}: {type(error).__name__}: {error}")
    return dg.SensorResult(run_requests=requests, cursor=str((start + len(turn)) % len(known)))


def _request(instance: dg.DagsterInstance, work: Workbench, key: TileYear) -> list[dg.RunRequest]:
    """A run where the catalogue has other scenes than the table, or the map lacks some."""
    found = find_scenes(work, key).recipes
    scenes = digest_of_scenes(found)
    seen, mapped = work.find(SCENE_CATALOG, key), work.find(ANNUAL_MAP, key)
    known = seen and mapped and seen.properties.seen == scenes
    away = mapped.properties.unreachable if mapped and known else ()
    if not found or (known and not away):
        return []
    at = key.partition
    attempt = next_attempt(instance, {SCENES: scenes, "dagster/partition": at})
    if attempt is None:
        return []
    why = f"{len(found)} scenes, not those of the last run"
    if away:
        why = f"not reached by the last run: {', '.join(away[:5])}"
    tags = {"lulc/why": why, SCENES: scenes}
    return [dg.RunRequest(run_key=f"{at}:{scenes}:{attempt}", partition_key=at, tags=tags)]


def next_attempt(
    instance: dg.DagsterInstance, tags: dict[str, str], now: datetime | None = None
) -> int | None:
    """Number of the attempt that is due, from 0; None while one runs or it is too early.

    Args:
        instance: that knows the attempts.
        tags: that all of them have.
        now: when it is asked; none: by the clock.
    """
    runs = instance.get_run_records(dg.RunsFilter(tags=tags), limit=_KNOWN_ATTEMPTS)
    if any(not record.dagster_run.is_finished for record in runs):
        return None
    if runs:
        waits = min(timedelta(hours=2 ** min(len(runs) - 1, 10)), _LONGEST_WAIT)
        last = max(record.update_timestamp for record in runs)
        if (now or datetime.now(UTC)) < last.astimezone(UTC) + waits:
            return None
    return len(runs)
