"""Two years of a project by hand: trees, and from May on bare ground in one corner."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import CHANGE_EVIDENCE
from lulc_assets.steps.properties import EvidenceProperties, EvidenceSource
from lulc_assets.steps.workbench import Made, Workbench
from lulc_assets_tests.core.change.evidence_of import plain_evidence
from lulc_assets_tests.core.compositing.scenes import write_prediction
from lulc_assets_tests.steps.predicted_year import TILE, commit_scenes, open_project

FORMER, YEAR = 2021, 2022
KEY = TileYear(TILE, YEAR)
SHAPE = (24, 40)
TREES, BARE = 2, 8
CLEARED = np.s_[4:16, 6:20]
QUARTERS = '\n[composite]\nseasons = "quarters"\n'


def ground(cleared: bool) -> np.ndarray:
    """Trees, with or without the clearing."""
    classes = np.full(SHAPE, TREES, np.uint8)
    if cleared:
        classes[CLEARED] = BARE
    return classes


def scenes_of(folder: Path, year: int, cleared_from: int = 13, months=range(1, 13)) -> list:
    """A scene a month, with the clearing from a month on."""
    grid = open_project(folder).grid(TILE)
    return [
        write_prediction(
            folder, f"s{year}{month:02d}", ground(month >= cleared_from), 230, grid=grid,
            date=f"{year}-{month:02d}-10",
        )
        for month in months
    ]  # fmt: skip


def commit_evidence(work: Workbench, bundle: str = "by hand") -> None:
    """Evidence of a network that is right on nine dates of ten, as if learnt across years."""
    evidence = plain_evidence(remembered=True)
    source = EvidenceSource(TILE, FORMER, FORMER - 1, 1, 0, 1)
    properties = EvidenceProperties(evidence.digest, "", bundle, work.legend.digest, (source,))

    def build(scratch: Path) -> Made[EvidenceProperties]:
        return Made({"evidence.json": evidence.write(scratch / "evidence.json")}, properties)

    work.step(CHANGE_EVIDENCE, Whole()).make({"by hand": bundle}, build)


def two_years(folder: Path, sections: str = "", cleared_from: int = 5) -> Workbench:
    """A project whose two years are mapped, with evidence: a copy of one that is made once."""
    shutil.copytree(_made(cleared_from).name, folder, dirs_exist_ok=True)
    return open_project(folder, QUARTERS + sections)


@cache
def _made(cleared_from: int) -> TemporaryDirectory[str]:
    """A folder with such a project, for as long as the tests run."""
    kept = TemporaryDirectory(prefix="two_years_")
    folder = Path(kept.name)
    work = open_project(folder, QUARTERS)
    commit_scenes(work, scenes_of(folder, FORMER), FORMER)
    commit_scenes(work, scenes_of(folder, YEAR, cleared_from), YEAR)
    for key in (KEY.former, KEY):
        make_annual_map(work, key)
    commit_evidence(work)
    return kept
