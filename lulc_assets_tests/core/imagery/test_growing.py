import numpy as np
import pytest

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets_tests.small_scene import GRID

BIG = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 1300, 700)
OPTIONS = {
    "class": {
        "kind": "class",
        "nodata": 0,
        "colormap": {code: (code * 20, 100, 50) for code in range(11)},
        "description": "class",
    },
    "continuous": {"kind": "continuous", "nodata": 0, "description": "share"},
    "mask": {"kind": "class", "description": "mask"},
}


def windows(side, seed):
    """Windows that cover the grid and agree with no tile of the file, in any order."""
    rng = np.random.default_rng(seed)
    places = [(r, c) for r in range(0, BIG.height, side) for c in range(0, BIG.width, side)]
    for row, col in rng.permutation(places).tolist():
        yield Window(row, col, min(side, BIG.height - row), min(side, BIG.width - col))


@pytest.mark.parametrize("name", sorted(OPTIONS))
@pytest.mark.parametrize("side", [97, 512, 1300])
def test_windows_in_any_order_give_the_bytes_of_the_whole_layer(tmp_path, name, side):
    rng = np.random.default_rng(0)
    patches = rng.integers(0, 11, (-(-BIG.height // 20), -(-BIG.width // 20)))
    pixels = np.kron(patches, np.ones((20, 20)))[: BIG.height, : BIG.width].astype(np.uint8)
    whole = write_cog(tmp_path / "whole.tif", pixels, BIG, **OPTIONS[name])
    with GrowingLayer(tmp_path / "new" / "grown.tif", BIG, **OPTIONS[name]) as layer:
        for window in windows(side, seed=side):
            layer.put(window, pixels[window.slices])
        grown = layer.finish()
    assert grown.read_bytes() == whole.read_bytes()
    assert [path.name for path in grown.parent.iterdir()] == ["grown.tif"]


def test_what_was_not_put_is_zero(tmp_path):
    pixels = np.zeros(BIG.shape, np.uint8)
    window = Window(700, 100, 50, 60)
    pixels[window.slices] = 7
    whole = write_cog(tmp_path / "whole.tif", pixels, BIG, **OPTIONS["mask"])
    with GrowingLayer(tmp_path / "grown.tif", BIG, **OPTIONS["mask"]) as layer:
        layer.put(window, pixels[window.slices])
        assert layer.finish().read_bytes() == whole.read_bytes()


def test_what_was_not_put_is_no_data_where_there_is_such_a_value(tmp_path):
    pixels = np.full(BIG.shape, 255, np.uint8)
    window = Window(700, 100, 50, 60)
    pixels[window.slices] = 7
    options = {"kind": "continuous", "nodata": 255}
    whole = write_cog(tmp_path / "whole.tif", pixels, BIG, **options)
    with GrowingLayer(tmp_path / "grown.tif", BIG, **options) as layer:
        layer.put(window, pixels[window.slices])
        assert layer.finish().read_bytes() == whole.read_bytes()


def test_a_layer_that_is_given_up_leaves_nothing(tmp_path):
    def give_up():
        with GrowingLayer(tmp_path / "grown.tif", BIG, **OPTIONS["mask"]) as layer:
            layer.put(Window(0, 0, 5, 5), np.ones((5, 5), np.uint8))
            raise RuntimeError("the network broke")

    with pytest.raises(RuntimeError, match="the network broke"):
        give_up()
    assert not list(tmp_path.iterdir())
