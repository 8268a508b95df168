"""Scenes whose numbers are not what the metadata say: each refused, or read right."""

import numpy as np
import pytest
import rasterio

from lulc_assets.core.errors import ImplausiblePixels, OffsetContradicted, SceneGridMismatch
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.imagery.checking import check_scene
from lulc_assets.core.imagery.reader import SceneReader, read_scene
from lulc_assets.core.scene.recipe import BAND_ROLES
from lulc_assets_tests.small_scene import GRID, write_scene, write_tif

SIDE = 96
FIELD = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, SIDE, SIDE)
WHOLE = Window(0, 0, SIDE, SIDE)
PLANTS = {"red": 300, "green": 500, "blue": 250, "nir": 3500, "swir1": 1600, "swir2": 700}


def bands(values=None, *, up=0, noise=40, seed=0):
    """Digital numbers of dense vegetation, or of what is given, with a little noise."""
    rng = np.random.default_rng(seed)
    found = {}
    for role in BAND_ROLES:
        size = SIDE // 2 if role.startswith("swir") else SIDE
        middle = (values or PLANTS)[role] + up
        found[role] = rng.normal(middle, noise, (size, size)).clip(1, 65_535)
    return found


def scene(folder, dn, dtype=np.uint16, scl=4, file_scale=None, **fields):
    recipe = write_scene(folder, grid=FIELD, scl=scl, **fields)
    for role, values in dn.items():
        step = 2 if role.startswith("swir") else 1
        path = write_tif(
            folder / f"{role}.tif", values.astype(dtype), pixel_m=10.0 * step, nodata=0
        )
        if file_scale is not None:
            with rasterio.open(path, "r+") as target:
                target.scales, target.offsets = [file_scale[0]], [file_scale[1]]
    return recipe


def reflectance(recipe):
    return read_scene(recipe, FIELD).reflectance.mean(axis=(1, 2))


EXPECTED = [PLANTS[role] / 1e4 for role in BAND_ROLES]


# --- types and ranges ---------------------------------------------------------------


def test_floats_of_0_to_1_without_a_scale_are_refused_not_rounded(tmp_path):
    recipe = scene(tmp_path, {r: v / 1e4 for r, v in bands().items()}, np.float32)
    with pytest.raises(ImplausiblePixels, match=r"scale of 0\.0001.*raster:scale"):
        check_scene(recipe, FIELD)
    with SceneReader(recipe, FIELD) as reader:
        with pytest.raises(ImplausiblePixels, match="floats up to 2"):
            reader.read(WHOLE)
        with pytest.raises(ImplausiblePixels, match="floats up to 2"):
            reader.read_dn_block(WHOLE)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_0_to_1_whose_scale_is_stated_are_right(tmp_path, dtype):
    recipe = scene(tmp_path, {r: v / 1e4 for r, v in bands().items()}, dtype, scale=1.0)
    assert check_scene(recipe, FIELD).proof == "proven"
    np.testing.assert_allclose(reflectance(recipe), EXPECTED, rtol=0.02)
    with SceneReader(recipe, FIELD) as reader:
        block = reader.read_dn_block(WHOLE)
    np.testing.assert_allclose(block.dn.mean(axis=(1, 2)) * block.scale, EXPECTED, rtol=0.02)


def test_floats_that_are_digital_numbers_are_read_as_such(tmp_path):
    recipe = scene(tmp_path, bands(), np.float32)
    assert check_scene(recipe, FIELD).proof == "proven"
    np.testing.assert_allclose(reflectance(recipe), EXPECTED, rtol=0.02)


def test_8_bit_pictures_are_refused(tmp_path):
    dn = {role: np.clip(values / 16, 1, 255) for role, values in bands().items()}
    with pytest.raises(ImplausiblePixels, match=r"uint8.*8-bit picture"):
        check_scene(scene(tmp_path, dn, np.uint8), FIELD)


@pytest.mark.parametrize("scl", [4, 5, 8, 11])
def test_8_bit_pictures_in_16_bits_are_refused(tmp_path, scl):
    dn = {role: np.clip(values / 16, 1, 255) for role, values in bands().items()}
    with pytest.raises(ImplausiblePixels, match="8 bits"):
        check_scene(scene(tmp_path, dn, scl=scl), FIELD)


def test_open_water_may_be_that_dark(tmp_path):
    sea = {"red": 60, "green": 120, "blue": 190, "nir": 20, "swir1": 10, "swir2": 8}
    assert check_scene(scene(tmp_path, bands(sea, noise=2), scl=6), FIELD).proof == "proven"


