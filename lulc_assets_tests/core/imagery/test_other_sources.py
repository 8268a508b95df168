"""HLS, JPEG 2000, S3 and decimated copies through the same reader."""

import dataclasses

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy as copy_raster

from lulc_assets.core.errors import HrefRefused, SceneGridMismatch, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.overview import read_scl_lattice
from lulc_assets.core.imagery.reader import SceneReader, read_scene
from lulc_assets.core.scene.hls import hls_grid
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset
from lulc_assets_tests.core.imagery.real_scenes import sahara
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.small_scene import GRID, make_recipe, write_scene, write_tif

pytestmark = pytest.mark.loopback

HLS_GRID = PixelGrid(32619, 399_960.0, -1_599_960.0, 6, 6, 30.0)


def write_hls(folder, bands=2000, fmask=0, nodata=-9999):
    """Seven files of 30 m in int16 and Fmask, as HLS has them."""
    assets = {}
    for role in BAND_ROLES:
        array = np.full(HLS_GRID.shape, bands, np.int16) if np.isscalar(bands) else bands
        path = write_tif(
            folder / f"{role}.tif", array, pixel_m=30.0, x0=HLS_GRID.x0, y0=HLS_GRID.y0,
            epsg=HLS_GRID.epsg, nodata=nodata,
        )  # fmt: skip
        assets[role] = BandAsset(str(path), 30.0)
    codes = np.full(HLS_GRID.shape, fmask, np.uint8) if np.isscalar(fmask) else fmask
    path = write_tif(
        folder / "Fmask.tif", codes, pixel_m=30.0, x0=HLS_GRID.x0, y0=HLS_GRID.y0,
        epsg=HLS_GRID.epsg, nodata=255,
    )  # fmt: skip
    assets["scl"] = BandAsset(str(path), 30.0)
    return make_recipe(assets, provider="hls", mask="fmask", nodata_dn=-9999)


def test_hls_reads_on_its_own_grid_with_its_own_mask(tmp_path):
    fmask = np.zeros(HLS_GRID.shape, np.uint8)
    fmask[0, 0], fmask[0, 1], fmask[0, 2] = 0b10, 0b1000, 255
    block = read_scene(write_hls(tmp_path, fmask=fmask), HLS_GRID)
    np.testing.assert_allclose(block.reflectance[:, 1:], 0.2, atol=1e-6)
    assert block.scl[0, :4].tolist() == [9, 3, 0, 7]
    assert np.argwhere(~block.valid).tolist() == [[0, 2]]


@pytest.mark.parametrize("declared", [-9999, None])
def test_the_fill_value_of_hls_is_no_data_whether_the_file_declares_it_or_not(tmp_path, declared):
    dn = np.full(HLS_GRID.shape, 2000, np.int16)
    dn[3, 3] = -9999
    block = read_scene(write_hls(tmp_path, dn, nodata=declared), HLS_GRID)
    assert np.argwhere(~block.valid).tolist() == [[3, 3]]


def test_a_negative_reflectance_of_hls_is_dark_not_absent(tmp_path):
    recipe = write_hls(tmp_path)
    dn = np.full(HLS_GRID.shape, -40, np.int16)
    path = write_tif(tmp_path / "dark.tif", dn, pixel_m=30.0, x0=HLS_GRID.x0, y0=HLS_GRID.y0,
                     epsg=HLS_GRID.epsg, nodata=-9999)  # fmt: skip
    bands = {**recipe.bands, "swir2": BandAsset(str(path), 30.0)}
    block = read_scene(dataclasses.replace(recipe, bands=bands), HLS_GRID)
    assert block.valid.all()
    assert (block.reflectance[5] == 0).all()


def test_outside_an_hls_file_is_no_data_not_clear_land(tmp_path):
    wide = PixelGrid(HLS_GRID.epsg, HLS_GRID.x0, HLS_GRID.y0, 6, 12, 30.0)
    codes = read_scl_lattice(write_hls(tmp_path), wide)
    assert (codes[:, :6] == 7).all()
    assert (codes[:, 6:] == 0).all()


