"""Small scenes on disk for tests, written with plain rasterio (not with our own writer)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset, SceneRecipe

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 8, 8)
"""A small area of interest on a 10 m grid, aligned to 20 m."""

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[14, 45], [15, 45], [15, 46], [14, 46], [14, 45]]],
}


def write_tif(
    path: Path,
    array: np.ndarray,
    *,
    pixel_m: float = 10.0,
    x0: float = GRID.x0,
    y0: float = GRID.y0,
    epsg: int | None = GRID.epsg,
    transform: Affine | None = None,
    **profile: Any,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=array.shape[0],
        width=array.shape[1],
        count=1,
        dtype=array.dtype,
        crs=f"EPSG:{epsg}" if epsg else None,
        transform=transform or Affine(pixel_m, 0, x0, 0, -pixel_m, y0),
        **profile,
    ) as target:
        target.write(array, 1)
    return path


def make_recipe(bands: Mapping[str, BandAsset], **fields: Any) -> SceneRecipe:
    values: dict[str, Any] = {
        "id": "S2A_TEST",
        "provider": "planetary_computer",
        "collection": "sentinel-2-l2a",
        "level": "L2A",
        "mgrs_tile": "33TVL",
        "datetime": datetime(2020, 7, 1, 10, tzinfo=UTC),
        "baseline": "02.12",
        "cloud_cover_pct": 0.0,
        "bands": bands,
        "scale": 1e-4,
        "offset_dn": 0,
        "offset_reason": "test",
        "change_stamp": "2020-07-02",
        "acquisition": "sentinel-2a_20200701T100000_R122_33TVL",
        "footprint": SQUARE,
    }
    return SceneRecipe(**{**values, **fields})


def write_scene(
    folder: Path,
    *,
    grid: PixelGrid = GRID,
    dn: int | Mapping[str, np.ndarray] = 2000,
    scl: int | np.ndarray = 4,
    **fields: Any,
) -> SceneRecipe:
    """Seven files on ``grid`` (SWIR and SCL at twice its pixel size) and their recipe."""
    coarse = (grid.height // 2, grid.width // 2)
    bands = {}
    for role in BAND_ROLES:
        gsd_m = 20.0 if role.startswith("swir") else 10.0
        shape = coarse if gsd_m == 20 else grid.shape
        given = dn.get(role) if isinstance(dn, Mapping) else np.full(shape, dn, np.uint16)
        array = np.full(shape, 2000, np.uint16) if given is None else given
        path = write_tif(
            folder / f"{role}.tif",
            array,
            pixel_m=gsd_m,
            x0=grid.x0,
            y0=grid.y0,
            epsg=grid.epsg,
            nodata=0,
        )
        bands[role] = BandAsset(str(path), gsd_m)
    codes = np.full(coarse, scl, np.uint8) if isinstance(scl, int) else scl
    path = write_tif(
        folder / "scl.tif", codes, pixel_m=20.0, x0=grid.x0, y0=grid.y0, epsg=grid.epsg, nodata=0
    )
    bands["scl"] = BandAsset(str(path), 20.0)
    return make_recipe(bands, **fields)
