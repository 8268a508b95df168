"""``lulc model`` as somebody types it."""

import shutil

import dagster as dg
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.store.keys import Whole
from lulc_assets.steps.products import MODEL_BUNDLE
from lulc_assets_tests.steps.test_model_history import second_candidate, with_another_seed
from lulc_assets_tests.tiny_project import make_tiny_project, open_work, train_tiny_model


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """Project file with a promoted model and a second that replaced it."""
    file = make_tiny_project(tmp_path_factory.mktemp("models"))
    train_tiny_model(open_work(file))
    second_candidate(with_another_seed(file, promotes=True))
    return file


@pytest.fixture
def project(two_models, tmp_path, monkeypatch):
    shutil.copytree(two_models.parent, tmp_path / "project")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "project" / "project.toml"


def call(*words, project, code=0):
    result = CliRunner().invoke(app, ["model", *words, "--project", str(project)])
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_has_state_figures_and_reason(project):
    text = call("list", project=project)
    work = open_work(project)
    assert work.read(MODEL_BUNDLE, Whole()).digest[:12] in text
    assert "former" in text
    assert "in use" in text
    assert "points" in text


def test_a_rollback_is_said_listed_and_told_to_dagster(project, monkeypatch, tmp_path):
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    replaced = open_work(project).read(MODEL_BUNDLE, Whole())
    assert "in use: bundle" in call("rollback", "--reason", "stripes [north]", project=project)
    bundle = open_work(project).read(MODEL_BUNDLE, Whole())
    assert bundle != replaced
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("model_bundle"))
    assert event.asset_materialization.tags["dagster/data_version"] == bundle.digest
    text = call("list", project=project)
    assert "set aside" in text
    assert "1. rollback" in text
    assert "stripes [north]" in text


def test_a_promotion_needs_a_known_candidate(project):
    result = CliRunner().invoke(
        app, ["model", "promote", "zz", "--reason", "x", "--project", str(project)]
    )
    assert result.exit_code == 1
    assert "ProductNotFound" in result.output


def test_without_dagster_home_it_says_that_dagster_does_not_know(project):
    aside = open_work(project).read(MODEL_BUNDLE, Whole()).properties.candidate
    assert "DAGSTER_HOME is not set" in call("rollback", "--reason", "worse", project=project)
    call("promote", aside[:12], "--reason", "better after all", project=project)
    assert open_work(project).read(MODEL_BUNDLE, Whole()).properties.candidate == aside
