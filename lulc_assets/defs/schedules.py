"""Schedules: what runs by the calendar."""

from collections.abc import Iterator

import dagster as dg

from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.defs.partitions import TILE


@dg.schedule(
    job=map_tile_year,
    cron_schedule="0 6 15 1 *",
    name="last_years_maps",
    description="On 15 January, map last year on every registered tile, one run each.",
)
def last_years_maps(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """On 15 January, map last year on every registered tile.

    The last scenes of December are in the catalogues by then. One run per tile × year: a
    backfill in a single run over two dimensions is not reliable (dagster #28861).
    """
    year = context.scheduled_execution_time.year - 1
    for tile in context.instance.get_dynamic_partitions(TILE):
        key = TileYear(tile, year).partition
        yield dg.RunRequest(run_key=key, partition_key=key, tags={"lulc/why": "yearly backfill"})