def test_30_m_and_10_m_never_mix(tmp_path):
    ten = PixelGrid(HLS_GRID.epsg, HLS_GRID.x0, HLS_GRID.y0, 18, 18)
    with pytest.raises(SceneGridMismatch, match=r"sampled at 30 m.*10 m"):
        read_scene(write_hls(tmp_path / "hls"), ten)
    thirty = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 2, 2, 30.0)
    with pytest.raises(SceneGridMismatch, match=r"sampled at 10 m.*30 m"):
        read_scene(write_scene(tmp_path / "s2"), thirty)


def test_the_hls_grid_of_a_southern_tile_lies_in_the_northern_zone():
    grid = hls_grid("19LDD")
    assert (grid.epsg, grid.x0, grid.y0) == (32619, 399_960, -1_599_960)
    assert (grid.shape, grid.pixel_m) == ((3660, 3660), 30)
    assert hls_grid("33TVL").epsg == 32633


def jp2_scene(folder):
    """The same scene as GeoTIFF and as lossless JPEG 2000."""
    rng = np.random.default_rng(1)
    grid = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 64, 64)
    dn = {role: rng.integers(1, 9000, (32, 32) if role.startswith("swir") else (64, 64))
          .astype(np.uint16) for role in BAND_ROLES}  # fmt: skip
    recipe = write_scene(folder, grid=grid, dn=dn)
    bands = {}
    for role, asset in recipe.bands.items():
        path = folder / f"{role}.jp2"
        options = {"QUALITY": "100", "REVERSIBLE": "YES"}
        copy_raster(asset.href, str(path), driver="JP2OpenJPEG", **options)
        bands[role] = BandAsset(str(path), asset.gsd_m)
    return recipe, dataclasses.replace(recipe, bands=bands, driver="JP2OpenJPEG"), grid


def test_jpeg_2000_reads_like_geotiff_where_the_dialect_allows_it(tmp_path):
    tif, jp2, grid = jp2_scene(tmp_path)
    one, two = read_scene(tif, grid), read_scene(jp2, grid)
    np.testing.assert_array_equal(one.reflectance, two.reflectance)
    np.testing.assert_array_equal(one.scl, two.scl)


def test_jpeg_2000_is_refused_where_geotiff_is_expected(tmp_path):
    _, jp2, grid = jp2_scene(tmp_path)
    with pytest.raises(UnreadableRaster, match="GTiff"):
        read_scene(dataclasses.replace(jp2, driver="GTiff"), grid)


def test_jpeg_2000_over_http_reads_like_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _, jp2, grid = jp2_scene(tmp_path)
    with serving(tmp_path) as state:
        bands = {role: BandAsset(f"{state.url}/{role}.jp2", asset.gsd_m)
                 for role, asset in jp2.bands.items()}  # fmt: skip
        far = dataclasses.replace(jp2, bands=bands, private_network=True)
        window = Window(5, 9, 40, 31)
        with SceneReader(far, grid) as reader, SceneReader(jp2, grid) as near:
            one, two = reader.read(window), near.read(window)
    np.testing.assert_array_equal(one.reflectance, two.reflectance)


