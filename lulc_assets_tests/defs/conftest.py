"""A tiny project trained once, and an instance that knows its partitions."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from lulc_assets.defs.partitions import REGION as REGION_DIMENSION
from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets_tests.tiny_project import (
    REGION,
    TILE,
    make_tiny_project,
    open_work,
    train_tiny_model,
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project file of a tiny project that has a promoted model and no map. Read only."""
    project_file = make_tiny_project(tmp_path_factory.mktemp("trained"))
    train_tiny_model(open_work(project_file))
    return project_file


@pytest.fixture
def project_file(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in, named by LULC_PROJECT."""
    shutil.copytree(trained.parent, tmp_path / "project")
    file = tmp_path / "project" / "project.toml"
    monkeypatch.setenv("LULC_PROJECT", str(file))
    return file


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance in memory with the tiny project's partitions."""
    with dg.DagsterInstance.ephemeral() as found:
        add_keys(found, TILE_DIMENSION, [TILE])
        add_keys(found, REGION_DIMENSION, [REGION])
        yield found
