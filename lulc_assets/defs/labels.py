"""Assets of the reference data: labels that models learn from, samples that judge maps."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lulc_assets.defs.partitions import (
    region_from_tiles,
    region_year_of,
    region_years,
    tile_year_of,
    tile_years,
)
from lulc_assets.defs.policies import OWNERS, emit
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.samples import make_reference_sample


@dg.asset(
    partitions_def=tile_years,
    group_name="labels",
    owners=OWNERS,
    output_required=False,
    kinds={"geotiff"},
)
def reference_labels(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Validated label polygons of a tile × year, and the mask they burn to on its grid."""
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_reference_labels(place, *key))


@dg.asset(
    partitions_def=tile_years,
    group_name="labels",
    owners=OWNERS,
    output_required=False,
    deps=[reference_labels, "scene_catalog"],  # by name: its module imports this one
    kinds={"html"},
)
def label_quality(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """How good labels are: annotators against each other, spectra by class, outliers.

    A page for people; nothing is made from it.
    """
    place = project.place(context.log.info)
    key = tile_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_label_quality(place, *key))


@dg.asset(
    partitions_def=region_years,
    group_name="labels",
    owners=OWNERS,
    output_required=False,
    deps=[dg.AssetDep(reference_labels, partition_mapping=region_from_tiles)],
    kinds={"parquet"},
)
def reference_sample(
    context: dg.AssetExecutionContext, project: ProjectResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """The probability sample that judges the maps of a region × year, with its design.

    A region without one is compared with its held-out labels: plain agreement only.
    """
    place = project.place(context.log.info)
    key = region_year_of(context.partition_key)
    yield from emit(context, place, lambda: make_reference_sample(place, *key))