def test_a_vrt_is_never_opened_whatever_its_name(tmp_path):
    recipe = write_scene(tmp_path)
    vrt = tmp_path / "red_vrt.tif"
    vrt.write_text(
        f"<VRTDataset rasterXSize='8' rasterYSize='8'><VRTRasterBand dataType='UInt16' band='1'>"
        f"<SimpleSource><SourceFilename>{recipe.bands['green'].href}</SourceFilename>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    bands = {**recipe.bands, "red": BandAsset(str(vrt), 10.0)}
    with pytest.raises(UnreadableRaster, match=r"red_vrt\.tif"):
        read_scene(dataclasses.replace(recipe, bands=bands), GRID)


def test_a_million_by_a_million_pixels_are_refused_before_reading(tmp_path):
    recipe = write_scene(tmp_path)
    huge = tmp_path / "huge.tif"
    with rasterio.open(huge, "w", driver="GTiff", width=1_000_000, height=1_000_000, count=1,
                       dtype="uint8", crs="EPSG:32633", sparse_ok=True, tiled=True,
                       blockxsize=8192, blockysize=8192, bigtiff="YES",
                       transform=rasterio.Affine(10, 0, GRID.x0, 0, -10, GRID.y0)):  # fmt: skip
        pass
    bands = {**recipe.bands, "red": BandAsset(str(huge), 10.0)}
    with pytest.raises(SceneGridMismatch, match="1000000 × 1000000"):
        read_scene(dataclasses.replace(recipe, bands=bands), GRID)


def test_objects_of_an_s3_bucket_read_like_files(tmp_path, monkeypatch):
    """A loopback server answers as an S3 endpoint does: path style, HEAD and ranges."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in (("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s"),
                        ("AWS_REGION", "us-east-1")):  # fmt: skip
        monkeypatch.setenv(name, value)
    rng = np.random.default_rng(2)
    grid = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 256, 256)
    dn = {"red": rng.integers(1, 9000, (256, 256)).astype(np.uint16)}
    near = write_scene(tmp_path / "bucket", grid=grid, dn=dn)
    with serving(tmp_path) as state:
        bands = {role: BandAsset(f"s3://bucket/{role}.tif", asset.gsd_m)
                 for role, asset in near.bands.items()}  # fmt: skip
        far = dataclasses.replace(near, bands=bands, s3_endpoint=state.url)
        one, two = read_scene(far, grid), read_scene(near, grid)
        gone = dataclasses.replace(far, bands={**bands, "nir": BandAsset("s3://bucket/x", 10)})
        with pytest.raises(UnreadableRaster, match=r"scene S2A_TEST: s3://bucket/x"):
            read_scene(gone, grid)
    np.testing.assert_array_equal(one.reflectance, two.reflectance)


@pytest.mark.parametrize("href", ["s3://a_b!/k.tif", "s3://X/k.tif", "s3://ab.169.254.169.254@x/k"])
def test_what_is_no_bucket_is_refused(tmp_path, href):
    recipe = write_scene(tmp_path)
    bands = {**recipe.bands, "red": BandAsset(href, 10.0)}
    with pytest.raises(HrefRefused):
        read_scene(dataclasses.replace(recipe, bands=bands), GRID)


def test_an_overview_is_read_only_where_it_is_asked_for(tmp_path):
    """Files of 100 m under an item of 10 m, as copies for a quick look are."""
    recipe = write_scene(tmp_path)
    bands = {}
    coarse = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 8, 8, 100.0)
    for role, asset in recipe.bands.items():
        pixel_m = asset.gsd_m * 10
        size = round(800 / pixel_m)
        value = 4 if role == "scl" else 2500
        array = np.full((size, size), value, np.uint8 if role == "scl" else np.uint16)
        path = write_tif(tmp_path / f"{role}_small.tif", array, pixel_m=pixel_m)
        bands[role] = BandAsset(str(path), asset.gsd_m)
    small = dataclasses.replace(recipe, bands=bands)
    with pytest.raises(SceneGridMismatch, match=r"can only be read as an overview"):
        read_scene(small, GRID)
    with SceneReader(small, coarse, overview=True) as reader:
        block = reader.read(Window(0, 0, 8, 8))
    assert block.valid.all()
    np.testing.assert_allclose(block.reflectance, 0.25, atol=1e-6)
    twenty = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 4, 4, 20.0)
    with pytest.raises(SceneGridMismatch, match="100 m where 20 m"):
        SceneReader(small, twenty, overview=True).check()


@pytest.mark.real_data
def test_the_decimated_sahara_reads_as_an_overview_and_looks_like_the_desert(real_data):
    recipe, grid = sahara(real_data)
    with SceneReader(recipe, grid, overview=True) as reader:
        block = reader.read(Window(0, 0, grid.height, grid.width))
    assert block.valid.mean() > 0.99
    red, green, blue, nir, swir1, swir2 = np.median(block.reflectance[:, block.valid], axis=1)
    # Sand: brighter with every band from blue to short-wave infrared.
    assert 0.08 < blue < green < red < nir < swir1 < 0.8
    assert swir2 > 0.2
    assert 0.9 < (block.scl == 5).mean() < 0.99  # the item says 95.9 % not vegetated
