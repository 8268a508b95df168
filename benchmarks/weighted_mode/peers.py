"""The vote as one writes it first: one-hot sums in numpy, and in xarray over dask."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window as RasterWindow

from benchmarks.measuring import seconds
from benchmarks.simulated.predictions import make_grid, scenes_in
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.imagery.cog import read_raster, write_cog

CHUNK_PX = 1024

Layers = tuple[npt.NDArray[np.uint8], ...]


def vote_numpy(folder: Path, size: int) -> Layers:
    """One-hot sums, a scene after the other, as one writes it first."""
    weights = CompositeSettings().weight_table()
    scores = np.zeros((9, size, size), np.uint32)
    votes = np.zeros((size, size), np.uint8)
    for scene in scenes_in(folder):
        classes, probability, mask = (read_raster(path) for path in scene.fetch())
        valid = (mask > 0) & (classes > 0) & (classes < 10)
        votes += valid
        for code in range(1, 10):
            hit = valid & (classes == code)
            scores[code - 1] += np.where(hit, probability * np.uint32(weights[code]), 0).astype(
                np.uint32
            )
    total = scores.sum(axis=0, dtype=np.uint64)
    best = scores.max(axis=0)
    winner = np.where(total > 0, scores.argmax(axis=0) + 1, 0).astype(np.uint8)
    share = (255 * best.astype(np.uint64) // np.maximum(total, 1)).astype(np.uint8)
    return winner, share, votes


class _LazyRaster:
    """A file as dask wants an array: read when sliced."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.shape, self.dtype, self.ndim = path, (size, size), np.dtype("u1"), 2

    def __getitem__(self, at: Any) -> npt.NDArray[np.uint8]:
        rows, cols = at
        with rasterio.open(self.path) as source:
            return source.read(1, window=RasterWindow.from_slices(rows, cols))


def vote_xarray(folder: Path, size: int, threads: int) -> Layers:
    """The same in xarray over dask, in chunks."""
    import dask  # a peer, needed here only
    import dask.array as da
    import xarray as xr
    from dask.base import compute

    weights = CompositeSettings().weight_table()
    layers = [
        xr.DataArray(
            da.stack(
                [
                    da.from_array(_LazyRaster(scene.fetch()[place], size), chunks=CHUNK_PX)
                    for scene in scenes_in(folder)
                ]
            ),
            dims=("time", "y", "x"),
        )
        for place in range(3)
    ]
    classes, probability, mask = layers
    valid = (mask > 0) & (classes > 0) & (classes < 10)
    scores = xr.concat(
        [
            probability.where(valid & (classes == code), 0).sum("time", dtype="u4") * weights[code]
            for code in range(1, 10)
        ],
        dim="code",
    )
    total = scores.sum("code")
    winner = xr.where(total > 0, scores.argmax("code") + 1, 0).astype("u1")
    share = (255 * scores.max("code") // total.clip(min=1)).astype("u1")
    votes = valid.sum("time").astype("u1")
    with dask.config.set(scheduler="threads", num_workers=threads):
        return tuple(np.asarray(one) for one in compute(winner.data, share.data, votes.data))


def run_peer(vote: Callable[[], Layers], folder: Path, size: int) -> float:
    """Seconds of a peer, files to files; its map must be ours where no mask was overruled."""
    found: list[Layers] = []

    def work() -> None:
        found.append(vote())
        for name, layer in zip(("class", "share", "votes"), found[0], strict=True):
            kind: Any = "class" if name == "class" else "continuous"
            write_cog(folder / f"peer_{name}.tif", layer, make_grid(size), kind=kind, nodata=0)

    spent = seconds(work)
    same = (found[0][0] == read_raster(folder / "map" / "class.tif")).mean()
    if same < 0.95:
        raise SystemExit(f"the peer's map differs on {100 * (1 - same):.1f} % of the pixels")
    return spent
