"""What only the instance knows of maps: what they cost, and what the catalogue lacked.

What belongs here: runs and checks → sentences on pages and a table of costs beside them. What does
not: the pages (``steps/pages``), quotes (``past_maps``). None of it can be in a record: the same
inputs would no longer make the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter

from lulc_assets.core.costs.quote import PastMap, core_hours_per_1000_km2
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.whole_files import whole_file
from lulc_assets.defs.past_maps import maps_made
from lulc_assets.steps.page_parts import CATALOGUE
from lulc_assets.steps.products import SCENE_CATALOG
from lulc_assets.steps.workbench import Workbench

COSTS = "costs.json"
AUDIT = dg.AssetCheckKey(dg.AssetKey(SCENE_CATALOG.asset), "catalogue_is_whole")
_COMPUTING = "Computing"


@dataclass(frozen=True)
class Facts:
    """What is told of maps.

    Attributes:
        told: tile or region and year → term → sentence.
        costs: of each map that the instance saw being made.
    """

    told: Mapping[TileYear | RegionYear, Mapping[str, str]] = field(default_factory=dict)
    costs: Mapping[TileYear, PastMap] = field(default_factory=dict)

    @property
    def rates(self) -> dict[TileYear, float]:
        """Core-hours per 1,000 km² and year of each of these maps."""
        return {key: core_hours_per_1000_km2([cost]) for key, cost in self.costs.items()}


def facts_of_maps(instance: dg.DagsterInstance, work: Workbench) -> Facts:
    """Of every map that the instance made, and of the regions that have some."""
    costs = maps_made(instance, work)
    told: dict[TileYear | RegionYear, dict[str, str]] = {
        key: {_COMPUTING: say_cost([cost])} for key, cost in costs.items()
    }
    for key in costs:
        gap = say_gap(instance, key)
        if gap:
            told[key][CATALOGUE] = gap
    for name, region in work.project.regions.items():
        for year in {key.year for key in costs}:
            own = [cost for k, cost in costs.items() if k.year == year and k.tile in region.tiles]
            if own:
                told[RegionYear(name, year)] = {_COMPUTING: say_cost(own)}
    return Facts(told, costs)


def say_cost(costs: Sequence[PastMap]) -> str:
    """Core-hours of some maps, also per 1,000 km² and year."""
    hours = sum(one.core_hours for one in costs)
    rate = core_hours_per_1000_km2(costs)
    of = "" if len(costs) == 1 else f" for {len(costs)} tiles"
    return f"{hours:.3g} core-hours{of}; {rate:.3g} core-hours per 1,000 km² and year."


def say_gap(instance: dg.DagsterInstance, key: TileYear) -> str:
    """What the latest audit found missing of a tile and year; empty: nothing, or it never was."""
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [AUDIT], partition_filter=PartitionKeyFilter(key=key.partition)
    )
    event = found[AUDIT].event if AUDIT in found else None
    if event is None or event.dagster_event is None:
        return ""
    evaluated = event.dagster_event.asset_check_evaluation_data.metadata
    said: dict[str, Any] = {name: each.value for name, each in evaluated.items()}
    if "expected" not in said or said["expected"] == said["found"]:
        return ""
    gaps = str(said["gaps"]).replace("\n", " ").replace("- ", ", ").strip(", ")
    return (
        f"The catalogue lacked {said['expected'] - said['found']} of {said['expected']} passes "
        f"when the map was made: {gaps}."
    )


def write_costs(folder: Path, facts: Facts) -> Path:
    """Write the costs of all maps as JSON beside their pages; the file appears whole."""
    rates = facts.rates
    rows: list[dict[str, Any]] = [
        {
            "tile": key.tile,
            "year": key.year,
            "area_km2": cost.area_km2,
            "core_hours": cost.core_hours,
            "gpu_hours": cost.gpu_hours,
            "core_hours_per_1000_km2_year": rates[key],
        }
        for key, cost in sorted(facts.costs.items())
    ]
    every = core_hours_per_1000_km2(list(facts.costs.values())) if rows else None
    document = {"maps": rows, "core_hours_per_1000_km2_year": every}
    with whole_file(folder / COSTS) as part:
        part.write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")
    return folder / COSTS
