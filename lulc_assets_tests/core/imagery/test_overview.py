import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from lulc_assets.core.errors import SceneGridMismatch
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.overview import lattice_of, read_scl_lattice
from lulc_assets.core.scene.recipe import BandAsset
from lulc_assets_tests.small_scene import GRID, make_recipe, write_scene, write_tif

WIDE = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 64, 48)


def test_a_small_grid_is_its_own_lattice():
    assert lattice_of(WIDE, 512) == WIDE


def test_a_lattice_has_at_most_the_wanted_points_a_side():
    lattice = lattice_of(WIDE, 16)
    assert lattice == PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 16, 12, 40)


def test_a_narrow_grid_still_has_a_point():
    assert min(lattice_of(PixelGrid(GRID.epsg, 0, 0, 1000, 3), 10).shape) >= 1


def test_codes_at_the_points_are_those_of_the_file(tmp_path):
    scl = np.zeros((32, 24), np.uint8)
    scl[:, :12] = 4
    scl[:, 12:] = 9
    recipe = write_scene(tmp_path, grid=WIDE, scl=scl)
    codes = read_scl_lattice(recipe, lattice_of(WIDE, 16))
    assert codes.shape == (16, 12)
    assert (codes[:, :6] == 4).all()
    assert (codes[:, 6:] == 9).all()


def test_an_overview_is_read_where_the_file_has_one(tmp_path):
    """The overview is made to differ from the full resolution, to see which was read."""
    path = write_tif(tmp_path / "scl.tif", np.full((32, 24), 4, np.uint8), pixel_m=20.0)
    with rasterio.open(path, "r+") as target:
        target.build_overviews([2], Resampling.nearest)
        target.write(np.full((32, 24), 9, np.uint8), 1)
    recipe = make_recipe({"scl": BandAsset(str(path), 20.0)})
    assert (read_scl_lattice(recipe, lattice_of(WIDE, 16)) == 4).all()
    assert (read_scl_lattice(recipe, WIDE) == 9).all()


def test_outside_the_file_is_no_data(tmp_path):
    part = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 32, 48)
    codes = read_scl_lattice(write_scene(tmp_path, grid=part), lattice_of(WIDE, 16))
    assert (codes[:8] == 4).all()
    assert (codes[8:] == 0).all()


def test_a_decimated_classification_is_refused(tmp_path):
    path = write_tif(tmp_path / "scl.tif", np.full((8, 8), 4, np.uint8), pixel_m=200.0)
    recipe = make_recipe({"scl": BandAsset(str(path), 20.0)})
    with pytest.raises(SceneGridMismatch, match="200 m where 20 m"):
        read_scl_lattice(recipe, lattice_of(WIDE, 16))