@pytest.mark.parametrize(
    ("role", "change"),
    [
        ("nir", lambda dn: dn / 1e4),
        ("red", lambda dn: dn / 1e4),
        ("swir2", lambda dn: dn / 1e2),
        ("blue", lambda dn: dn * 0 + 1),
        ("nir", lambda dn: np.clip(dn / 16, 1, 255)),
        ("nir", lambda dn: np.clip(dn * 18, 1, 65_535)),
    ],
    ids=["nir 0-1", "red 0-1", "swir2 in percent", "blue constant", "nir 8 bits", "nir stretched"],
)
def test_one_band_in_other_units_than_its_neighbours_is_refused_by_name(tmp_path, role, change):
    # Judged over all bands together, each passed as "proven" with a band of zeros.
    dn = bands()
    recipe = scene(tmp_path, dn)
    step = 20.0 if role.startswith("swir") else 10.0
    write_tif(tmp_path / f"{role}.tif", change(dn[role]).astype(np.float64), pixel_m=step, nodata=0)
    with pytest.raises(ImplausiblePixels, match=rf"{role}'s numbers.*raster:scale"):
        check_scene(recipe, FIELD)


def test_water_that_is_called_land_is_not_taken_for_other_units(tmp_path):
    turbid = {"red": 700, "green": 800, "blue": 500, "nir": 250, "swir1": 25, "swir2": 15}
    assert check_scene(scene(tmp_path, bands(turbid, noise=3), scl=5), FIELD).empty_share == 0


