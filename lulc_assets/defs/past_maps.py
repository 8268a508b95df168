"""What maps took, as the instance remembers it, and quotes from that.

What belongs here: runs and records → past maps. What does not: the arithmetic (``core/costs``).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from lulc_assets.core.costs.quote import NoPastRuns, PastMap, Quote, make_quote
from lulc_assets.core.errors import LulcError
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.jobs import map_tile_year
from lulc_assets.steps.products import ANNUAL_MAP, SCENE_CATALOG, SCENE_PREDICTIONS
from lulc_assets.steps.workbench import Workbench

_MOST_RUNS = 1_000
_OF_BACKFILLS = "__ASSET_JOB"
_WHOLE = frozenset(
    dg.AssetKey(product.asset) for product in (SCENE_CATALOG, SCENE_PREDICTIONS, ANNUAL_MAP)
)
"""What a run of a backfill must make to tell what a map takes."""
_PREDICT = "predict_scene_batch"
_REMEDY = "to go on, set confirmed: true in the run's config, or call lulc backfill --yes"


class TooExpensive(LulcError):
    """More than the project's limit, and nobody confirmed it.

    Attributes:
        asked: what is to be confirmed, in words.
    """

    def __init__(self, asked: str) -> None:
        self.asked = asked
        super().__init__(f"{asked}; {_REMEDY}")


def past_maps(instance: dg.DagsterInstance, work: Workbench) -> list[PastMap]:
    """What maps took, see :func:`maps_made`."""
    return list(maps_made(instance, work).values())


def maps_made(instance: dg.DagsterInstance, work: Workbench) -> dict[TileYear, PastMap]:
    """What the first successful run of each tile and year took; later ones had less to do.

    Runs of the job and of asset backfills. Wall time counts with all cores of this machine: a run
    keeps them busy, or keeps others out.
    """
    records: list[dg.RunRecord] = []
    for job in (map_tile_year.name, _OF_BACKFILLS):
        wanted = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        records += instance.get_run_records(wanted, limit=_MOST_RUNS, ascending=True)
    first: dict[TileYear, dg.RunRecord] = {}
    for record in sorted(records, key=lambda each: each.start_time or 0.0):
        run = record.dagster_run
        if run.job_name == _OF_BACKFILLS and not (run.asset_selection or frozenset()) >= _WHOLE:
            continue
        try:
            first.setdefault(TileYear.of_partition(run.tags.get("dagster/partition", "")), record)
        except LulcError:
            continue
    found = ((key, _past_map(instance, work, key, record)) for key, record in first.items())
    return {key: one for key, one in found if one is not None}


def _past_map(
    instance: dg.DagsterInstance, work: Workbench, key: TileYear, record: dg.RunRecord
) -> PastMap | None:
    mapped, predicted = work.find(ANNUAL_MAP, key), work.find(SCENE_PREDICTIONS, key)
    known = key.tile in work.project.tiles and mapped is not None and predicted is not None
    if not known or record.start_time is None or record.end_time is None:
        return None
    assert mapped is not None and predicted is not None
    rows = predicted.properties.scenes
    files = [*mapped.files.values(), *(f for row in rows for f in (row.class_, row.probability))]
    gpu_s = 0.0
    if Path("/dev/nvidia0").exists():
        steps = instance.get_run_step_stats(record.dagster_run.run_id)
        gpu_s = sum(
            (s.end_time or 0) - (s.start_time or 0) for s in steps if _PREDICT in s.step_key
        )
    hours = (record.end_time - record.start_time) / 3600
    return PastMap(
        area_km2=area_km2(work, key.tile),
        core_hours=hours * (os.cpu_count() or 1),
        gpu_hours=gpu_s / 3600,
        scenes=float(len(rows)),
        stored_gb=sum(file.size for file in files) / 1e9,
    )


def area_km2(work: Workbench, tile: str) -> float:
    """Of a tile's area of interest, on its own grid."""
    grid = work.grid(tile)
    return float(grid.height * grid.width * grid.pixel_m**2 / 1e6)


def quote_maps(instance: dg.DagsterInstance, work: Workbench, tiles: Sequence[str]) -> Quote:
    """Quote a map of each of some tiles (a tile may be named once a year).

    Raises:
        NoPastRuns: too few maps were made.
        InvalidProject: a tile is not in the project.
    """
    areas = [area_km2(work, tile) for tile in tiles]
    return make_quote(areas, past_maps(instance, work), work.project.prices)


def require_affordable(instance: dg.DagsterInstance, work: Workbench, tiles: Sequence[str]) -> None:
    """Refuse what may cost more than the project's limit.

    Raises:
        TooExpensive: the upper end of the quote is above it, or it cannot be told.
    """
    limit, currency = work.project.prices.confirm_above, work.project.prices.currency
    if limit is None:
        return
    try:
        quote = quote_maps(instance, work, tiles)
    except NoPastRuns as error:
        told = f"prices.confirm_above is {limit:g} {currency}, and the cost is unknown: {error}"
        raise TooExpensive(told) from error
    if quote.money is None:
        raise TooExpensive(
            f"prices.confirm_above is {limit:g} {currency}, and a price that is needed is missing "
            "in [prices]"
        )
    if quote.money.high > limit:
        raise TooExpensive(
            f"{len(tiles)} maps cost {quote.money.value:,.2f} {currency} (up to "
            f"{quote.money.high:,.2f}), more than prices.confirm_above = {limit:g}"
        )
