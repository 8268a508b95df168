import numpy as np
import pytest
from affine import Affine

from lulc_assets.core.errors import InvalidProduct, InvalidTileKey, MissingCrs, UnreadableRaster
from lulc_assets.core.grid import owned_mask, pixel_areas_ha
from lulc_assets.core.sampling.map_file import count_classes, open_map

from .map_files import patchy_map, write_map
from .samples import small_grid


def test_strips_put_together_are_the_map(tmp_path):
    path, codes, grid = patchy_map(tmp_path / "map.tif", size=1100)

    strips = list(open_map(path).strips())

    assert len(strips) == 2
    assert np.array_equal(np.concatenate([s.codes for s in strips]), codes)
    assert all(s.owned.all() for s in strips)
    assert open_map(path).grid == grid


def test_a_tile_counts_only_the_pixels_that_it_owns(tmp_path):
    path, codes, grid = patchy_map(tmp_path / "map.tif", offset=9950)

    counted = count_classes([open_map(path, tile="33TVL")])

    owned = owned_mask("33TVL", grid)
    assert 0 < owned.sum() < owned.size
    assert counted.pixels.tolist() == np.bincount(codes[owned], minlength=10).tolist()
    expected = np.bincount(codes[owned], pixel_areas_ha(grid)[owned], minlength=10)
    assert counted.hectares == pytest.approx(expected)


def test_a_map_is_a_part_of_a_region(tmp_path):
    path, codes, _ = patchy_map(tmp_path / "map.tif")

    part = open_map(path, tile="33TVL").part()

    assert part.tile == "33TVL"
    assert np.array_equal(part.class_map, codes)


def test_what_is_no_class_map_is_refused(tmp_path):
    grid = small_grid(4, 4)
    codes = np.ones((4, 4), np.uint8)
    (tmp_path / "text.tif").write_text("nothing")
    degrees = write_map(tmp_path / "degrees.tif", codes, grid, crs="EPSG:4326")
    tilted = Affine(10, 1, 0, 1, -10, 0)
    rotated = write_map(tmp_path / "rotated.tif", codes, grid, transform=tilted)
    floats = write_map(tmp_path / "floats.tif", codes.astype(np.float32), grid)
    clouds = write_map(tmp_path / "clouds.tif", codes * 10, grid)

    with pytest.raises(UnreadableRaster, match=r"absent\.tif"):
        open_map(tmp_path / "absent.tif")
    with pytest.raises(UnreadableRaster, match=r"text\.tif"):
        open_map(tmp_path / "text.tif")
    with pytest.raises(MissingCrs, match="projected CRS"):
        open_map(degrees)
    with pytest.raises(InvalidProduct, match="north up"):
        open_map(rotated)
    with pytest.raises(InvalidProduct, match="uint8"):
        open_map(floats)
    with pytest.raises(InvalidProduct, match="holds code 10"):
        list(open_map(clouds).strips())
    with pytest.raises(InvalidTileKey):
        open_map(clouds, tile="99XXX")


@pytest.mark.parametrize(("dtype", "nodata"), [("uint8", 255), ("int16", -9999), ("uint8", 7)])
def test_what_a_map_declares_as_no_data_is_no_data(tmp_path, dtype, nodata):
    path, codes, grid = patchy_map(tmp_path / "plain.tif", classes=(1, 2, 5))
    declared = np.where(codes == 0, nodata, codes.astype("int32")).astype(dtype)

    read = open_map(write_map(tmp_path / "map.tif", declared, grid, nodata=nodata))

    assert np.array_equal(np.concatenate([strip.codes for strip in read.strips()]), codes)
    assert count_classes([read]).pixels.tolist() == count_classes([open_map(path)]).pixels.tolist()


def test_a_code_that_nothing_declares_is_refused_with_what_to_do(tmp_path):
    _, codes, grid = patchy_map(tmp_path / "plain.tif")
    path = write_map(tmp_path / "map.tif", np.where(codes == 0, 255, codes).astype("uint8"), grid)

    with pytest.raises(InvalidProduct, match=r"map\.tif: holds code 255.*gdal_edit -a_nodata 255"):
        open_map(path).part()
