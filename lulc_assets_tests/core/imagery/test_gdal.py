import time

import numpy as np
import rasterio
from rasterio.env import getenv

from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets_tests.small_scene import write_tif


def test_remote_reads_use_one_gdal_thread_and_list_no_folder():
    with gdal_env():
        options = getenv()
    assert options["GDAL_NUM_THREADS"] == 1
    assert options["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"
    assert options["GDAL_PAM_ENABLED"] == "NO"


def test_decoded_blocks_are_kept_between_windows(tmp_path):
    """A second read of a compressed file takes a small part of the first one's time."""
    noise = np.random.default_rng(0).integers(0, 9000, (2048, 2048)).astype(np.uint16)
    path = write_tif(tmp_path / "noise.tif", noise, compress="DEFLATE", tiled=True)
    seconds = []
    with gdal_env(), rasterio.open(path) as source:
        for _ in range(3):
            started = time.perf_counter()
            source.read(1)
            seconds.append(time.perf_counter() - started)
    assert min(seconds[1:]) < seconds[0] / 3
