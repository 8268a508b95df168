"""A tiny bundle behind the application, in this process."""

import threading

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.inference.torch_engine import TorchPredictor
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.serving.app import make_app
from lulc_assets.core.serving.settings import ServiceSettings
from lulc_assets_tests.core.inference.conftest import bundle_dir  # noqa: F401
from lulc_assets_tests.core.inference.scene_for_tests import water_and_sand

GRID = PixelGrid(32633, 500_000.0, 5_000_000.0, 100, 70)
SETTINGS = ServiceSettings(window_px=128, max_upload_mb=8, waiting=2, upload_limit_s=5.0)


def write_image(path, values, grid=GRID, **changes):
    profile = {
        "driver": "GTiff", "count": len(values), "height": values.shape[1],
        "width": values.shape[2], "dtype": values.dtype, "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform, **changes,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(values)
    return path.read_bytes()


@pytest.fixture(scope="session")
def served_bundle(bundle_dir):  # noqa: F811
    return Bundle.load(bundle_dir, None)


class Gated(TorchPredictor):
    """An engine that stands still while its gate is shut."""

    def __init__(self, bundle):
        super().__init__(bundle, device="cpu")
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def predict(self, dn, offset_dn, scale, where):
        self.entered.release()
        assert self.gate.wait(30)
        return super().predict(dn, offset_dn, scale, where)


@pytest.fixture(scope="session")
def engine(served_bundle):
    return Gated(served_bundle)


@pytest.fixture(scope="session")
def app(engine):
    return make_app(lambda: engine, SETTINGS)


@pytest.fixture(scope="session")
def client(app):
    with TestClient(app) as found:
        yield found


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """A body of 100 × 70 px, and its digital numbers."""
    dn = water_and_sand(GRID)
    dn[:, :10, :10] = 0
    return write_image(tmp_path_factory.mktemp("image") / "image.tif", dn), dn


def post(client, body, **headers):
    return client.post(
        "/predictions", content=body, headers={"Content-Type": "image/tiff", **headers}
    )


def truth_of(dn):
    return np.where(dn.mean(0) > 1900, 8, 1)
