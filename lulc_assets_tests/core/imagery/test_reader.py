import dataclasses

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import LulcError, SceneGridMismatch, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.reader import SceneReader, read_scene
from lulc_assets.core.scene.bands import RGB
from lulc_assets.core.scene.recipe import BAND_ROLES, BandAsset
from lulc_assets_tests.small_scene import GRID, write_scene, write_tif


def full(value, shape=GRID.shape):
    return np.full(shape, value, np.uint16)


def replace_file(recipe, role, path, gsd_m=None):
    asset = BandAsset(str(path), gsd_m or recipe.bands[role].gsd_m)
    return dataclasses.replace(recipe, bands={**recipe.bands, role: asset})


@pytest.mark.parametrize(
    ("dn", "offset", "expected"),
    [
        (900, -1000, 0.0),
        (1000, -1000, 0.0),
        (1001, -1000, 0.0001),
        (11000, -1000, 1.0),
        (12000, -1000, 1.0),
        (900, 0, 0.09),
        (1001, 0, 0.1001),
        (65535, 0, 1.0),
    ],
)
def test_reflectance_is_dn_plus_offset_times_scale_clipped_once(tmp_path, dn, offset, expected):
    block = read_scene(write_scene(tmp_path, dn=dn, offset_dn=offset), GRID)
    assert block.valid.all()
    assert block.reflectance.dtype == np.float32
    np.testing.assert_allclose(block.reflectance, expected, atol=1e-7)


