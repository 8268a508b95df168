"""Assets of the maps."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.partitions import TILE, tile_year_of, tile_years
from lulc_assets.defs.policies import OWNERS, emit
from lulc_assets.defs.predictions import scene_predictions
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.seasons import make_seasonal_maps

_this_year_and_the_former = dg.MultiPartitionMapping(
    {
        TILE: dg.DimensionPartitionMapping(TILE, dg.IdentityPartitionMapping()),
        "year": dg.DimensionPartitionMapping(
            "year",
            dg.TimeWindowPartitionMapping(
                start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
            ),
        ),
    }
)
"""A season that crosses the year's end takes its first part from the former year."""


@dg.asset(
    partitions_def=tile_years,
    group_name="maps",
    owners=OWNERS,
    output_required=False,
    deps=[scene_predictions],
    kinds={"geotiff", "stac"},
)
def annual_map(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """The yearly map: class-weighted mode over the scenes, with vote share and observations."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_annual_map(place, *key))


@dg.asset(
    partitions_def=tile_years,
    group_name="maps",
    owners=OWNERS,
    output_required=False,
    deps=[dg.AssetDep(annual_map, partition_mapping=_this_year_and_the_former)],
    kinds={"geotiff", "stac"},
)
def seasonal_maps(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """A map for each season of the project, from the sums that the annual maps keep."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_seasonal_maps(place, *key))
