"""The values of Dagster's chart: what they become is checked by Dagster and Kubernetes themselves.

The chart is in no registry of packages. Where LULC_DAGSTER_CHART names it (``helm pull
dagster/dagster --version 1.13.27``), it is rendered with the values and every manifest is
validated; otherwise only Helm's own scaffold is, so that the rendering itself is known to work.
"""

import copy
import os
import re

import dagster as dg
import kubernetes_validate
import pytest
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config
from dagster_aws.s3 import S3ComputeLogManager
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
)
from helm_python import Chart
from kubernetes.client import ApiClient

from lulc_assets.defs.executors import STEP_CONFIG
from lulc_assets_tests.test_deploy import DEPLOY, VERSIONS

VALUES = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text("utf-8"))
LOCAL = yaml.safe_load((DEPLOY / "local" / "dagster-postgres.yaml").read_text("utf-8"))
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
SERVICES = {
    "webserver": VALUES["dagsterWebserver"],
    "daemon": VALUES["dagsterDaemon"],
    "code": VALUES["dagster-user-deployments"]["deployments"][0],
}
CHART = os.environ.get("LULC_DAGSTER_CHART", "")


def snake(value):
    """Keys of settings as Dagster spells them, not those of Kubernetes's own objects."""
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): inner for key, inner in value.items()}


def valid(schema, config):
    result = validate_config(schema, config)
    assert result.success, [error.message for error in result.errors or ()]


def refuse_unrestricted(pod):
    """What "restricted" of the pod security standards asks for."""
    security = pod["securityContext"]
    assert security["runAsNonRoot"]
    assert security["runAsUser"] > 0
    assert security["seccompProfile"]["type"] == "RuntimeDefault"
    for container in pod["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_dagster_takes_the_sections_of_its_instance(tmp_path):
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(VALUES["additionalInstanceConfig"]))
    dagster_instance_config(str(tmp_path))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_settings["poll_interval_seconds"] <= 60
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert instance.run_coordinator.__class__.__name__ == "QueuedRunCoordinator"


def test_an_unknown_setting_of_the_instance_is_refused(tmp_path):
    broken = copy.deepcopy(VALUES["additionalInstanceConfig"])
    broken["run_monitoring"]["maxRuntimeSeconds"] = 1
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(broken))
    with pytest.raises(dg.DagsterInvalidConfigError, match="maxRuntimeSeconds"):
        dagster_instance_config(str(tmp_path))


def test_a_cluster_has_the_sections_of_a_server():
    here = VALUES["additionalInstanceConfig"]
    assert set(LOCAL) - set(here) == {"storage", "schedules", "sensors", "telemetry", "nux"}
    for section in ("run_retries", "run_queue", "backfills"):
        assert here[section] == LOCAL[section]
    assert here["concurrency"]["pools"] == LOCAL["concurrency"]["pools"]
    limits = [s["concurrency"]["runs"]["tag_concurrency_limits"] for s in (here, LOCAL)]
    assert limits[0] == limits[1]


def test_no_section_of_the_chart_says_the_same_once_more():
    for section in ("runCoordinator", "runMonitoring", "runRetries"):
        assert VALUES["dagsterDaemon"][section] == {"enabled": False}


def test_dagster_takes_the_launcher_and_the_logs():
    config = snake(LAUNCHER)
    config["env_secrets"] = [entry["name"] for entry in config["env_secrets"]]
    config["env_config_maps"] = [entry["name"] for entry in config["env_config_maps"]]
    config["run_k8s_config"] = snake(config["run_k8s_config"])
    known = {"service_account_name": "lulc", "instance_config_map": "x", "dagster_home": "/x"}
    valid(K8sRunLauncher.config_type(), config | known)
    valid(
        S3ComputeLogManager.config_type(),
        snake(VALUES["computeLogManager"]["config"]["s3ComputeLogManager"]),
    )


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_finds_what_the_instance_reads_from_the_environment(name):
    settings = yaml.safe_load((DEPLOY / "kubernetes/base/settings.yaml").read_text("utf-8"))
    logs = VALUES["computeLogManager"]["config"]["s3ComputeLogManager"]
    assert logs["bucket"]["env"] in settings["data"]
    assert {"name": settings["metadata"]["name"]} in SERVICES[name]["envConfigMaps"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SERVICES)
def test_pods_of_services_are_valid_and_admitted(name, version):
    values = SERVICES[name]
    container = {
        "name": name,
        "image": f"{values['image']['repository']}:{values['image']['tag']}",
        "imagePullPolicy": values["image"]["pullPolicy"],
        "securityContext": values["securityContext"],
        "resources": values["resources"],
        "envFrom": [{"configMapRef": entry} for entry in values["envConfigMaps"]]
        + [{"secretRef": entry} for entry in values["envSecrets"]],
    }
    pod = {"securityContext": values["podSecurityContext"], "containers": [container]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}
    kubernetes_validate.validate(manifest, version, strict=True)
    refuse_unrestricted(pod)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", ["run_worker", "step_worker"])
def test_jobs_of_runs_and_steps_are_valid_and_admitted(component, version):
    inherited = UserDefinedDagsterK8sConfig.from_dict(snake(LAUNCHER["runK8sConfig"]))
    context = K8sContainerContext(run_k8s_config=inherited)
    if component == "step_worker":
        step = UserDefinedDagsterK8sConfig.from_dict(STEP_CONFIG)
        context = context.merge(K8sContainerContext(run_k8s_config=step))
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(job_image="lulc:1", dagster_home="/opt/dagster/dagster_home"),
        args=["dagster"],
        job_name="run-1",
        component=component,
        user_defined_k8s_config=context.run_k8s_config,
    )
    manifest = ApiClient().sanitize_for_serialization(job)
    kubernetes_validate.validate(manifest, version, strict=True)
    refuse_unrestricted(manifest["spec"]["template"]["spec"])


@pytest.fixture(params=["scaffold", "official"])
def rendered(request, tmp_path):
    """Manifests of a chart: Helm's scaffold, and Dagster's with our values where it is at hand."""
    if request.param == "official":
        if not CHART:
            pytest.skip("LULC_DAGSTER_CHART names no chart of Dagster")
        with Chart.load(CHART) as chart:
            return manifests(chart.render(values=VALUES, name="dagster", namespace="lulc"))
    with Chart.create("probe", tmp_path) as chart:
        return manifests(chart.render(values={"replicaCount": 2}, name="probe"))


def manifests(files):
    texts = [text for name, text in files.items() if not name.endswith("NOTES.txt")]
    return [manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_of_a_chart_fits_the_schema_strictly(rendered, version):
    assert "Deployment" in {m["kind"] for m in rendered}
    for manifest in rendered:
        kubernetes_validate.validate(manifest, version, strict=True)
