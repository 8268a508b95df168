"""What is deployed: manifests fit two versions of Kubernetes, images are pinned and not root."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
OVERLAY = DEPLOY / "kubernetes" / "overlays" / "production"
VERSIONS = ("1.34", "1.36")
SECRET = re.compile(r"(?i)(password|secret|token|access_key)\w*\s*[:=]\s*['\"]?[A-Za-z0-9/+]{8,}")


@pytest.fixture(scope="module")
def manifests():
    """What kustomize makes of the overlay."""
    made = subprocess.run(
        [Path(sys.executable).with_name("kubectl"), "kustomize", str(OVERLAY)],
        check=True,
        capture_output=True,
        text=True,
    )
    return list(yaml.safe_load_all(made.stdout))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits_the_schema_strictly(manifests, version):
    assert {m["kind"] for m in manifests} == {
        "Namespace", "ServiceAccount", "ConfigMap", "NetworkPolicy", "LimitRange",
    }  # fmt: skip
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_misspelt_field_is_refused(manifests, version):
    policy = next(m for m in manifests if m["kind"] == "NetworkPolicy")
    broken = {**policy, "spec": {**policy["spec"], "egres": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, version, strict=True)


def test_the_overlay_changes_the_place_and_keeps_the_executor(manifests):
    settings = next(m for m in manifests if m["kind"] == "ConfigMap")["data"]
    assert settings["LULC_STORE"] == "s3://lulc-production/maps"
    assert settings["LULC_EXECUTOR"] == "kubernetes"
    assert {m["metadata"].get("namespace", "lulc") for m in manifests} == {"lulc"}


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_images_are_pinned_and_do_not_run_as_root(name):
    lines = (DEPLOY / "docker" / f"{name}.Dockerfile").read_text().splitlines()
    base = next(line for line in lines if line.startswith("ARG BASE="))
    assert "FROM ${BASE}" in lines  # so that a digest can be given without an edit
    assert re.search(r":\d+\.\d+", base)
    assert "latest" not in base
    assert "USER 10001" in lines
    assert "--constraint constraints.txt" in "".join(lines)


def test_no_secret_lies_in_what_is_deployed():
    for path in (p for p in DEPLOY.rglob("*") if p.is_file()):
        text = path.read_text().replace("http_tokens", "")  # a setting of AWS
        assert not SECRET.search(text), path


@pytest.mark.parametrize("path", sorted((DEPLOY / "local" / "systemd").glob("*.service")))
def test_services_listen_on_loopback_and_read_secrets_from_a_file(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    assert unit["Service"]["User"] == "lulc"
    assert unit["Service"]["EnvironmentFile"] == "/etc/lulc/environment"
    command = unit["Service"]["ExecStart"]
    assert " -h " not in command or " -h 127.0.0.1 " in command


def test_backfills_outlast_a_code_server_that_starts_again():
    unit = (DEPLOY / "local" / "systemd" / "lulc-daemon.service").read_text()
    (told,) = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    variables = dict(word.split("=", 1) for word in told.split())
    assert variables["DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR"] == "1"
    settings = yaml.safe_load((DEPLOY / "kubernetes" / "base" / "settings.yaml").read_text())
    assert settings["data"].items() >= variables.items()
