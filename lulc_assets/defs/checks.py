"""Asset checks: what people should look at before they trust a product.

What belongs here: checks that read committed records and report. Legality is decided
before the commit (validation in the steps); no gate is here, since a blocking check stops
its own run only.
"""

from typing import Any

import dagster as dg

from lulc_assets.core.store.records import Record
from lulc_assets.defs.imagery import scene_catalog
from lulc_assets.defs.maps import annual_map
from lulc_assets.defs.model import model_evaluation
from lulc_assets.defs.partitions import tile_year_of, tile_years
from lulc_assets.defs.report import accuracy_area_report
from lulc_assets.defs.resources import ProjectResource

_MAX_NO_DATA_PCT = 5.0
"""More than this without any clear view in a year deserves a look."""

_MIN_OBSERVATIONS = 3
"""Fewer votes at the median pixel let a single wrong date decide."""


def _record(context: dg.AssetCheckExecutionContext, project: ProjectResource, asset: str) -> Record:
    place = project.place(context.log.info)
    return place.record(asset, *tile_year_of(context.partition_key))


def _result(passed: bool, **metadata: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=bool(passed), severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )


@dg.asset_check(asset=scene_catalog, partitions_def=tile_years)
def has_scenes(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """At least one scene is selected; else the map is a map of no data."""
    properties = _record(context, project, "scene_catalog").properties
    found = {name: properties[name] for name in ("candidates", "selected")}
    return _result(properties["selected"] > 0, **found)


@dg.asset_check(asset=annual_map, partitions_def=tile_years)
def is_well_observed(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """Little is without data, and the median pixel has enough votes."""
    properties = _record(context, project, "annual_map").properties
    enough = properties["observations_median"] >= _MIN_OBSERVATIONS
    return _result(
        enough and properties["no_data_pct"] <= _MAX_NO_DATA_PCT,
        no_data_pct=properties["no_data_pct"],
        observations_median=properties["observations_median"],
    )


@dg.asset_check(asset=annual_map, partitions_def=tile_years)
def uses_every_selected_scene(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """No selected scene failed to be read or predicted."""
    failed = _record(context, project, "annual_map").properties["failed_scenes"]
    return _result(not failed, failed=dg.MetadataValue.json(failed))


@dg.asset_check(asset=accuracy_area_report, partitions_def=tile_years)
def can_state_accuracy(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """The reference sample allows estimates with intervals on this tile."""
    properties = _record(context, project, "accuracy_area_report").properties
    found = {name: properties[name] for name in ("verdict", "reason", "sample_units")}
    return _result(properties["verdict"] == "estimated", **found)


@dg.asset_check(asset=model_evaluation)
def earns_promotion(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """The candidate is good enough to replace the model in use."""
    properties = project.place(context.log.info).record("model_evaluation").properties
    return _result(properties["promote"], reason=properties["reason"])
