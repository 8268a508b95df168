"""What the code location holds, and what loading it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from lulc_assets.definitions import defs
from lulc_assets.defs.property_checks import RULES
from lulc_assets.steps.products import PRODUCTS

ASSET_KEYS = {
    "accuracy_area_report", "accuracy_by_region", "accuracy_by_tile", "annual_map",
    "alerts", "area_change", "change", "change_alerts", "change_evidence", "change_map",
    "class_accuracy",
    "class_areas", "confusion_pairs", "costs", "durations", "label_quality",
    "learned_vote", "lulc_model", "metric_tables", "model_bundle", "model_evaluation",
    "observations", "patch_bundle", "patch_classifier", "patch_evaluation", "reference_labels",
    "reference_sample", "region_report", "report_pages", "scene_catalog",
    "scene_predictions", "scene_selection", "seasonal_maps", "stg_metrics", "training_chips",
    "training_runs",
}  # fmt: skip

JOBS = {
    "alerts", "change", "everything", "evidence", "learn_vote", "map_many", "map_tile_year",
    "metrics", "reference", "region", "seasons", "train", "train_patches", "training_data",
    "whole_year",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded():
    return defs()


def test_the_asset_keys_are_these(loaded):
    assert {key.to_user_string() for key in loaded.resolve_all_asset_keys()} == ASSET_KEYS


def test_the_jobs_are_these(loaded):
    names = {job.name for job in loaded.resolve_all_job_defs()}
    assert names - {"__ASSET_JOB"} == JOBS


def test_every_asset_says_what_it_is_and_whom_to_ask(loaded):
    for spec in loaded.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.kinds, spec.key
        assert spec.owners == ["team:mapping"], spec.key
        assert spec.group_name in {"imagery", "labels", "maps", "metrics", "model", "patches",
                                   "report"}  # fmt: skip


def test_every_automation_and_check_says_what_it_does(loaded):
    automations = [*loaded.sensors, *loaded.schedules]
    assert {one.name for one in automations} >= {"new_scenes", "last_years_maps"}
    for one in automations:
        assert one.description, one.name
    for job in loaded.resolve_all_job_defs():
        assert job.description or job.name == "__ASSET_JOB", job.name


def test_training_runs_once_and_not_once_a_partition(loaded):
    assert loaded.resolve_job_def("train").partitions_def is None


def test_training_and_prediction_share_the_gpu_pool_and_its_tags(loaded):
    ops = {
        node.name: node.definition
        for job in ("train", "map_tile_year")
        for node in _nodes(loaded.resolve_job_def(job).graph)
    }
    for name in ("lulc_model", "model_evaluation", "predict_scene_batch"):
        assert ops[name].pool == "gpu", name
        assert ops[name].tags["lulc/accelerator"] == "gpu", name
    assert ops["predict_scene_batch"].retry_policy is not None
    assert ops["plan_scene_batches"].pool is None


def _nodes(graph):
    for node in graph.nodes:
        yield node
        if hasattr(node.definition, "nodes"):
            yield from _nodes(node.definition)


def test_the_map_job_follows_the_lineage(loaded):
    graph = loaded.resolve_asset_graph()
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert parents["scene_predictions"] == {"scene_catalog", "model_bundle"}
    assert parents["label_quality"] == {"reference_labels", "scene_catalog"}
    assert parents["annual_map"] == {"scene_predictions"}
    assert parents["seasonal_maps"] == {"annual_map"}
    assert parents["change_map"] == {"annual_map", "change_evidence"}
    assert parents["change_alerts"] == {"scene_predictions", "annual_map", "change_evidence"}
    assert parents["model_bundle"] == {"lulc_model", "model_evaluation", "training_chips"}
    assert parents["accuracy_area_report"] == {"annual_map", "reference_sample"}
    assert "metric_tables" in parents["stg_metrics"]


def test_loading_imports_no_heavy_library_and_needs_no_project():
    code = (
        "import sys\n"
        "from lulc_assets.definitions import defs\n"
        "defs()\n"
        "heavy = {'torch', 'lightning', 'openvino', 'dagster_k8s', 'numba', 'matplotlib'}\n"
        "heavy |= {'scipy.ndimage', 'scipy.stats', 'zarr', 'duckdb', 'obstore', 'ray'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_product_has_a_check_that_says_what_passing_means(loaded):
    graph = loaded.resolve_asset_graph()
    checked = {key.asset_key.to_user_string() for key in graph.asset_check_keys}
    assert {product.asset for product in PRODUCTS} <= checked
    for rule in RULES:
        assert rule.says.endswith(".") and rule.product.asset in checked