@pytest.mark.parametrize("fill", [-9999, -32_768])
@pytest.mark.parametrize("file_scale", [None, (5e-5, 0.0)])
def test_a_fill_value_that_nobody_declared_is_not_black_ground(tmp_path, fill, file_scale):
    # It was: valid, with reflectance 0.
    dn = {role: values / 2 for role, values in bands().items()}
    dn["nir"][:, : SIDE // 2] = fill
    dn["swir1"][: SIDE // 4] = fill
    recipe = scene(tmp_path, dn, np.int16, file_scale=file_scale)
    valid = read_scene(recipe, FIELD).valid
    assert not valid[:, : SIDE // 2].any()
    assert not valid[: SIDE // 2 - 1].any()
    assert valid[SIDE // 2 + 1 :, SIDE // 2 :].all()


def test_a_little_less_than_nothing_is_dark_ground(tmp_path):
    dn = bands()
    dn["blue"][40:44, 40:44] = -300
    assert read_scene(scene(tmp_path, dn, np.int16), FIELD).valid.all()


def test_pictures_stretched_to_16_bits_are_refused(tmp_path):
    dn = {role: np.clip(values * 40, 1, 65_535) for role, values in bands().items()}
    with pytest.raises(ImplausiblePixels, match="stretched"):
        check_scene(scene(tmp_path, dn), FIELD)


@pytest.mark.parametrize(
    ("factor", "shift", "file_scale"),
    [(5.0, 0.0, (2e-5, 0.0)), (2.0, 2000.0, (5e-5, -0.1)), (1e-4, 0.0, None)],
    ids=["finer steps", "finer steps and an offset", "no scale"],
)
def test_integers_and_floats_are_scaled_where_the_file_says_how(
    tmp_path, factor, shift, file_scale
):
    dn = {role: values * factor + shift for role, values in bands().items()}
    if file_scale is None:
        recipe = scene(tmp_path, dn, np.float32)
        with pytest.raises(ImplausiblePixels):
            check_scene(recipe, FIELD)
        return
    recipe = scene(tmp_path, dn, file_scale=file_scale)
    assert check_scene(recipe, FIELD).proof == "proven"
    np.testing.assert_allclose(reflectance(recipe), EXPECTED, rtol=0.02)


def test_a_files_scale_counts_beside_an_announced_offset(tmp_path):
    """The product has an offset of −1000 by its baseline; the file was computed anew."""
    dn = {role: values * 2 for role, values in bands().items()}
    recipe = scene(tmp_path, dn, file_scale=(5e-5, 0.0), offset_dn=-1000)
    np.testing.assert_allclose(reflectance(recipe), EXPECTED, rtol=0.02)


def test_the_offset_in_a_file_of_the_usual_scale_is_left_to_the_metadata(tmp_path):
    """Earth Search v1 writes −0.1 into files from which it took the offset out."""
    recipe = scene(tmp_path, bands(), file_scale=(1e-4, -0.1))
    np.testing.assert_allclose(reflectance(recipe), EXPECTED, rtol=0.02)


# --- bands that were never written ------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "hole"),
    [
        ("swir1", np.s_[:, :20]),
        ("swir2", np.s_[16:, :]),
        ("nir", np.s_[:, :]),
        ("blue", np.s_[10:40, 30:77]),
        ("green", np.s_[33:36, :]),
        ("red", np.s_[:, 90:]),
    ],
)
@pytest.mark.parametrize("offset_dn", [0, -1000])
def test_a_band_without_data_is_invalid_there_and_only_there(tmp_path, role, hole, offset_dn):
    dn = bands(up=-offset_dn)
    dn[role][hole] = 0
    written = dn[role] > 0
    if role.startswith("swir"):
        written = np.kron(written, np.ones((2, 2), bool))
    recipe = scene(tmp_path, dn, offset_dn=offset_dn)
    block = read_scene(recipe, FIELD)
    np.testing.assert_array_equal(block.valid, written)
    assert not block.reflectance[:, ~written].any()
    with SceneReader(recipe, FIELD) as reader:
        np.testing.assert_array_equal(reader.read_dn_block(WHOLE).valid, written)
        part = Window(5, 11, 60, 70)
        np.testing.assert_array_equal(reader.read(part).valid, written[part.slices])
    if written.mean() < 0.5:
        with pytest.raises(ImplausiblePixels, match=rf"{role} was never written"):
            check_scene(recipe, FIELD)
    else:
        assert check_scene(recipe, FIELD).empty_share == pytest.approx(1 - written.mean(), abs=0.01)


def test_ragged_patches_of_zeros_are_dark_pixels(tmp_path):
    dn = bands()
    dn["nir"][np.random.default_rng(1).random((SIDE, SIDE)) < 0.5] = 0
    dn["nir"][40:48, 40:48] = 0
    dn["nir"][44, 44] = 7
    assert read_scene(scene(tmp_path, dn), FIELD).valid.all()


def test_lakes_that_a_provider_clipped_to_zero_stay(tmp_path):
    """Taking out the offset leaves 0 in the infrared of whole lakes."""
    scl = np.full((SIDE // 2, SIDE // 2), 4, np.uint8)
    scl[10:30, 10:30] = 6
    dn = bands()
    dn["swir1"][10:30, 10:30] = dn["swir2"][10:30, 10:30] = 0
    dn["nir"][20:60, 20:60] = 0
    block = read_scene(scene(tmp_path, dn, scl=scl), FIELD)
    assert block.valid.all()
    assert not block.reflectance[4, 20:60, 20:60].any()


# --- the offset -----------------------------------------------------------------------


def test_an_unannounced_offset_is_seen_by_vegetation_without_any_water(tmp_path):
    with pytest.raises(OffsetContradicted, match=r"dense vegetation are red 1[23]"):
        check_scene(scene(tmp_path, bands(up=1000)), FIELD)


def test_an_announced_offset_is_proven_by_vegetation(tmp_path):
    check = check_scene(scene(tmp_path, bands(up=1000), offset_dn=-1000), FIELD)
    assert (check.proof, check.evidence.verdict) == ("proven", "present")


DRY = {"red": 1600, "green": 1250, "blue": 950, "nir": 2900, "swir1": 3300, "swir2": 2500}
SAND = {"red": 2600, "green": 1900, "blue": 1250, "nir": 3300, "swir1": 4100, "swir2": 3700}


@pytest.mark.parametrize(("ground", "scl"), [(DRY, 4), (SAND, 5)])
@pytest.mark.parametrize("up", [0, 1000])
def test_steppe_and_sand_prove_nothing(tmp_path, ground, scl, up):
    check = check_scene(scene(tmp_path, bands(ground, up=up), scl=scl, offset_dn=-up), FIELD)
    assert (check.proof, check.evidence.verdict) == ("unproven", "cannot tell")


@pytest.mark.parametrize(("up", "expected"), [(0, 0), (1000, -1000)])
def test_where_the_metadata_say_nothing_the_pixels_decide(tmp_path, up, expected):
    fields = {"offset_open": True, "offset_needs_proof": True, "baseline": "99.99"}
    check = check_scene(scene(tmp_path, bands(up=up), **fields), FIELD)
    assert (check.recipe.offset_dn, check.recipe.offset_open, check.proof) == (
        expected, False, "proven"
    )  # fmt: skip


# --- where it is looked ----------------------------------------------------------------


def test_a_small_file_on_a_large_tile_is_seen(tmp_path):
    tile = tile_grid("33TVL")
    small = tile.cut(Window(300, 500, SIDE, SIDE))
    dn = {role: np.full((SIDE // (2 if "swir" in role else 1),) * 2, PLANTS[role], np.uint16)
          for role in BAND_ROLES}  # fmt: skip
    recipe = write_scene(tmp_path, grid=small, dn=dn)
    check = check_scene(recipe, tile)
    assert check.proof == "proven"
    assert "100.00 % of" in check.evidence.reason
    elsewhere = tile.cut(Window(5000, 5000, 200, 200))
    with pytest.raises(SceneGridMismatch, match="cover nothing"):
        check_scene(recipe, elsewhere)


def test_no_pixel_is_never_told_as_a_share(tmp_path):
    recipe = scene(tmp_path, bands(), scl=0)
    check = check_scene(recipe, FIELD)
    assert (check.proof, check.evidence.reason) == ("unproven", "no pixel with data was seen")


def test_without_overviews_the_piece_with_most_data_is_read(tmp_path):
    grid = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 4096, 4096)
    scl = np.zeros((2048, 2048), np.uint8)
    scl[:, :300] = 4
    dn = {}
    for role in BAND_ROLES:
        size = 2048 if role.startswith("swir") else 4096
        dn[role] = np.full((size, size), PLANTS[role], np.uint16)
    recipe = write_scene(tmp_path, grid=grid, dn=dn, scl=scl)
    assert check_scene(recipe, grid).proof == "proven"
