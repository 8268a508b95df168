"""Sensors: what runs because something came.

What belongs here: run requests for news of the catalogue, and asking again for what could not be
had. What does not: what news is (``core/catalog/watch``); automation by conditions (``policies``).
"""

import os
import time
from datetime import UTC, datetime, timedelta

import dagster as dg

from lulc_assets.core.catalog.news import News, Sight
from lulc_assets.core.catalog.watch_cursor import WatchCursor
from lulc_assets.core.errors import LulcError, NoScenes
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.defs.partitions import registered_tiles
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.imagery import digest_of_scenes, find_scenes
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.watching import compare_with_table, mapped_catalog, watch_catalogue
from lulc_assets.steps.workbench import Workbench

TILES_AT_ONCE = 20
"""A tick has 60 seconds; a search of a whole year takes about one."""

SCENES = "lulc/scenes"
"""Tag of a run: digest of the scenes that it was requested for."""

WHY = "lulc/why"
"""Tag of a run: why it exists, for people."""

MOST_ATTEMPTS = 12
"""For the same scenes: after 1, 2, 4 … hours, at most a day, that is a little over a week."""

_LONGEST_WAIT = timedelta(days=1)
_SHOWN = 10


def watch_interval_s() -> int:
    """Least seconds between two looks at the catalogue: LULC_WATCH_SECONDS, else 900."""
    said = os.environ.get("LULC_WATCH_SECONDS", "")
    return int(said) if said.isdecimal() and int(said) else 900


@dg.sensor(
    job=map_tile_year,
    minimum_interval_seconds=watch_interval_s(),
    description="Maps a tile × year again when the catalogue announces new or reprocessed scenes.",
)
def new_scenes(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.SensorResult:
    """Request the tile × years of which the catalogue has news, one run each.

    One search covers all tiles: by change stamps where the catalogue can be asked so. A tick that
    is killed is evaluated again from the same cursor; its run keys are the same, so that nothing is
    requested twice. A run that failed is not requested again here (its key is used up): that is for
    ``scenes_compared``.
    """
    work = project.workbench(context)
    tiles = registered_tiles(context.instance, work.project)
    if not tiles:
        return dg.SensorResult(skip_reason="no tile of the project is registered")
    sight = watch_catalogue(work, tiles, WatchCursor.loads(context.cursor), now=time.time())
    _tell(context, sight)
    looked = f"{sight.message}; the years of the project are {work.project.all_years()}"
    return dg.SensorResult(
        run_requests=[_request_of(news) for news in sight.news],
        skip_reason=None if sight.news else looked,
        cursor=sight.cursor.dumps(),
    )


def _request_of(news: News) -> dg.RunRequest:
    partition = news.key.partition
    tags = {WHY: news.why, SCENES: news.run_key.rpartition("|")[2]}
    return dg.RunRequest(run_key=news.run_key, partition_key=partition, tags=tags)


def _tell(context: dg.SensorEvaluationContext, sight: Sight) -> None:
    context.log.info(sight.message)
    if sight.failure:
        context.log.warning(sight.failure)
    for item in sight.unusable[:_SHOWN]:
        context.log.warning(f"item {item.id} belongs to no tile and year: {item.reason}")
    if len(sight.unusable) > _SHOWN:
        context.log.warning(f"and {len(sight.unusable) - _SHOWN} more such items")


@dg.sensor(
    job=map_tile_year,
    minimum_interval_seconds=3600,
    description="Compares whole years with the catalogue, some tiles an hour in turn: late and "
    "vanished scenes, and those that the last run could not reach.",
)
def scenes_compared(
    context: dg.SensorEvaluationContext, project: ProjectResource
) -> dg.SensorResult:
    """Request a tile × year whose catalogue is another one than its last run saw.

    Looks at the current year, if it is the project's, and at ``watch_years``, some tiles a tick, in
    turn; so it finds what no change stamp tells: withdrawn items, stamps that went far back. Scenes
    that could not be reached for the map that stands are asked for again. The run key holds the
    number of the attempt: a key that any run had, a failed one too, is skipped for ever. Attempts
    follow each other after 1, 2, 4 … hours, at most a day, never side by side, and end after a
    dozen.
    """
    work = project.workbench(context)
    known = registered_tiles(context.instance, work.project)
    if not known:
        return dg.SensorResult(skip_reason="no tile of the project is registered")
    if not work.project.watched_years():
        return dg.SensorResult(skip_reason=work.project.all_years().none_watched)
    cursor = context.cursor or "0"
    start = int(cursor) % len(known) if cursor.isdecimal() else 0
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
    years = ", ".join(map(str, work.project.watched_years()))
    looked = f"compared {', '.join(turn)} in {years} with the catalogue: nothing is to be asked for"
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else looked,
        cursor=str((start + len(turn)) % len(known)),
    )


def _request(instance: dg.DagsterInstance, work: Workbench, key: TileYear) -> list[dg.RunRequest]:
    """A run where the catalogue has other scenes than the table, or the map lacks some."""
    found = find_scenes(work, key)
    seen, mapped = mapped_catalog(work, key), work.find(ANNUAL_MAP, key)
    scenes = digest_of_scenes(found.recipes)
    known = seen is not None and seen.seen == scenes
    away = mapped.properties.unreachable if mapped and known else ()
    if not found.recipes or (known and not away):
        return []
    at = key.partition
    attempt = next_attempt(instance, at, scenes)
    if attempt is None:
        return []
    difference = compare_with_table(found, seen)
    why = difference.why or "other scenes than those of the map"
    if away:
        why = f"not reached by the last run: {', '.join(away[:5])}"
    tags = {WHY: why, SCENES: scenes}
    return [dg.RunRequest(run_key=f"{at}:{scenes}:{attempt}", partition_key=at, tags=tags)]


def next_attempt(
    instance: dg.DagsterInstance, partition: str, scenes: str, now: datetime | None = None
) -> int | None:
    """Number of the attempt that is due, from 0; None: one runs, it is too early, or enough.

    Args:
        instance: that knows the attempts.
        partition: of the tile and year; any unfinished run on it counts.
        scenes: digest that all attempts have as a tag.
        now: when it is asked; none: by the clock.
    """
    at = {"dagster/partition": partition}
    latest = instance.get_run_records(dg.RunsFilter(tags=at), limit=MOST_ATTEMPTS)
    if any(not record.dagster_run.is_finished for record in latest):
        return None
    wanted = dg.RunsFilter(tags={**at, SCENES: scenes})
    runs = instance.get_run_records(wanted, limit=MOST_ATTEMPTS)
    if len(runs) >= MOST_ATTEMPTS:
        return None
    if runs:
        waits = min(timedelta(hours=2 ** (len(runs) - 1)), _LONGEST_WAIT)
        last = max(record.update_timestamp for record in runs)
        if (now or datetime.now(UTC)) < last.astimezone(UTC) + waits:
            return None
    return len(runs)
