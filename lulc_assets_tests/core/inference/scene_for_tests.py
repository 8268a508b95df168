"""A small scene on disk: seven files of known content."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset, Level, SceneRecipe

CLEAR, CLOUD = 5, 9


def write_scene(
    folder: Path,
    grid: PixelGrid,
    dn: npt.NDArray[np.uint16],
    scl: npt.NDArray[np.uint8],
    level: Level = "L2A",
) -> SceneRecipe:
    """Write bands (6, h, w) and SCL (h, w) at 10 m; returns the recipe, offset 0."""
    folder.mkdir(parents=True, exist_ok=True)
    bands = {}
    for role, values in [*zip(BAND_ROLES, dn, strict=True), ("scl", scl)]:
        path = folder / f"{role}.tif"
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=1,
            dtype=values.dtype,
            crs=f"EPSG:{grid.epsg}",
            transform=grid.transform,
        ) as target:
            target.write(values, 1)
        bands[role] = BandAsset(str(path), 10.0)
    return SceneRecipe(
        id="S2A_TEST_20230601",
        provider="test",
        collection="",
        level=level,
        mgrs_tile="33TVM",
        datetime=datetime(2023, 6, 1, 10, tzinfo=UTC),
        baseline="05.09",
        cloud_cover_pct=0.0,
        bands=bands,
        scale=1e-4,
        offset_dn=0,
        offset_reason="test data",
        change_stamp="1",
        acquisition="a",
        footprint={},
    )


def water_and_sand(grid: PixelGrid, seed: int = 0) -> npt.NDArray[np.uint16]:
    """Dark and bright patches of 16 pixels with noise, DN (6, h, w)."""
    rng = np.random.default_rng(seed)
    patches = rng.random((-(-grid.height // 16), -(-grid.width // 16))) < 0.5
    bright = np.kron(patches, np.ones((16, 16), bool))[: grid.height, : grid.width]
    noise = rng.integers(-200, 200, size=(6, *grid.shape))
    return (np.where(bright, 3500, 400) + noise).astype(np.uint16)
