"""Predicted scenes for tests: small arrays and their files."""

from pathlib import Path

import numpy as np

from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.store.canonical import digest_of

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 24, 40)
LARGE = PixelGrid(32633, 400_000.0, 5_100_000.0, 520, 530)
"""Four blocks, three of them cut."""


def write_prediction(
    folder: Path, scene_id, classes, probability=200, mask=1, *, grid=GRID, datatake=None,
    date="2022-07-01", content=None,
) -> PredictedScene:  # fmt: skip
    """Three files of a scene; numbers become constant layers."""
    arrays = [
        np.broadcast_to(np.asarray(a, np.uint8), grid.shape) for a in (classes, probability, mask)
    ]
    content = content or digest_of([a.tobytes().hex() for a in arrays])
    place = folder / f"{scene_id}-{content[:8]}"
    names = ("class", "probability", "mask")
    paths = tuple(
        write_cog(place / f"{name}.tif", array, grid, kind="class")
        for name, array in zip(names, arrays, strict=True)
    )
    return PredictedScene(scene_id, datatake or scene_id, date, content, lambda: paths)


def random_year(folder: Path, n=5, grid=GRID, seed=0, codes=11, **fields) -> list[PredictedScene]:
    """Scenes of noise over the months of a year; codes below ``codes``."""
    rng = np.random.default_rng(seed)
    return [
        write_prediction(
            folder,
            f"s{k}",
            rng.integers(0, codes, grid.shape),
            rng.integers(0, 256, grid.shape),
            rng.random(grid.shape) < 0.3,
            grid=grid,
            date=f"2022-{1 + k * 12 // n:02d}-15",
            **fields,
        )
        for k in range(n)
    ]
