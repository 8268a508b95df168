"""Asset checks: what people should look at before they trust a product.

What belongs here: checks that read committed records and report. Legality is decided
before the commit (validation in the steps); no gate is here, since a blocking check stops
its own run only.
"""

from typing import Any

import dagster as dg

from lulc_assets.defs.partitions import key_of, tile_years
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.product import P, Product
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    MODEL_EVALUATION,
    SCENE_CATALOG,
)

_MAX_NO_DATA_PCT = 5.0
"""More than this without any clear view in a year deserves a look."""

_MIN_OBSERVATIONS = 3
"""Fewer votes at the median pixel let a single wrong date decide."""


def _properties(
    context: dg.AssetCheckExecutionContext, project: ProjectResource, product: Product[Any, P]
) -> P:
    work = project.workbench(context)
    return work.read(product, key_of(product, context)).properties


def _result(passed: bool, **metadata: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=bool(passed), severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )


@dg.asset_check(asset=SCENE_CATALOG.asset, partitions_def=tile_years)
def has_scenes(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """At least one scene is selected; else the map is a map of no data."""
    properties = _properties(context, project, SCENE_CATALOG)
    return _result(
        properties.selected > 0, candidates=properties.candidates, selected=properties.selected
    )


@dg.asset_check(asset=ANNUAL_MAP.asset, partitions_def=tile_years)
def is_well_observed(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """Little is without data, and the median pixel has enough votes."""
    properties = _properties(context, project, ANNUAL_MAP)
    enough = properties.observations_median >= _MIN_OBSERVATIONS
    return _result(
        enough and properties.no_data_pct <= _MAX_NO_DATA_PCT,
        no_data_pct=properties.no_data_pct,
        observations_median=properties.observations_median,
    )


@dg.asset_check(asset=ANNUAL_MAP.asset, partitions_def=tile_years)
def uses_every_selected_scene(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """No selected scene failed to be read or predicted."""
    failed = _properties(context, project, ANNUAL_MAP).failed_scenes
    return _result(not failed, failed=dg.MetadataValue.json(dict(failed)))


@dg.asset_check(asset=ACCURACY_AREA_REPORT.asset, partitions_def=tile_years)
def can_state_accuracy(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """The reference sample allows estimates with intervals on this tile."""
    properties = _properties(context, project, ACCURACY_AREA_REPORT)
    return _result(
        properties.verdict == "estimated",
        verdict=properties.verdict,
        reason=properties.reason,
        sample_units=properties.sample_units,
    )


@dg.asset_check(asset=MODEL_EVALUATION.asset)
def earns_promotion(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """The candidate is good enough to replace the model in use."""
    properties = _properties(context, project, MODEL_EVALUATION)
    return _result(properties.promote, reason=properties.reason)
