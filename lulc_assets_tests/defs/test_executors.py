"""The executor is configuration, and GPU ops ask a cluster for GPUs: no other op does."""

import sys

import dagster as dg
import pytest
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
    get_user_defined_k8s_config,
)

from lulc_assets.core.errors import InvalidProject
from lulc_assets.definitions import defs
from lulc_assets.defs.batches import map_each
from lulc_assets.defs.executors import STEP_CONFIG, chosen_executor, gpu_steps_config
from lulc_assets.defs.policies import GPU_OPS
from lulc_assets_tests.steps.predicted_year import PROJECT

RUN = {
    "container_config": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}}
}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("in_process", "in_process"), ("multiprocess", "multiprocess"), ("kubernetes", "k8s")],
)
def test_the_environment_names_the_executor(monkeypatch, name, wanted):
    monkeypatch.setenv("LULC_EXECUTOR", name)
    assert chosen_executor().name == wanted


def test_an_unknown_executor_is_refused(monkeypatch):
    monkeypatch.setenv("LULC_EXECUTOR", "dask")
    with pytest.raises(InvalidProject, match="'dask'; it must be one of in_process"):
        chosen_executor()


def pods(overrides=None):
    """Op → pod of the job that dagster-k8s makes for its step, from the op's own tags."""
    found = {}
    assets = (a.node_def for a in defs().assets if isinstance(a, dg.AssetsDefinition))
    for node in (*assets, map_each):
        ops = node.iterate_op_defs() if isinstance(node, dg.GraphDefinition) else [node]
        for op in ops:
            # In the order of dagster_k8s.executor.K8sStepHandler.
            context = K8sContainerContext()
            for config in (
                UserDefinedDagsterK8sConfig.from_dict(RUN),
                UserDefinedDagsterK8sConfig.from_dict(STEP_CONFIG),
                get_user_defined_k8s_config(op.tags),
                UserDefinedDagsterK8sConfig.from_dict((overrides or {}).get(op.name, {})),
            ):
                context = context.merge(K8sContainerContext(run_k8s_config=config))
            job = construct_dagster_k8s_job(
                job_config=DagsterK8sJobConfig(job_image="lulc:1", dagster_home="/opt/dagster"),
                args=["dagster"],
                job_name=f"step-{len(found)}",
                component="step_worker",
                user_defined_k8s_config=context.run_k8s_config,
            )
            found[op.name] = job.to_dict()["spec"]["template"]["spec"]
    return found


def gpus(pod):
    return ((pod["containers"][0].get("resources") or {}).get("limits") or {}).get("nvidia.com/gpu")


def test_pods_of_gpu_ops_have_the_limit_and_those_of_cpu_ops_do_not():
    found = pods()
    assert {name for name, pod in found.items() if gpus(pod)} == set(GPU_OPS)
    assert {"annual_map", "scene_catalog", "plan_scene_batches"} <= set(found) - set(GPU_OPS)
    for name, pod in found.items():
        on_gpu_node = pod["node_selector"] == {"lulc/pool": "gpu"}
        assert on_gpu_node == (name in GPU_OPS), name
        tolerated = {t["key"] for t in pod["tolerations"] or ()}
        assert (tolerated == {"nvidia.com/gpu"}) == (name in GPU_OPS), name


def test_a_step_asks_for_the_memory_that_it_needs_not_for_that_of_its_run():
    for name, pod in pods().items():
        resources = pod["containers"][0]["resources"]
        assert resources["requests"]["memory"] == "3Gi", name
        assert resources["limits"]["memory"] == "6Gi", name


def test_gpu_steps_have_the_image_that_is_named_for_them(monkeypatch):
    monkeypatch.delenv("LULC_PROJECT", raising=False)
    assert gpu_steps_config() == {}
    monkeypatch.setenv("LULC_GPU_IMAGE", "registry.example.org/lulc:1.0.0-gpu")
    for name, pod in pods(gpu_steps_config()).items():
        image = pod["containers"][0]["image"]
        assert image == ("registry.example.org/lulc:1.0.0-gpu" if name in GPU_OPS else "lulc:1")


@pytest.mark.parametrize(
    ("settings", "wanted"), [("devices = 4", "4"), ('accelerator = "cpu"', "0"), ("", "1")]
)
def test_a_training_asks_for_as_many_gpus_as_it_has_devices(
    tmp_path, monkeypatch, settings, wanted
):
    text = PROJECT.replace("[training]", f"[training]\n{settings}")
    (tmp_path / "project.toml").write_text(text)
    monkeypatch.setenv("LULC_PROJECT", str(tmp_path / "project.toml"))
    found = pods(gpu_steps_config())
    assert gpus(found["lulc_model"]) == wanted
    assert gpus(found["predict_scene_batch"]) == "1"
    assert found["lulc_model"]["node_selector"] == {"lulc/pool": "gpu"}


def test_every_step_is_tried_again_when_its_machine_is_lost():
    """A step without a policy ends its run when the node under it dies."""
    found = [a.node_def for a in defs().assets if isinstance(a, dg.AssetsDefinition)]
    found += [check.node_def for check in defs().asset_checks or ()]
    steps = [
        op
        for node in (*found, map_each)
        for op in (node.iterate_op_defs() if isinstance(node, dg.GraphDefinition) else [node])
    ]
    without = {op.name for op in steps if op.retry_policy is None}
    assert without <= {"dbt_metrics"}
    assert {"commit_scene_predictions", "annual_map_is_well_observed"} <= {op.name for op in steps}


def test_ray_without_its_extra_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "dagster_ray", None)
    monkeypatch.delitem(sys.modules, "lulc_assets.ray_steps", raising=False)
    monkeypatch.setenv("LULC_EXECUTOR", "ray")
    with pytest.raises(InvalidProject, match=r"pip install 'lulc-assets\[ray\]'"):
        chosen_executor()
