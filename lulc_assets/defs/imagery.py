"""Assets of the imagery: candidate scenes and the chips cut from them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.labels import reference_labels
from lulc_assets.defs.partitions import tile_year_of, tile_years
from lulc_assets.defs.policies import OWNERS, emit
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips


@dg.asset(
    partitions_def=tile_years,
    group_name="imagery",
    owners=OWNERS,
    output_required=False,
    kinds={"stac"},
)
def scene_catalog(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Every candidate scene of a tile × year with its reading recipe, chosen or not, and why."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_scene_catalog(place, *key))


@dg.asset(
    partitions_def=tile_years,
    group_name="imagery",
    owners=OWNERS,
    output_required=False,
    deps=[scene_catalog, reference_labels],
    kinds={"zarr"},
)
def training_chips(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Image and mask chips from scenes spread over the seasons, split by ground location."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_training_chips(place, *key))
