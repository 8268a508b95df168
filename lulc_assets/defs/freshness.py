"""Whether each map of a watched year was looked at lately, partition by partition.

What belongs here: the verdict of one tile and year, and asking for what grew old. What does not:
news of the catalogue (``sensors``), the calendar (``schedules``).

Freshness policies of Dagster are of an asset: they turn green when any old year is made. So each
partition is judged by itself, and one that grew old is looked at again, once: a run in which
nothing is new makes nothing, and its event says that somebody looked.
"""

import time
from dataclasses import dataclass

import dagster as dg

from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.defs.partitions import registered_tiles
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import WHY
from lulc_assets.steps.products import ANNUAL_MAP

TILES_AT_ONCE = 200
"""Each asks the instance once for each watched year."""

_DAY_S = 86400.0
_MAP = dg.AssetKey(ANNUAL_MAP.asset)


@dataclass(frozen=True)
class Age:
    """How old the latest look at a tile and year is.

    Attributes:
        days: since its map was made, or found to be there already; None: there is no map.
        most_days: that it may be.
    """

    days: float | None
    most_days: float

    @property
    def is_fresh(self) -> bool:
        """Whether somebody looked lately."""
        return self.days is not None and self.days <= self.most_days

    @property
    def says(self) -> str:
        """In words."""
        if self.days is None:
            return "there is no map yet"
        return f"looked at {self.days:.1f} days ago, at most {self.most_days:g} are allowed"


def age_of(
    instance: dg.DagsterInstance, key: TileYear, most_days: float, *, now: float
) -> tuple[Age, float]:
    """How old the latest look is, and when it was, seconds since 1970 (0: never)."""
    event = instance.get_latest_data_version_record(_MAP, partition_key=key.partition)
    if event is None:
        return Age(None, most_days), 0.0
    return Age((now - event.timestamp) / _DAY_S, most_days), event.timestamp


@dg.sensor(
    job=map_tile_year,
    minimum_interval_seconds=3600,
    description="Looks again at each watched tile × year that nobody looked at for too long.",
)
def old_maps(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.SensorResult:
    """Ask for every partition that grew old, once until it is looked at again."""
    loaded = project.load()
    if not loaded.watched_years():
        return dg.SensorResult(skip_reason=loaded.all_years().none_watched)
    tiles = registered_tiles(context.instance, loaded)
    cursor = context.cursor or "0"
    start = int(cursor) % max(1, len(tiles)) if cursor.isdecimal() else 0
    turn = (tiles[start:] + tiles[:start])[:TILES_AT_ONCE]
    keys = [TileYear(tile, year) for tile in turn for year in loaded.watched_years()]
    requests = []
    for key in keys:
        age, at = age_of(context.instance, key, loaded.watch.fresh_days, now=time.time())
        if age.days is not None and not age.is_fresh:
            run_key = f"{key.partition}:{at}"
            why = {WHY: f"nobody looked lately: {age.says}"}
            requests.append(dg.RunRequest(run_key=run_key, partition_key=key.partition, tags=why))
    none = f"looked at {len(keys)} tile × years: none is too old"
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else none,
        cursor=str(start + len(turn)),
    )
