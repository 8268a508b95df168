"""A finished tiny project, and copies of it to break."""

import shutil
from pathlib import Path

import pytest

from lulc_assets.steps.making import Place
from lulc_assets_tests.tiny_project import (
    make_tiny_project,
    map_tiny_year,
    open_place,
    train_tiny_model,
)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project file of a tiny project whose every product is made. Read only."""
    project_file = make_tiny_project(tmp_path_factory.mktemp("finished"))
    place = open_place(project_file)
    train_tiny_model(place)
    map_tiny_year(place)
    return project_file


@pytest.fixture
def finished_place(finished: Path) -> Place:
    """The finished project. Read only."""
    return open_place(finished)


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """Project file of a copy that a test may change."""
    shutil.copytree(finished.parent, tmp_path / "project")
    return tmp_path / "project" / "project.toml"
