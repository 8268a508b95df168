import shutil

import numpy as np
import pytest
from PIL import Image

from lulc_assets.core.errors import LabelError, LulcError, UnreadableRaster
from lulc_assets.core.patches.folder import EUROSAT_ORDER, list_patches, read_patches
from lulc_assets_tests.core.patches.conftest import write_tif


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def test_eurosats_layout_is_read_with_b8a_last(folder):
    patches = read_patches(folder, ["nir08", "red"])
    assert patches.classes == ("Forest", "Industrial", "SeaLake")
    assert patches.images.shape == (18, 2, 64, 64)
    assert patches.images[0, 0, 0, 0] == 7000
    assert EUROSAT_ORDER[-1] == "nir08"
    assert not patches.pictures
    assert read_patches(folder).bands == EUROSAT_ORDER


def test_pictures_are_read_as_red_green_blue(tmp_path):
    for name, color in (("a", (255, 0, 0)), ("b", (0, 0, 255))):
        (tmp_path / name).mkdir()
        for number in range(2):
            picture = Image.new("RGB", (64, 64), color)
            picture.save(tmp_path / name / f"{name}{number}.jpg", quality=100)
    patches = read_patches(tmp_path)
    assert patches.pictures
    assert patches.bands == ("red", "green", "blue")
    assert patches.images[0, 0].mean() > 9900
    assert patches.images[-1, 2].mean() > 9900


@pytest.mark.parametrize(
    ("spoil", "error", "named"),
    [
        (lambda f: (f / "Empty").mkdir(), LabelError, r"class Empty .* holds no patch"),
        (lambda f: (f / "Forest" / "Forest_1.tif").write_bytes(b"II*\0no"), UnreadableRaster,
         r"Forest_1\.tif cannot be read"),
        (lambda f: _cut_short(f / "Forest" / "Forest_2.tif"), UnreadableRaster, r"Forest_2\.tif"),
        (lambda f: write_tif(f / "SeaLake" / "x.tif", np.ones((13, 32, 64), np.uint16)),
         LabelError, r"x\.tif has 64 × 32 px in 13 bands"),
        (lambda f: write_tif(f / "SeaLake" / "x.tif", np.ones((12, 64, 64), np.uint16)),
         LabelError, r"in 12 bands"),
        (lambda f: shutil.copy(f / "Forest" / "Forest_1.tif", f / "SeaLake" / "Forest_1.tif"),
         LabelError, r"Forest_1\.tif and .*Forest_1\.tif have one name"),
        (lambda f: shutil.copy(f / "Forest" / "Forest_1.tif", f / "Forest" / "forest_1.tiff"),
         LabelError, "have one name"),
        (lambda f: Image.new("RGB", (64, 64)).save(f / "Forest" / "p.jpg"), LabelError,
         "multispectral files and pictures"),
        (lambda f: write_tif(f / "Forest" / "Forest_0.tif", np.full((13, 64, 64), np.nan, "f4")),
         UnreadableRaster, r"Forest_0\.tif holds NaN"),
        (lambda f: write_tif(f / "Forest" / "Forest_0.tif", np.zeros((13, 64, 64), np.uint16)),
         UnreadableRaster, r"Forest_0\.tif holds nothing above 0"),
        (lambda f: write_tif(f / "SeaLake" / "x.tif", np.ones((13, 64, 64), np.complex64)),
         UnreadableRaster, r"x\.tif holds complex64"),
        (lambda f: write_tif(f / "SeaLake" / "x.tif", np.full((13, 64, 64), 90, np.uint8)),
         LabelError, r"x\.tif holds 8 bits, .*Forest_0\.tif holds reflectance"),
        (lambda f: (f / "SeaLake" / "x.tif").mkdir(), UnreadableRaster, r"x\.tif cannot be read"),
        (lambda f: (f / "SeaLake" / "x.tif").symlink_to(f / "nowhere.tif"), UnreadableRaster,
         r"x\.tif cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(copy, spoil, error, named):
    spoil(copy)
    with pytest.raises(error, match=named):
        read_patches(copy)


def _cut_short(path):
    path.write_bytes(path.read_bytes()[:30_000])


def test_folders_that_hold_no_patches_are_refused(tmp_path, folder):
    with pytest.raises(LabelError, match="is not a folder"):
        list_patches(tmp_path / "nowhere")
    with pytest.raises(LabelError, match="0 folders of classes"):
        list_patches(tmp_path)
    with pytest.raises(LabelError, match="swir3 is not among"):
        read_patches(folder, ["swir3"])


def test_unknown_bands_must_be_named(tmp_path):
    for name in "ab":
        write_tif(tmp_path / name / f"{name}.tif", np.ones((4, 64, 64), np.uint16))
    with pytest.raises(LabelError, match="has 4 bands, and it does not say which"):
        read_patches(tmp_path)
    assert read_patches(tmp_path, order=["blue", "green", "red", "nir"]).bands[3] == "nir"
    with pytest.raises(LulcError, match="2 are named"):
        read_patches(tmp_path, order=["blue", "green"])
