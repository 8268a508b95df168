"""Asset checks that look further than the record of their asset.

What belongs here: checks that ask the catalogue or the log of messages. What does not: checks of
what a record says (``property_checks``). Legality is decided before the commit (validation in the
steps); no gate is here, since a blocking check stops its own run only.
"""

import time

import dagster as dg

from lulc_assets.core.catalog.audit import NOTHING_EXPECTED
from lulc_assets.core.errors import CatalogError
from lulc_assets.core.store.keys import TileYear
from lulc_assets.defs.partitions import key_of, partitions_of
from lulc_assets.defs.policies import STEP_RETRIES
from lulc_assets.defs.property_checks import result_of
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.steps.alert_delivery import tell
from lulc_assets.steps.products import CHANGE_ALERTS, SCENE_CATALOG
from lulc_assets.steps.watching import audit_scenes

_MAX_MISSING_PCT = 5.0
"""Of the passes of a year: more is a catalogue that lost scenes, not a satellite that rested."""

_SHOWN_GAPS = 20


@dg.definitions
def checks() -> dg.Definitions:
    """Both of them, in the years of the project."""

    @dg.asset_check(
        asset=SCENE_CATALOG.asset,
        partitions_def=partitions_of(SCENE_CATALOG),
        retry_policy=STEP_RETRIES,
    )
    def catalogue_is_whole(
        context: dg.AssetCheckExecutionContext, project: ProjectResource
    ) -> dg.AssetCheckResult:
        """Few of the passes that should be there are missing (`lulc scenes audit` names each)."""
        work = project.workbench(context)
        key = key_of(SCENE_CATALOG, context)
        assert isinstance(key, TileYear)
        try:
            (found,), without = audit_scenes(
                work, key.tile, [key.year], as_of=time.time(), around=0
            )
        except CatalogError as error:  # no orbits in its items, or away: nothing is said
            return result_of(True, not_audited=str(error))
        if found.missing_pct is None:
            return result_of(True, not_audited=NOTHING_EXPECTED)
        gaps = [f"{g.day} R{g.orbit:03d} {g.kind}" for g in found.gaps[:_SHOWN_GAPS]]
        return result_of(
            found.missing_pct <= _MAX_MISSING_PCT,
            missing_pct=found.missing_pct,
            expected=found.expected,
            found=found.found,
            without_orbit=without,
            gaps=dg.MetadataValue.md("\n".join(f"- {gap}" for gap in gaps) or "none"),
        )

    @dg.asset_check(
        asset=CHANGE_ALERTS.asset,
        partitions_def=partitions_of(CHANGE_ALERTS),
        retry_policy=STEP_RETRIES,
    )
    def addressees_were_told(
        context: dg.AssetCheckExecutionContext, project: ProjectResource
    ) -> dg.AssetCheckResult:
        """There is a baseline, and nothing is due to any addressee that it was not told."""
        work = project.workbench(context)
        key = key_of(CHANGE_ALERTS, context)
        assert isinstance(key, TileYear)
        record = work.read(CHANGE_ALERTS, key)
        due = tell(work, key, record, look_only=True).due if work.project.delivery.zones else ()
        return result_of(
            not record.properties.reason and not due,
            reason=record.properties.reason,
            due=len(due),
            alerts=dg.MetadataValue.json(dict(record.properties.alerts)),
        )

    return dg.Definitions(asset_checks=[catalogue_is_whole, addressees_were_told])
