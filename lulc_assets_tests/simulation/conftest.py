from pathlib import Path

import pytest

from lulc_assets.simulation.archive.spec import ArchiveSpec, demo_spec
from lulc_assets.simulation.archive.write import ArchivePaths, write_archive
from lulc_assets_tests.simulation.tiny_archive import tiny_spec


@pytest.fixture(scope="session")
def tiny() -> ArchiveSpec:
    return tiny_spec()


@pytest.fixture(scope="session")
def tiny_archive(tiny: ArchiveSpec, tmp_path_factory: pytest.TempPathFactory) -> ArchivePaths:
    return write_archive(tiny, tmp_path_factory.mktemp("simulated") / "tiny")


@pytest.fixture(scope="session")
def pair() -> ArchiveSpec:
    """Two overlapping tiles and two years, small."""
    return demo_spec(seed=3, size_px=192, scenes_per_year=6, sample_size=400)


@pytest.fixture(scope="session")
def pair_archive(pair: ArchiveSpec, tmp_path_factory: pytest.TempPathFactory) -> ArchivePaths:
    return write_archive(pair, tmp_path_factory.mktemp("simulated") / "pair")


def folder_bytes(root: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
