import dataclasses

import numpy as np
import pytest
import stamina

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery import ranges
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.small_scene import GRID, write_scene

WIDE = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 256, 256)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """As many attempts as in earnest, without the pauses; no proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with stamina.set_testing(True, attempts=ranges.ATTEMPTS, cap=True):
        yield


@pytest.fixture
def local_scene(tmp_path):
    """A scene of noise, larger than the first request of a file."""
    rng = np.random.default_rng(0)
    dn = {}
    for role in BAND_ROLES:
        size = 128 if role.startswith("swir") else 256
        dn[role] = rng.integers(1, 9000, (size, size)).astype(np.uint16)
    return write_scene(tmp_path / "served", grid=WIDE, dn=dn)


@pytest.fixture
def server(tmp_path, local_scene):
    with serving(tmp_path / "served") as state:
        yield state


@pytest.fixture
def remote_scene(local_scene, server):
    """The same scene over HTTP."""
    bands = {
        role: BandAsset(f"{server.url}/{role}.tif", asset.gsd_m)
        for role, asset in local_scene.bands.items()
    }
    return dataclasses.replace(local_scene, bands=bands, private_network=True)
