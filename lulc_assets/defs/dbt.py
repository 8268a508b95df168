"""The metrics database: dbt models over the metric tables, in a new DuckDB file each time.

DuckDB refuses even a reader while another process writes: dbt writes a file of its own,
which is renamed when it is whole (``core/metrics/database``). A new file holds all tables or none,
so all are built whichever of them a run selects; it has events of those.

What belongs here: the asset that hands tables over and publishes what dbt made of them. What does
not: the tables (``steps/metrics``, ``durations``), the models (``dbt_metrics``), running dbt
(``core/metrics/marts``).
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.metrics.database import publish_database, remove_unpublished
from lulc_assets.core.metrics.marts import Built, build_marts, fresh_database, require_built
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.automation import collects_now_and_then
from lulc_assets.defs.durations import write_durations
from lulc_assets.defs.failures import named_failures
from lulc_assets.defs.of_project import owners
from lulc_assets.defs.policies import METRICS_POOL
from lulc_assets.defs.resources import DBT_FOLDER, ProjectResource
from lulc_assets.defs.spending import SECONDS
from lulc_assets.steps.metrics import (
    ALERT_FILE,
    CHANGE_FILE,
    MAP_FILE,
    METRIC_FILE,
    SCENE_FILE,
    TRAINING_FILE,
)
from lulc_assets.steps.products import METRIC_TABLES
from lulc_assets.steps.properties import TablesProperties
from lulc_assets.steps.workbench import Workbench


class _Owned(DagsterDbtTranslator):
    """Models have the owner of all assets, and run when the metrics changed."""

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        """Whom the UI names to ask."""
        return owners()

    def get_automation_condition(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.AutomationCondition[Any] | None:
        """All models alike: dbt builds them in one run."""
        return collects_now_and_then()


@dg.definitions
def models() -> dg.Definitions:
    """All models of dbt's manifest as one asset each, built in one run."""
    manifest = json.loads((DBT_FOLDER / "target" / "manifest.json").read_text())
    translator = _Owned()

    @dbt_assets(
        manifest=manifest,
        name="dbt_metrics",
        pool=METRICS_POOL,
        dagster_dbt_translator=translator,
    )
    def dbt_metrics(context: dg.AssetExecutionContext, project: ProjectResource) -> Iterator[Any]:
        """Build and test all models."""
        work = project.workbench(context)
        target = Path(work.project.path_of(work.project.metrics))
        fresh = fresh_database(target, context.run.run_id)
        with tempfile.TemporaryDirectory(prefix="lulc-dbt-", ignore_cleanup_errors=True) as scratch:
            try:
                with named_failures():
                    tables = work.read(METRIC_TABLES, Whole())
                    files = _table_files(work, tables)
                    files["duration_files"] = write_durations(
                        context.instance, Path(scratch) / "durations.parquet"
                    )
                    built = build_marts(DBT_FOLDER, files, fresh, Path(scratch))
                    _require_known(manifest, built)
                yield from _checked(context, manifest, translator, built)
                with named_failures():
                    require_built(built)
                    published = publish_database(
                        fresh,
                        target,
                        [files["metric_files"]],
                        lambda: work.read(METRIC_TABLES, Whole()).digest == tables.digest,
                    )
                    if not published:
                        context.log.warning(
                            "newer tables were committed meanwhile; the run that committed them "
                            "publishes the database"
                        )
                        return
                    work.project.copies("metrics").send(target.parent, [target.name])
                yield from _made(context, manifest, translator, built)
            finally:
                remove_unpublished(fresh)

    return dg.Definitions(assets=[dbt_metrics])


def _require_known(manifest: Mapping[str, Any], built: Sequence[Built]) -> None:
    """Refuse to tell of tables and tests that the assets of this code location do not have.

    Raises:
        InvalidProduct: the SQL changed since its manifest was made.
    """
    unknown = [one.node for one in built if one.node not in manifest["nodes"]]
    if unknown:
        raise InvalidProduct(
            f"{DBT_FOLDER / 'target' / 'manifest.json'} does not know {unknown[0]}: dbt_metrics "
            "changed since it was made; run `make setup` and load the code location anew"
        )


def _checked(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    built: Sequence[Built],
) -> Iterator[dg.AssetCheckResult]:
    """What each test that the run selects found."""
    for one in built:
        if not one.node.startswith("test."):
            continue
        tested = manifest["nodes"][one.node]["attached_node"]
        asset = translator.get_asset_spec(manifest, tested, None)
        check = translator.get_asset_check_spec(asset, manifest, one.node, None)
        if check is not None and check.key in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                passed=one.ok,
                asset_key=check.asset_key,
                check_name=check.name,
                description=one.said or None,
                metadata={SECONDS: one.seconds},
            )


def _made(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    translator: DagsterDbtTranslator,
    built: Sequence[Built],
) -> Iterator[dg.MaterializeResult[Any]]:
    """The tables that the run selects, which readers have now."""
    for one in built:
        if one.node.startswith("model."):
            asset = translator.get_asset_spec(manifest, one.node, None).key
            if asset in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=asset, metadata={SECONDS: one.seconds})


def _table_files(work: Workbench, record: Record[TablesProperties]) -> dict[str, Path]:
    """Variable of the dbt project → Parquet file."""
    names = {
        "metric_files": METRIC_FILE,
        "map_files": MAP_FILE,
        "scene_files": SCENE_FILE,
        "change_files": CHANGE_FILE,
        "alert_files": ALERT_FILE,
        "training_files": TRAINING_FILE,
    }
    return {variable: work.open(record, name) for variable, name in names.items()}
