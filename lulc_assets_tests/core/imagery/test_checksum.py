"""Files whose item states a checksum (STAC file extension)."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.imagery.checksum import usable_checksum
from lulc_assets.core.imagery.reader import SceneReader, read_scene
from lulc_assets_tests.faults.range_server import serving
from lulc_assets_tests.small_scene import GRID, write_scene

CODES = {"sha256": "1220", "sha1": "1114", "sha512": "1340", "md5": "d50110", "sha3_256": "1620"}


def stated(recipe, function="sha256", only=None):
    """The recipe with the checksums of its files as they are now."""
    bands = {}
    for role, asset in recipe.bands.items():
        digest = hashlib.new(function, Path(asset.href).read_bytes()).hexdigest()
        bands[role] = asset
        if only in (None, role):
            bands[role] = dataclasses.replace(asset, checksum=CODES[function] + digest)
    return dataclasses.replace(recipe, bands=bands)


def flip(path, position=-40):
    data = bytearray(path.read_bytes())
    data[position] ^= 4
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("function", CODES)
def test_a_file_as_its_item_describes_it_is_read(tmp_path, function):
    assert read_scene(stated(write_scene(tmp_path), function), GRID).valid.all()


@pytest.mark.parametrize("role", ["red", "swir2", "scl"])
def test_one_flipped_bit_is_refused_by_name(tmp_path, role):
    recipe = stated(write_scene(tmp_path))
    flip(tmp_path / f"{role}.tif")
    with pytest.raises(UnreadableRaster, match=rf"{role}\.tif is not the file that its item"):
        SceneReader(recipe, GRID).check()


@pytest.mark.loopback
def test_a_small_remote_file_is_compared_too(tmp_path):
    recipe = stated(write_scene(tmp_path))
    with serving(tmp_path) as state:
        bands = {
            role: dataclasses.replace(asset, href=f"{state.url}/{role}.tif")
            for role, asset in recipe.bands.items()
        }
        remote = dataclasses.replace(recipe, bands=bands, private_network=True)
        SceneReader(remote, GRID).check()
        flip(tmp_path / "nir.tif")
        with pytest.raises(UnreadableRaster, match=r"nir\.tif is not the file"):
            SceneReader(remote, GRID).check()


@pytest.mark.parametrize(
    "text", [None, "", 5, "abc", "1220" + "0" * 63, "1220" + "x" * 64, "ff20" + "0" * 64]
)
def test_what_is_no_known_checksum_is_not_compared(text):
    assert usable_checksum(text) == ""


def test_upper_case_is_a_checksum_too():
    assert usable_checksum("1220" + "AB" * 32) == "1220" + "ab" * 32
