"""Assets of the maps."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.partitions import tile_year_of, tile_years
from lulc_assets.defs.policies import emit
from lulc_assets.defs.predictions import scene_predictions
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.maps import make_annual_map


@dg.asset(
    partitions_def=tile_years,
    group_name="maps",
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
