"""The state of every tile × year of a project, for the operator's page.

What belongs here: records → states. What does not: their maps and markup
(``core/pages/operations``).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from lulc_assets.core.pages.content import Link
from lulc_assets.core.pages.operations import OperationsPage, PartitionState
from lulc_assets.core.pages.rendering import render_operations_page
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.page_parts import page_name
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, SCENE_CATALOG
from lulc_assets.steps.properties import PagesProperties
from lulc_assets.steps.workbench import Step, Workbench


def partition_states(
    step: Step[Whole, PagesProperties],
    known: Iterable[TileYear],
    costs: Mapping[TileYear, float] = MappingProxyType({}),
) -> list[PartitionState]:
    """All tiles of the project in its years, and in those that have a map.

    Args:
        step: reads the records.
        known: keys that have a report.
        costs: core-hours per 1,000 km² and year, of those that are known.
    """
    project = step.work.project
    years = sorted({*project.mapped_years(), *(key.year for key in known)})
    keys = [TileYear(tile, year) for year in years for tile in sorted(project.tiles)]
    return [_state(step, key, costs.get(key)) for key in keys]


def _state(step: Step[Whole, PagesProperties], key: TileYear, cost: float | None) -> PartitionState:
    work = step.work
    place, grid = work.project.tiles[key.tile].place, work.grid(key.tile)
    made = step.find(ANNUAL_MAP, key)
    if made is None:
        state = "missing" if step.find(SCENE_CATALOG, key) is None else "catalogued"
        return PartitionState(key.tile, key.year, place, grid, state)
    report = step.find(ACCURACY_AREA_REPORT, key)
    overall = None if report is None else report.properties.overall_accuracy
    scenes = made.properties.predictions
    return PartitionState(
        key.tile,
        key.year,
        place,
        grid,
        "mapped" if report is None else "reported",
        accuracy=None if overall is None else overall.estimate,
        votes=made.properties.observations_median,
        newest=max((row.date for row in scenes), default=""),
        scenes=len(scenes),
        failed=len(made.properties.failed_scenes),
        cost=cost,
        href="" if report is None else page_name(key),
    )


def operations_page(work: Workbench, states: list[PartitionState], home: Link) -> str:
    """The HTML of the operator's page."""
    return render_operations_page(
        OperationsPage(
            title=work.project.name,
            partitions=states,
            dagster=work.project.dagster,
            links=[home],
            attribution=work.project.attribution,
        )
    )
