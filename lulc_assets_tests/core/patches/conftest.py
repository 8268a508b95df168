import numpy as np
import pytest
import rasterio
from affine import Affine

from lulc_assets.core.patches.classifier import recipe_with, train_patches
from lulc_assets.core.patches.folder import read_patches

BANDS = ["red", "green", "blue"]
TINY = recipe_with(
    encoder_depth=4, max_epochs=6, learning_rate=3e-3, threads=1, precision="32-true"
)
LEVELS = {"Forest": 300, "SeaLake": 60, "Industrial": 2500}


def write_tif(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    bands, height, width = image.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=image.dtype,
        crs="EPSG:32633", transform=Affine(10, 0, 5e5, 0, -10, 5e6),
    ) as target:  # fmt: skip
        target.write(image)


def make_folder(folder, each=6, bands=13, side=64):
    """Three classes that brightness alone tells apart."""
    rng = np.random.default_rng(0)
    for name, level in LEVELS.items():
        for number in range(each):
            image = level + rng.integers(0, 1 + level // 4, (bands, side, side))
            image[-1] = 7000 + number  # the last band is known again
            write_tif(folder / name / f"{name}_{number}.tif", image.astype(np.uint16))
    return folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("patches"))


@pytest.fixture(scope="session")
def patches(folder):
    return read_patches(folder, BANDS)


@pytest.fixture(scope="session")
def classifier(patches, tmp_path_factory):
    return train_patches(patches, TINY, tmp_path_factory.mktemp("classifier"))