def test_bands_come_in_the_order_of_the_roles(tmp_path):
    dn = {
        role: full(1000 * (index + 1), (4, 4) if role.startswith("swir") else GRID.shape)
        for index, role in enumerate(BAND_ROLES)
    }
    block = read_scene(write_scene(tmp_path, dn=dn), GRID)
    np.testing.assert_allclose(block.reflectance[:, 0, 0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


@pytest.mark.parametrize("offset", [0, -1000])
def test_a_single_zero_under_a_valid_scl_is_a_dark_pixel(tmp_path, offset):
    red = full(2000)
    red[3, 3] = 0
    block = read_scene(write_scene(tmp_path, dn={"red": red}, offset_dn=offset), GRID)
    assert block.valid.all()
    assert block.reflectance[0, 3, 3] == 0
    assert block.reflectance[1, 3, 3] > 0


def test_zero_in_all_bands_is_not_valid_even_where_scl_sees_ground(tmp_path):
    dn = {}
    for role in BAND_ROLES:
        size = 4 if role.startswith("swir") else 8
        dn[role] = full(2000, (size, size))
        dn[role][: size // 4, : size // 4] = 0
    block = read_scene(write_scene(tmp_path, dn=dn), GRID)
    expected = np.ones(GRID.shape, bool)
    expected[:2, :2] = False
    np.testing.assert_array_equal(block.valid, expected)
    assert not block.reflectance[:, :2, :2].any()


def test_a_swath_edge_is_invalid_and_does_not_darken_its_neighbours(tmp_path):
    dn = {}
    for role in BAND_ROLES:
        size = 4 if role.startswith("swir") else 8
        dn[role] = full(3000, (size, size))
        dn[role][:, : size // 2] = 0
    scl = np.full((4, 4), 4, np.uint8)
    scl[:, :2] = 0
    block = read_scene(write_scene(tmp_path, dn=dn, scl=scl), GRID)
    assert not block.valid[:, :4].any()
    assert block.valid[:, 4:].all()
    np.testing.assert_allclose(block.reflectance[:, :, 4:], 0.3, atol=1e-6)
    assert not block.reflectance[:, :, :4].any()


def test_no_data_of_a_20_m_band_never_bleeds(tmp_path):
    swir = full(5000, (4, 4))
    swir[1, 1] = 0
    block = read_scene(write_scene(tmp_path, dn={"swir1": swir}), GRID)
    values = np.unique(block.reflectance[4])
    np.testing.assert_allclose(values, [0, 0.5], atol=1e-6)
    assert (block.reflectance[4] == 0).sum() == 4


def test_scl_comes_by_nearest_pixel(tmp_path):
    scl = np.arange(16, dtype=np.uint8).reshape(4, 4) % 12
    block = read_scene(write_scene(tmp_path, scl=scl), GRID)
    np.testing.assert_array_equal(block.scl, np.kron(scl, np.ones((2, 2), np.uint8)))
    np.testing.assert_array_equal(block.valid, block.scl != 0)


def test_a_file_smaller_than_the_grid_leaves_the_rest_invalid(tmp_path):
    part = PixelGrid(GRID.epsg, GRID.x0 + 40, GRID.y0 - 20, 4, 4)
    block = read_scene(write_scene(tmp_path, grid=part), GRID)
    expected = np.zeros(GRID.shape, bool)
    expected[2:6, 4:8] = True
    np.testing.assert_array_equal(block.valid, expected)
    assert not block.reflectance[:, ~expected].any()


def test_a_file_that_does_not_meet_the_grid_reads_as_invalid(tmp_path):
    far = PixelGrid(GRID.epsg, GRID.x0 + 50_000, GRID.y0, 4, 4)
    assert not read_scene(write_scene(tmp_path, grid=far), GRID).valid.any()


def test_one_band_that_covers_less_makes_the_rest_invalid_not_dark(tmp_path):
    recipe = write_scene(tmp_path)
    short = write_tif(tmp_path / "short.tif", full(2000, (8, 6)))
    block = read_scene(replace_file(recipe, "red", short), GRID)
    assert block.valid[:, :6].all()
    assert not block.valid[:, 6:].any()


@given(st.integers(0, 15), st.integers(0, 15), st.integers(1, 16), st.integers(1, 16))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_window_equals_the_crop_of_the_whole(wide_scene, row, col, height, width):
    recipe, grid, whole = wide_scene
    window = Window(row, col, min(height, 16 - row), min(width, 16 - col))
    with SceneReader(recipe, grid) as reader:
        part = reader.read(window)
    rows, cols = window.slices
    np.testing.assert_array_equal(part.reflectance, whole.reflectance[:, rows, cols])
    np.testing.assert_array_equal(part.valid, whole.valid[rows, cols])
    np.testing.assert_array_equal(part.scl, whole.scl[rows, cols])


@pytest.fixture(scope="module", params=["aligned", "shifted"])
def wide_scene(request, tmp_path_factory):
    """A scene with holes that sticks out of, and falls short of, a 16 × 16 grid."""
    rng = np.random.default_rng(3)
    shift = 0.0 if request.param == "aligned" else 3.7
    grid = PixelGrid(GRID.epsg, GRID.x0 - 20, GRID.y0 + 40, 16, 16)
    source = PixelGrid(GRID.epsg, GRID.x0 + shift, GRID.y0 + 60 + shift, 16, 16)
    dn = {}
    for role in BAND_ROLES:
        size = 8 if role.startswith("swir") else 16
        dn[role] = rng.integers(500, 9000, (size, size)).astype(np.uint16)
        dn[role][rng.random((size, size)) < 0.1] = 0
    scl = rng.integers(0, 12, (8, 8)).astype(np.uint8)
    recipe = write_scene(tmp_path_factory.mktemp(request.param), grid=source, dn=dn, scl=scl)
    return recipe, grid, read_scene(recipe, grid)


def test_a_grid_that_is_not_the_tiles_is_sampled_bilinearly_where_it_lies(tmp_path):
    """A file 4 m right of the grid: each pixel is 0.6 of its own and 0.4 of its left one."""
    ramp = np.tile(np.arange(1, 9, dtype=np.uint16) * 1000, (8, 1))
    recipe = write_scene(tmp_path)
    shifted = write_tif(tmp_path / "shifted.tif", ramp, x0=GRID.x0 + 4.0)
    block = read_scene(replace_file(recipe, "red", shifted), GRID)
    # Centre of column c lies at file coordinate c + 0.1: 0.4 of file pixel c − 1, 0.6 of c.
    expected = 0.4 * ramp[0, :7] + 0.6 * ramp[0, 1:]
    np.testing.assert_allclose(block.reflectance[0, 0, 1:] * 1e4, expected, rtol=1e-5)
    assert block.reflectance[0, 0, 0] == pytest.approx(0.1)  # held before the first centre


def test_nan_and_infinity_make_a_pixel_invalid(tmp_path):
    red = np.full(GRID.shape, 2000, np.float32)
    red[0, 0], red[1, 1] = np.nan, np.inf
    recipe = write_scene(tmp_path)
    path = write_tif(tmp_path / "nan.tif", red)
    block = read_scene(replace_file(recipe, "red", path), GRID)
    assert np.isfinite(block.reflectance).all()
    assert np.argwhere(~block.valid).tolist() == [[0, 0], [1, 1]]


def test_nan_in_a_20_m_band_spoils_only_its_own_pixel(tmp_path):
    swir = np.full((4, 4), 2000, np.float32)
    swir[1, 1] = np.nan
    recipe = write_scene(tmp_path)
    path = write_tif(tmp_path / "nan.tif", swir, pixel_m=20.0)
    block = read_scene(replace_file(recipe, "swir1", path), GRID)
    assert (~block.valid).sum() == 4
    np.testing.assert_allclose(block.reflectance[4][block.valid], 0.2, atol=1e-6)


def test_a_declared_no_data_value_is_not_a_number_to_read(tmp_path):
    red = np.full(GRID.shape, 2000, np.int16)
    red[2, 2] = -9999
    recipe = write_scene(tmp_path)
    path = write_tif(tmp_path / "red9999.tif", red, nodata=-9999)
    block = read_scene(replace_file(recipe, "red", path), GRID)
    assert np.argwhere(~block.valid).tolist() == [[2, 2]]


def test_a_missing_file_is_named(tmp_path):
    recipe = write_scene(tmp_path)
    (tmp_path / "nir.tif").unlink()
    with pytest.raises(UnreadableRaster, match=r"S2A_TEST.*nir\.tif"):
        read_scene(recipe, GRID)


def test_a_truncated_file_is_named_and_never_read_as_zeros(tmp_path):
    grid = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 256, 256)
    noise = np.random.default_rng(0).integers(1, 9000, (256, 256)).astype(np.uint16)
    recipe = write_scene(tmp_path, grid=grid, dn={"red": noise})
    path = tmp_path / "red.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableRaster, match=r"S2A_TEST.*red\.tif"):
        read_scene(recipe, grid)


def test_a_file_that_is_no_raster_is_named(tmp_path):
    recipe = write_scene(tmp_path)
    (tmp_path / "blue.tif").write_text("<html>404</html>")
    with pytest.raises(UnreadableRaster, match=r"blue\.tif"):
        read_scene(recipe, GRID)


def test_another_crs_is_refused(tmp_path):
    recipe = write_scene(tmp_path)
    other = write_tif(tmp_path / "other.tif", full(2000), epsg=32634)
    with pytest.raises(SceneGridMismatch, match="32634"):
        SceneReader(replace_file(recipe, "red", other), GRID).check()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_file_without_crs_is_refused(tmp_path):
    recipe = write_scene(tmp_path)
    other = write_tif(tmp_path / "bare.tif", full(2000), epsg=None)
    with pytest.raises(SceneGridMismatch, match="EPSG:None"):
        SceneReader(replace_file(recipe, "red", other), GRID).check()


def test_a_rotated_file_is_refused(tmp_path):
    recipe = write_scene(tmp_path)
    turned = Affine(10, 1, GRID.x0, 1, -10, GRID.y0)
    other = write_tif(tmp_path / "turned.tif", full(2000), transform=turned)
    with pytest.raises(SceneGridMismatch, match="rotated"):
        SceneReader(replace_file(recipe, "red", other), GRID).check()


def test_a_decimated_copy_does_not_pass_for_10_m(tmp_path):
    recipe = write_scene(tmp_path)
    coarse = write_tif(tmp_path / "coarse.tif", full(2000), pixel_m=100.0)
    with pytest.raises(SceneGridMismatch, match="100 m where 10 m"):
        SceneReader(replace_file(recipe, "red", coarse), GRID).check()


def test_an_absurdly_large_raster_is_refused_before_reading(tmp_path):
    recipe = write_scene(tmp_path)
    huge = write_tif(tmp_path / "huge.tif", full(1, (1, 60_000)), pixel_m=10.0, compress="DEFLATE")
    with pytest.raises(SceneGridMismatch, match="60000"):
        SceneReader(replace_file(recipe, "red", huge), GRID).check()


def test_codes_that_are_no_scene_classification_are_refused(tmp_path):
    recipe = write_scene(tmp_path, scl=57)
    with pytest.raises(UnreadableRaster, match="57"):
        read_scene(recipe, GRID)


@pytest.mark.parametrize("window", [Window(-1, 0, 4, 4), Window(0, 5, 4, 4), Window(0, 0, 0, 4)])
def test_a_window_outside_the_grid_is_refused(tmp_path, window):
    with (
        SceneReader(write_scene(tmp_path), GRID) as reader,
        pytest.raises(ValueError, match="inside"),
    ):
        reader.read(window)


def test_a_closed_reader_says_so(tmp_path):
    reader = SceneReader(write_scene(tmp_path), GRID)
    with pytest.raises(LulcError, match="with"):
        reader.read(Window(0, 0, 4, 4))


def test_level_1c_reads_by_the_same_rules(tmp_path):
    block = read_scene(write_scene(tmp_path, level="L1C", dn=1234), GRID)
    np.testing.assert_allclose(block.reflectance, 0.1234, atol=1e-7)


def reflectance_of(block):
    """The rule of ``DnBlock``, word for word."""
    light = np.clip((block.dn + np.float32(block.offset_dn)) * np.float32(block.scale), 0, 1)
    return np.where(block.dn > 0, light, np.float32(0))


@pytest.mark.parametrize("offset", [0, -1000])
def test_digital_numbers_carry_the_same_scene_as_reflectance(tmp_path, offset):
    rng = np.random.default_rng(0)
    shape = dict.fromkeys(("red", "green", "blue", "nir"), GRID.shape)
    shape |= dict.fromkeys(("swir1", "swir2"), (GRID.height // 2, GRID.width // 2))
    dn = {role: rng.integers(1, 12_000, size).astype(np.uint16) for role, size in shape.items()}
    for values in dn.values():
        values[-1] = 0  # no data at the lower border
    recipe = write_scene(tmp_path, dn=dn, offset_dn=offset)
    with SceneReader(recipe, GRID) as reader:
        window = Window(0, 1, GRID.height, GRID.width - 1)
        block, raw = reader.read(window), reader.read_dn_block(window)
    assert raw.dn.dtype == np.uint16
    np.testing.assert_array_equal(raw.valid, block.valid)
    np.testing.assert_array_equal(raw.scl, block.scl)
    found = reflectance_of(raw)
    np.testing.assert_array_equal(found[:4], block.reflectance[:4])  # as stored
    np.testing.assert_allclose(found[4:], block.reflectance[4:], atol=0.5e-4 + 1e-7)  # sampled
    assert not raw.dn[:, ~raw.valid].any()


def test_numbers_that_are_no_integers_come_as_steps_of_reflectance(tmp_path):
    recipe = write_scene(tmp_path, scale=1.0)
    red = np.linspace(0, 1.2, GRID.height * GRID.width, dtype=np.float32).reshape(GRID.shape)
    for role in recipe.bands:
        if role != "scl":
            step = 2 if role.startswith("swir") else 1
            write_tif(tmp_path / f"{role}.tif", red[::step, ::step], pixel_m=10.0 * step)
    with SceneReader(recipe, GRID) as reader:
        window = Window(0, 0, *GRID.shape)
        block, raw = reader.read(window), reader.read_dn_block(window)
    assert (raw.offset_dn, raw.scale) == (0.0, 1e-4)
    np.testing.assert_allclose(reflectance_of(raw), block.reflectance, atol=0.5e-4 + 1e-7)


TWELVE_PX = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 12, 12)


def scene_with_coastal(folder, coastal):
    recipe = write_scene(folder, grid=TWELVE_PX)
    path = write_tif(folder / "coastal.tif", coastal, pixel_m=60.0, nodata=0)
    return dataclasses.replace(
        recipe,
        roles=("coastal", "red", "swir1"),
        bands={**recipe.bands, "coastal": BandAsset(str(path), 60.0)},
    )


def test_a_60_m_band_comes_on_the_grid_of_10_m_in_the_order_asked_for(tmp_path):
    block = read_scene(scene_with_coastal(tmp_path, full(1000, (2, 2))), TWELVE_PX)
    assert block.reflectance.shape == (3, 12, 12)
    np.testing.assert_allclose(block.reflectance[0], 0.1, atol=1e-6)
    np.testing.assert_allclose(block.reflectance[1:], 0.2, atol=1e-6)


def test_no_data_of_a_60_m_band_does_not_darken_its_neighbours(tmp_path):
    coastal = full(1000, (2, 2))
    coastal[0, 0] = 0
    block = read_scene(scene_with_coastal(tmp_path, coastal), TWELVE_PX)
    assert set(np.unique(block.reflectance[0].round(5))) <= {np.float32(0.0), np.float32(0.1)}
    np.testing.assert_allclose(block.reflectance[0, 6:, 6:], 0.1, atol=1e-6)
    assert block.valid.all()


def test_three_bands_are_read_where_there_is_nothing_else(tmp_path):
    recipe = write_scene(tmp_path)
    bands = {role: recipe.bands[role] for role in ("red", "green", "blue", "scl")}
    with SceneReader(dataclasses.replace(recipe, roles=RGB, bands=bands), GRID) as reader:
        assert reader.read_dn_block(Window(0, 0, 8, 8)).dn.shape == (3, 8, 8)
