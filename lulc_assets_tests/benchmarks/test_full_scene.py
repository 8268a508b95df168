from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio

import benchmarks.full_scene.mirrored as full_scene_module
from benchmarks.full_scene.mirrored import write_full_scene
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import tile_grid
from lulc_assets.core.imagery.cog import validate_layer


def test_blocks_that_do_not_fit_the_tile_are_refused(tmp_path: Path):
    for block_px in (1000, 1085, 0):
        with pytest.raises(InvalidProject, match="10980"):
            write_full_scene(tmp_path / "a", block_px=block_px)
    assert not (tmp_path / "a").exists()


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tile of 720 pixels a side made of blocks of 240."""
    patch = pytest.MonkeyPatch()
    whole = tile_grid("33TVM")
    small = type(whole)(whole.epsg, whole.x0, whole.y0, 720, 720)
    patch.setattr(full_scene_module, "FULL_PX", 720)
    patch.setattr(full_scene_module, "tile_grid", lambda _tile: small)
    try:
        return write_full_scene(tmp_path_factory.mktemp("full") / "scene", block_px=240)
    finally:
        patch.undo()


def test_the_scene_fills_the_grid_of_the_tile_without_seams(catalog: Path):
    item = next(iter(pystac.Catalog.from_file(str(catalog)).get_items()))
    for name in ("B02", "B08", "B11", "SCL"):
        with rasterio.open(item.assets[name].get_absolute_href()) as source:
            values = source.read(1)
        block = 240 if name in ("B02", "B08") else 120
        assert values.shape == (3 * block, 3 * block)
        assert np.array_equal(values[:block, :block], values[:block, block : 2 * block][:, ::-1])
        assert np.array_equal(values[:block], values[block : 2 * block][::-1])
        assert np.array_equal(values[:block], values[2 * block :])
        assert np.array_equal(values[:, block - 1], values[:, block])


def test_the_files_are_whole_and_nothing_is_left_over(catalog: Path):
    whole = tile_grid("33TVM")
    grid = type(whole)(whole.epsg, whole.x0, whole.y0, 720, 720)
    validate_layer(
        catalog.parent / "truth.tif", grid, dtype="uint8", legal_values=set(range(1, 10))
    )
    assert not list(catalog.parent.rglob("*.scratch.tif"))
