"""Asset checks: what people should look at before they trust a product.

What belongs here: checks that read committed records and report. Legality is decided
before the commit (validation in the steps); no gate is here, since a blocking check stops
its own run only.
"""

import time
from typing import Any

import dagster as dg

from lulc_assets.core.errors import CatalogError
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.partitions import key_of, tile_years
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.alert_delivery import tell
from lulc_assets.steps.product import P, Product
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    CHANGE_ALERTS,
    CHANGE_MAP,
    MODEL_EVALUATION,
    REFERENCE_LABELS,
    SCENE_CATALOG,
)
from lulc_assets.steps.watching import audit_scenes

_MAX_NO_DATA_PCT = 5.0
"""More than this without any clear view in a year deserves a look."""

_MAX_MISSING_PCT = 5.0
"""Of the passes of a year: more is a catalogue that lost scenes, not a satellite that rested."""

_SHOWN_GAPS = 20

_MIN_OBSERVATIONS = 3
"""Fewer votes at the median pixel let a single wrong date decide."""


_MIN_GRADED_SHARE = 0.5
"""Of the pixels whose maps differ: where more lack clear dates, change says little."""


def _properties(
    context: dg.AssetCheckExecutionContext, project: ProjectResource, product: Product[Any, P]
) -> P:
    work = project.workbench(context)
    return work.read(product, key_of(product, context)).properties


def _result(passed: bool, **metadata: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=bool(passed), severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )


@dg.asset_check(asset=REFERENCE_LABELS.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def lead_to_the_legend(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """No label is dropped for want of a class; else its ground is mapped as something else."""
    dropped = _properties(context, project, REFERENCE_LABELS).reading.dropped
    return _result(not dropped, dropped=dg.MetadataValue.json(dict(dropped)))


@dg.asset_check(asset=SCENE_CATALOG.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def has_scenes(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """At least one scene is selected; else the map is a map of no data."""
    properties = _properties(context, project, SCENE_CATALOG)
    return _result(
        properties.selected > 0, candidates=properties.candidates, selected=properties.selected
    )


@dg.asset_check(asset=SCENE_CATALOG.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def catalogue_is_whole(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """Few of the passes that should be there are missing (`lulc scenes audit` names each)."""
    work = project.workbench(context)
    key = key_of(SCENE_CATALOG, context)
    assert isinstance(key, TileYear)
    try:
        (found,), without = audit_scenes(work, key.tile, [key.year], as_of=time.time(), around=0)
    except CatalogError as error:  # no orbits in its items, or away: nothing is said
        return _result(True, not_audited=str(error))
    gaps = [f"{g.day} R{g.orbit:03d} {g.kind}" for g in found.gaps[:_SHOWN_GAPS]]
    return _result(
        found.missing_pct <= _MAX_MISSING_PCT,
        missing_pct=found.missing_pct,
        expected=found.expected,
        found=found.found,
        without_orbit=without,
        gaps=dg.MetadataValue.md("\n".join(f"- {gap}" for gap in gaps) or "none"),
    )


@dg.asset_check(asset=ANNUAL_MAP.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
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


@dg.asset_check(asset=ANNUAL_MAP.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def uses_every_selected_scene(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """No selected scene failed to be read or predicted."""
    failed = _properties(context, project, ANNUAL_MAP).failed_scenes
    return _result(not failed, failed=dg.MetadataValue.json(dict(failed)))


@dg.asset_check(asset=CHANGE_MAP.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def change_is_well_shown(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """There is a year to compare with, and most pixels that differ have dates that judge them."""
    properties = _properties(context, project, CHANGE_MAP)
    grades = {name: n for name, n in properties.grades.items() if name != "none"}
    differing = sum(grades.values())
    graded = differing - grades.get("insufficient", 0)
    return _result(
        not properties.reason and graded >= _MIN_GRADED_SHARE * differing,
        reason=properties.reason,
        differing_pixels=properties.differing_pixels,
        grades=dg.MetadataValue.json(grades),
    )


@dg.asset_check(asset=CHANGE_ALERTS.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES)
def addressees_were_told(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """There is a baseline, and nothing is due to any addressee that it was not told."""
    work = project.workbench(context)
    key = key_of(CHANGE_ALERTS, context)
    assert isinstance(key, TileYear)
    record = work.read(CHANGE_ALERTS, key)
    due = tell(work, key, record, look_only=True).due if work.project.delivery.zones else ()
    return _result(
        not record.properties.reason and not due,
        reason=record.properties.reason,
        due=len(due),
        alerts=dg.MetadataValue.json(dict(record.properties.alerts)),
    )


@dg.asset_check(
    asset=ACCURACY_AREA_REPORT.asset, partitions_def=tile_years, retry_policy=STEP_RETRIES
)
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


@dg.asset_check(asset=MODEL_EVALUATION.asset, retry_policy=STEP_RETRIES)
def earns_promotion(
    context: dg.AssetCheckExecutionContext, project: ProjectResource
) -> dg.AssetCheckResult:
    """The candidate is good enough to replace the model in use."""
    properties = _properties(context, project, MODEL_EVALUATION)
    return _result(properties.promote, reason=properties.reason)
