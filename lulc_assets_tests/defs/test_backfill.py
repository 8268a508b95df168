"""A real asset backfill, whose run of a partition is overtaken by another run of the same one."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.storage.tags import BACKFILL_ID_TAG
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration

from lulc_assets.core.store.local import LocalStore
from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import REGION as REGION_DIMENSION
from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.steps import maps
from lulc_assets.steps.imagery import make_scene_catalog
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets_tests.tiny_project import KEY, REGION, TILE, YEAR, open_work, predict_year

PARTITION = f"{TILE}|{YEAR}"
ASSETS = [dg.AssetKey("annual_map"), dg.AssetKey("accuracy_area_report")]
HERE = {
    "execution": {"config": {"in_process": {}}},
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
}
"""Steps run in this process, where the test decides which of two runs is first."""

MOST_ITERATIONS = 10
OTHERS_SETTINGS = "\n[composite.weights_256]\nwater = 300\n"


# Dagster's daemon calls and tags what Dagster itself deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def kept_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance on sqlite whose runs are launched in this process."""
    launcher = {
        "module": "dagster._core.launcher.sync_in_memory_run_launcher",
        "class": "SyncInMemoryRunLauncher",
    }
    overrides = {"run_launcher": launcher}
    with dg.instance_for_test(temp_dir=str(tmp_path), overrides=overrides) as instance:
        add_keys(instance, TILE_DIMENSION, [TILE])
        add_keys(instance, REGION_DIMENSION, [REGION])
        yield instance


def backfill(instance: dg.DagsterInstance) -> PartitionBackfill:
    """Request a backfill and let the daemon work on it until it has ended."""
    targets = {AssetKeyPartitionKey(asset, PARTITION) for asset in ASSETS}
    instance.add_backfill(
        PartitionBackfill.from_asset_graph_subset(
            backfill_id="overtaken",
            backfill_timestamp=datetime(YEAR + 2, 1, 1, tzinfo=UTC).timestamp(),
            tags={},
            dynamic_partitions_store=instance,
            asset_graph_subset=AssetGraphSubset.from_asset_partition_set(
                targets, defs().resolve_asset_graph()
            ),
            title=None,
            description=None,
            run_config=HERE,
        )
    )
    location = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="lulc_assets.definitions", attribute="defs"),
        location_name="lulc_assets",
    )
    target = InProcessWorkspaceLoadTarget(location)
    with create_test_daemon_workspace_context(target, instance) as workspace:
        for _ in range(MOST_ITERATIONS):
            errors = list(execute_backfill_iteration(workspace, logging.getLogger("backfill")))
            assert not any(errors), errors
            found = instance.get_backfill("overtaken")
            for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])):
                instance.launch_run(run.run_id, workspace.create_request_context())
            if found.status not in (BulkActionStatus.REQUESTED, BulkActionStatus.FAILING):
                return found
    runs = {run.run_id: run.status for run in instance.get_runs()}
    raise AssertionError(f"the backfill is still {found.status}, of runs {runs}")


def test_a_backfill_whose_run_is_overtaken_ends_green_with_one_commit(
    project_file, kept_instance, monkeypatch
):
    work = open_work(project_file)
    make_scene_catalog(work, KEY)
    predict_year(work)
    compose, replace, others, commits = maps.compose_year, LocalStore.replace, [], []

    def compose_late(*args, **kwargs):
        found = compose(*args, **kwargs)
        if not others:  # this run has made its map; before it commits, another one does
            others.append(None)
            project_file.write_text(project_file.read_text() + OTHERS_SETTINGS)
            others[0] = (
                defs()
                .resolve_job_def("map_tile_year")
                .execute_in_process(
                    instance=kept_instance,
                    partition_key=PARTITION,
                    asset_selection=ASSETS[:1],
                    run_config={"loggers": HERE["loggers"]},
                )
            )
        return found

    def count(self, key, data, *, expected):
        version = replace(self, key, data, expected=expected)
        commits.extend([key] if key == f"{ANNUAL_MAP.at(KEY)}/record.json" else [])
        return version

    monkeypatch.setattr(maps, "compose_year", compose_late)
    monkeypatch.setattr(LocalStore, "replace", count)
    ended = backfill(kept_instance)

    assert ended.status == BulkActionStatus.COMPLETED_SUCCESS
    assert others[0].success
    assert len(commits) == 1
    (run,) = kept_instance.get_runs(dg.RunsFilter(tags={BACKFILL_ID_TAG: "overtaken"}))
    assert run.status == dg.DagsterRunStatus.SUCCESS
    record = work.read(ANNUAL_MAP, KEY)
    events = kept_instance.fetch_materializations(ASSETS[0], limit=10).records
    assert {event.run_id for event in events} == {run.run_id, others[0].run_id}
    told = {event.asset_materialization.tags["dagster/data_version"] for event in events}
    assert told == {record.digest}
