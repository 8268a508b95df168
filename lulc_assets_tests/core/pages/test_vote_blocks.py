"""The file that a click reads holds every value of every layer, where its reader looks for it."""

import zlib

import numpy as np
import pytest

from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.pages.vote_blocks import BLOCK_PX, lengths_bytes, write_vote_blocks

GRID = PixelGrid(32633, 400_000.0, 5_200_000.0, height=700, width=530, pixel_m=10.0)
"""More than one block to read, and blocks at the border that are smaller."""


def layer(path, seed, grid=GRID, dtype=np.uint8):
    values = np.random.default_rng(seed).integers(0, 9, grid.shape).astype(dtype)
    return write_cog(path, values, grid, kind="class", description="layer"), values


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    return [layer(folder / f"{seed}.tif", seed) for seed in range(4)]


def test_each_block_holds_its_part_of_every_layer(layers, tmp_path):
    path = write_vote_blocks(tmp_path / "v.bin", [path for path, _ in layers], GRID, threads=2)

    data, at = path.read_bytes(), lengths_bytes(GRID)
    lengths = np.frombuffer(data[:at], "<u4")
    assert at + lengths.sum() == len(data)
    for window, length in zip(GRID.blocks(BLOCK_PX), lengths, strict=True):
        rows = slice(window.row, window.row + window.height)
        cols = slice(window.col, window.col + window.width)
        wanted = np.stack([values[rows, cols] for _, values in layers])
        assert zlib.decompress(data[at : at + length]) == wanted.tobytes()
        at += int(length)


def test_the_same_layers_are_the_same_bytes_whatever_the_threads(layers, tmp_path):
    paths = [path for path, _ in layers]
    one, three = (
        write_vote_blocks(tmp_path / f"{threads}.bin", paths, GRID, threads).read_bytes()
        for threads in (1, 3)
    )
    assert one == three


def test_a_layer_that_is_damaged_or_of_16_bits_is_named_and_leaves_no_file(layers, tmp_path):
    broken = tmp_path / "broken.tif"
    broken.write_bytes(layers[0][0].read_bytes()[:2000])
    wide, _ = layer(tmp_path / "wide.tif", 1, dtype=np.uint16)
    for path, error in ((broken, UnreadableRaster), (wide, InvalidProduct)):
        with pytest.raises(error, match=path.name):
            write_vote_blocks(tmp_path / "votes.bin", [layers[0][0], path], GRID)
    assert not list(tmp_path.glob("*.bin"))
