"""The executor is configuration, and GPU ops ask a cluster for GPUs: no other op does."""

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
from lulc_assets.defs.executors import chosen_executor, training_config
from lulc_assets_tests.steps.predicted_year import PROJECT

GPU_OPS = {"lulc_model", "model_evaluation", "predict_scene_batch"}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("in_process", "in_process"), ("multiprocess", "multiprocess"), ("kubernetes", "k8s")],
)
def test_the_environment_names_the_executor(monkeypatch, name, wanted):
    monkeypatch.setenv("LULC_EXECUTOR", name)
    assert chosen_executor().name == wanted


def test_an_unknown_executor_is_refused(monkeypatch):
    monkeypatch.setenv("LULC_EXECUTOR", "dask")
    with pytest.raises(InvalidProject, match="'dask'; it is one of in_process"):
        chosen_executor()


def pods(overrides=None):
    """Op → pod of the job that dagster-k8s makes for its step, from the op's own tags."""
    found = {}
    for asset in (a for a in defs().assets if isinstance(a, dg.AssetsDefinition)):
        node = asset.node_def
        ops = node.iterate_op_defs() if isinstance(node, dg.GraphDefinition) else [node]
        for op in ops:
            context = K8sContainerContext(
                run_k8s_config=get_user_defined_k8s_config(op.tags)
            ).merge(
                K8sContainerContext(
                    run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(
                        (overrides or {}).get(op.name, {})
                    )
                )
            )
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
    assert {name for name, pod in found.items() if gpus(pod)} == GPU_OPS
    assert {"annual_map", "scene_catalog", "plan_scene_batches"} <= set(found) - GPU_OPS
    for name, pod in found.items():
        on_gpu_node = pod["node_selector"] == {"lulc/pool": "gpu"}
        assert on_gpu_node == (name in GPU_OPS), name
        tolerated = {t["key"] for t in pod["tolerations"] or ()}
        assert (tolerated == {"nvidia.com/gpu"}) == (name in GPU_OPS), name


@pytest.mark.parametrize(
    ("settings", "wanted"), [("devices = 4", "4"), ('accelerator = "cpu"', "0"), ("", "1")]
)
def test_a_training_asks_for_as_many_gpus_as_it_has_devices(
    tmp_path, monkeypatch, settings, wanted
):
    text = PROJECT.replace("[training]", f"[training]\n{settings}")
    (tmp_path / "project.toml").write_text(text)
    monkeypatch.setenv("LULC_PROJECT", str(tmp_path / "project.toml"))
    found = pods(training_config())
    assert gpus(found["lulc_model"]) == wanted
    assert gpus(found["predict_scene_batch"]) == "1"
    assert found["lulc_model"]["node_selector"] == {"lulc/pool": "gpu"}
