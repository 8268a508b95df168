"""A baseline, a judge and scenes for tests."""

from pathlib import Path

import numpy as np

from lulc_assets.core.alerts.baseline import BaselineSource, write_baseline
from lulc_assets.core.alerts.judge import Judge
from lulc_assets.core.alerts.ladder import AlertSettings
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets_tests.core.change.evidence_of import plain_evidence
from lulc_assets_tests.core.compositing.scenes import GRID, write_prediction

YEAR = 2022
TREES, GRASS, CROPS, BARE = 2, 3, 5, 8


def make_judge(folder: Path, classes, *, grid=GRID, sums=None, **settings) -> Judge:
    """Alerts of 2022 against a map of 2021 with these classes."""
    array = np.broadcast_to(np.asarray(classes, np.uint8), grid.shape)
    path = write_cog(folder / "class_2021.tif", np.ascontiguousarray(array), grid, kind="class")
    source = BaselineSource(YEAR - 1, path, sums or {}, {"bundle": "b1"})
    composite = CompositeSettings(seasons="quarters")
    baseline = write_baseline(source, grid, composite, folder / "baseline.zip")
    return Judge(YEAR, grid, baseline, plain_evidence(), AlertSettings(**settings))


def views(folder: Path, seen_on: dict, *, grid=GRID, **fields):
    """One scene per date: date → classes."""
    return [
        write_prediction(folder, f"s{day}", classes, 230, grid=grid, date=day, **fields)
        for day, classes in seen_on.items()
    ]
