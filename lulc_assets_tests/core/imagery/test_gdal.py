from rasterio.env import getenv

from lulc_assets.core.imagery.gdal import gdal_env


def test_remote_reads_use_one_gdal_thread_and_list_no_folder():
    with gdal_env():
        options = getenv()
    assert options["GDAL_NUM_THREADS"] == 1
    assert options["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"
    assert options["GDAL_PAM_ENABLED"] == "NO"
