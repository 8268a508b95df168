"""Chips of random reflectance, as noisy as real ones, to measure loading and training with."""

import geopandas as gpd
import numpy as np
import shapely

from lulc_assets.core.chips.chip_set import Chips


def make_chips(count: int, size: int) -> Chips:
    """Random chips, all of them for training."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(200, 5000, (count, 6, size // 8, size // 8), dtype=np.uint16)
    images = coarse.repeat(8, axis=2).repeat(8, axis=3)
    images += rng.integers(0, 64, images.shape, dtype=np.uint16)  # as noisy as real bands
    masks = rng.integers(0, 10, (count, size // 16, size // 16), dtype=np.uint8)
    masks = masks.repeat(16, axis=1).repeat(16, axis=2)
    index = gpd.GeoDataFrame(
        {"chip_id": [f"chip-{n:06d}" for n in range(count)], "split": "train"},
        geometry=[shapely.box(n, 0, n + 1, 1) for n in range(count)],
        crs=32633,
    )
    return Chips(images, masks, index)
