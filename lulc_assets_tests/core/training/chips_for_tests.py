"""Small chips of known content, made without any imagery."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from shapely.geometry import box

from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.training.recipe import TrainingRecipe

TINY = TrainingRecipe(
    encoder_depth=3,
    decoder_channels=(32, 16, 8),
    batch_size=4,
    learning_rate=5e-3,
    max_epochs=1,
    precision="32-true",
    threads=1,
)


def chips_of(
    images: npt.NDArray[np.uint16], masks: npt.NDArray[np.uint8], split: list[str]
) -> Chips:
    """Chips with the columns of the index that the model room reads; each far from the others."""
    numbers = range(len(split))
    index = gpd.GeoDataFrame(
        {
            "chip_id": [f"chip-{i:03d}" for i in numbers],
            "block_id": [f"0_{i}" for i in numbers],
            "split": split,
        },
        geometry=[box(10_000 * i, 0, 10_000 * i + 320, 320) for i in numbers],
        crs="EPSG:32633",
    )
    return Chips(images, masks, index)


def two_class_chips(
    n_train: int = 8, n_val: int = 2, n_gold: int = 2, size_px: int = 32, seed: int = 0
) -> Chips:
    """Dark water (1) beside bright bare ground (8), a few pixels unlabelled."""
    rng = np.random.default_rng(seed)
    n = n_train + n_val + n_gold
    edges = rng.integers(size_px // 4, 3 * size_px // 4, size=n)
    bright = np.arange(size_px)[None, None, :] >= edges[:, None, None]
    bright = np.broadcast_to(bright, (n, size_px, size_px))
    masks = np.where(bright, 8, 1).astype(np.uint8)
    masks[rng.random(masks.shape) < 0.1] = 0
    level = np.where(bright, 3500, 400)[:, None]
    noise = rng.integers(-200, 200, size=(n, 6, size_px, size_px))
    split = ["train"] * n_train + ["val"] * n_val + ["gold"] * n_gold
    return chips_of((level + noise).astype(np.uint16), masks, split)
