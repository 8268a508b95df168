"""A finished tiny project, and copies of it to break."""

import shutil
from pathlib import Path

import pytest

from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.tiny_project import (
    make_tiny_project,
    map_tiny_year,
    open_work,
    train_tiny_model,
)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project file of a tiny project whose every product is made. Read only."""
    project_file = make_tiny_project(tmp_path_factory.mktemp("finished"))
    work = open_work(project_file)
    train_tiny_model(work)
    map_tiny_year(work)
    return project_file


@pytest.fixture
def finished_work(finished: Path) -> Workbench:
    """The finished project. Read only."""
    return open_work(finished)


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """Project file of a copy that a test may change."""
    shutil.copytree(finished.parent, tmp_path / "project")
    return tmp_path / "project" / "project.toml"
