import numpy as np
import pytest
import rasterio

from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import read_coarse, read_raster, validate_layer, write_cog
from lulc_assets_tests.small_scene import GRID, write_tif

BIG = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 700, 600)
CODES = (np.arange(700 * 600).reshape(700, 600) // 5000 % 11).astype(np.uint8)


def write_classes(path, array=CODES, grid=BIG):
    colours = {code: (code * 20, 100, 50) for code in range(11)}
    return write_cog(
        path, array, grid, kind="class", nodata=0, colormap=colours, description="class"
    )


def test_pixels_grid_and_colours_come_back(tmp_path):
    path = write_classes(tmp_path / "new" / "class.tif")
    np.testing.assert_array_equal(read_raster(path), CODES)
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == BIG.epsg
        assert source.transform == BIG.transform
        assert source.nodata == 0
        assert source.descriptions == ("class",)
        assert source.colormap(1)[3] == (60, 100, 50, 255)
        assert source.overviews(1) == [2]
    validate_layer(path, BIG, dtype="uint8", legal_values=set(range(11)))


def test_equal_pixels_give_equal_bytes(tmp_path):
    one = write_classes(tmp_path / "a" / "class.tif")
    two = write_classes(tmp_path / "b" / "other.tif")
    assert one.read_bytes() == two.read_bytes()


def test_no_scratch_file_is_left(tmp_path):
    write_classes(tmp_path / "class.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["class.tif"]


def test_overviews_of_classes_hold_the_majority_not_an_average(tmp_path):
    codes = np.full((700, 600), 2, np.uint8)
    codes[::2, ::2] = 8
    path = write_cog(tmp_path / "class.tif", codes, BIG, kind="class")
    with rasterio.open(path, overview_level=0) as source:
        assert set(np.unique(source.read(1))) == {2}


def test_a_coarse_look_is_taken_from_the_overview(tmp_path):
    codes = np.full((700, 600), 2, np.uint8)
    codes[::2, ::2] = 8
    path = write_cog(tmp_path / "class.tif", codes, BIG, kind="class")
    found = read_coarse(path, 350)
    assert found.shape == (350, 300)
    assert set(np.unique(found)) == {2}
    np.testing.assert_array_equal(read_coarse(path, 700), codes)
    with pytest.raises(UnreadableRaster, match="missing"):
        read_coarse(tmp_path / "none.tif", 100)


def test_overviews_of_numbers_hold_the_average(tmp_path):
    values = np.full((700, 600), 100, np.uint8)
    values[:, ::2] = 200
    path = write_cog(tmp_path / "share.tif", values, BIG, kind="continuous")
    with rasterio.open(path, overview_level=0) as source:
        assert set(np.unique(source.read(1))) == {150}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_continuous_layers_of_any_dtype_come_back(tmp_path, dtype):
    values = np.arange(64).reshape(8, 8).astype(dtype)
    path = write_cog(tmp_path / "layer.tif", values, GRID, kind="continuous")
    np.testing.assert_array_equal(read_raster(path), values)
    validate_layer(path, GRID, dtype=dtype, legal_values=None)


def test_an_array_of_another_shape_is_not_written(tmp_path):
    with pytest.raises(InvalidProduct, match="shape"):
        write_cog(tmp_path / "x.tif", CODES[:5], BIG, kind="class")
    assert not list(tmp_path.iterdir())


def test_a_window_is_the_crop(tmp_path):
    path = write_classes(tmp_path / "class.tif")
    window = Window(510, 500, 20, 100)
    np.testing.assert_array_equal(read_raster(path, window), CODES[window.slices])


def test_a_window_outside_is_refused(tmp_path):
    path = write_classes(tmp_path / "class.tif")
    with pytest.raises(UnreadableRaster, match="not inside"):
        read_raster(path, Window(0, 590, 10, 20))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableRaster, match=r"gone\.tif"):
        read_raster(tmp_path / "gone.tif")


def test_illegal_codes_are_named_with_their_count(tmp_path):
    path = write_classes(tmp_path / "class.tif")
    with pytest.raises(InvalidProduct, match=r"class\.tif.*10 \(\d+ pixels\)"):
        validate_layer(path, BIG, dtype="uint8", legal_values=set(range(10)))


@pytest.mark.parametrize(
    ("grid", "dtype", "word"),
    [
        (PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 700, 601), "uint8", "shape"),
        (PixelGrid(32634, GRID.x0, GRID.y0, 700, 600), "uint8", "CRS"),
        (PixelGrid(GRID.epsg, GRID.x0 + 10, GRID.y0, 700, 600), "uint8", "transform"),
        (BIG, "uint16", "dtype"),
    ],
)
def test_what_is_wrong_with_a_layer_is_named(tmp_path, grid, dtype, word):
    path = write_classes(tmp_path / "class.tif")
    with pytest.raises(InvalidProduct, match=word):
        validate_layer(path, grid, dtype=dtype, legal_values=None)


def test_a_plain_tiff_is_no_cog(tmp_path):
    path = write_tif(tmp_path / "plain.tif", CODES)
    with pytest.raises(InvalidProduct, match="COG"):
        validate_layer(path, BIG, dtype="uint8", legal_values=None)


def test_a_truncated_layer_is_invalid(tmp_path):
    noise = np.random.default_rng(0).integers(0, 11, (700, 600)).astype(np.uint8)
    path = write_classes(tmp_path / "class.tif", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(InvalidProduct, match="cannot be read"):
        validate_layer(path, BIG, dtype="uint8", legal_values=None)


def test_nan_in_a_layer_is_invalid(tmp_path):
    values = np.zeros(GRID.shape, np.float32)
    values[0, 0] = np.nan
    path = write_cog(tmp_path / "layer.tif", values, GRID, kind="continuous")
    with pytest.raises(InvalidProduct, match="NaN"):
        validate_layer(path, GRID, dtype="float32", legal_values=None)
