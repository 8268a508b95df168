"""The consensus of a year, from files to files, against decoding and against its peers.

Run: ``python -m benchmarks.weighted_mode [--json] [--size 5490] [--scenes 20]``.

* ours: ``compose_year``: decode class, probability and mask of all scenes, vote, write the
  three COGs and the kept sums;
* limit: decoding the same files block by block with plain rasterio, plus encoding the same
  outputs, each alone, with as many threads (the sums are an output: they are what makes the
  next scene cheap; the ratio without them is printed too);
* peers: one-hot sums in numpy, a scene after the other; the same in xarray and dask, chunk by
  chunk. Both write the same three COGs and keep no sums.

Everything runs in a process of its own, after a call on a small grid that loads the compiled
loops; the files are in the page cache. Mpx are pixels of the map. Memory of a whole tile:
``--size 10980 --scenes 60 --repeats 1 --no-peer``.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window as RasterWindow

from benchmarks.consensus_parts import decode_layers, encode_map, encode_sums, paths_of
from benchmarks.measuring import (
    alone,
    consensus_options_of,
    need_peers,
    print_figures,
    seconds,
)
from benchmarks.prediction_stack import make_grid, make_scenes, scenes_in
from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.imagery.cog import read_raster, write_cog

TARGET_OF_LIMIT, TARGET_OF_PEER = 0.7, 8.0
CHUNK_PX = 1024
TOLD = {
    "ratio_to_limit": f" (at least {TARGET_OF_LIMIT})",
    "ratio_to_limit_without_sums": "",
    "ratio_to_peer": f" (at least {TARGET_OF_PEER})",
    "mpx_per_s": "",
    "mpx_scenes_per_s": "",
    "peak_mb": " (at most 2000 for 10980² and 60 scenes)",
}

Layers = tuple[npt.NDArray[np.uint8], ...]


def _warm_up(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        warm, out = make_scenes(Path(scratch), 64, 2, 1), Path(scratch) / "warm"
        compose_year(warm, make_grid(64), CompositeSettings(), out)


def run_ours(folder: Path, size: int, threads: int) -> float:
    """Seconds of ``compose_year`` over the scenes in a folder."""
    _warm_up(folder)
    settings, scenes = CompositeSettings(threads=threads), scenes_in(folder)
    return seconds(lambda: compose_year(scenes, make_grid(size), settings, folder / "map"))


def run_limit(folder: Path, size: int, threads: int) -> dict[str, float]:
    """Seconds of the unavoidable parts."""
    _warm_up(folder)
    grid = make_grid(size)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        return {
            "decode": decode_layers(paths_of(scenes_in(folder)), grid, threads),
            "encode_map": encode_map(folder / "map", grid, threads, Path(scratch)),
            "encode_sums": encode_sums(
                folder / "map" / "sums_0101.zip", grid, threads, Path(scratch)
            ),
        }


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
        return tuple(np.asarray(one) for one in dask.compute(winner.data, share.data, votes.data))


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


def compare(
    size: int, scenes: int, threads: int, repeats: int, *, peers: bool = True
) -> dict[str, Any]:
    """All figures of one size."""
    with tempfile.TemporaryDirectory(prefix="weighted-mode-") as name:
        folder = Path(name)
        make_scenes(folder, size, scenes, threads)
        runs = [alone(run_ours, folder, size, threads) for _ in range(repeats)]
        ours, peak = min(run[0] for run in runs), max(run[1] for run in runs)
        limits = [alone(run_limit, folder, size, threads)[0] for _ in range(repeats)]
        limit = {part: min(one[part] for one in limits) for part in limits[0]}
        votes = {
            "numpy": partial(vote_numpy, folder, size),
            "xarray": partial(vote_xarray, folder, size, threads),
        }
        slower = {
            name: alone(run_peer, vote, folder, size)[0] for name, vote in votes.items() if peers
        }
    megapixels = size * size / 1e6
    found = {
        "size_px": size,
        "scenes": scenes,
        "threads": threads,
        "seconds": {"ours": ours, **limit, **{f"peer_{k}": v for k, v in slower.items()}},
        "ratio_to_limit": sum(limit.values()) / ours,
        "ratio_to_limit_without_sums": (limit["decode"] + limit["encode_map"]) / ours,
        "ratio_to_peer": min(slower.values()) / ours if slower else None,
        "mpx_per_s": megapixels / ours,
        "mpx_scenes_per_s": megapixels * scenes / ours,
        "peak_mb": peak,
    }
    reached = found["ratio_to_limit"] >= TARGET_OF_LIMIT
    return {**found, "reaches_targets": reached and (found["ratio_to_peer"] or 0) >= TARGET_OF_PEER}


def describe(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{found['scenes']} scenes of {found['size_px']}² pixels, {found['threads']} threads"]
    lines += [f"  {name:<28}{value:9.2f} s" for name, value in found["seconds"].items()]
    lines += [
        f"  {name:<28}{found[name]:9.2f}{told}"
        for name, told in TOLD.items()
        if found[name] is not None
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = consensus_options_of(__doc__, size_px=5490, scenes=20, scenes_help="of the year")
    parser.add_argument("--no-peer", action="store_true", help="leave the peers out")
    asked = parser.parse_args()
    if not asked.no_peer:
        need_peers("dask", "xarray")
    found = compare(asked.size, asked.scenes, asked.threads, asked.repeats, peers=not asked.no_peer)
    print_figures(found, describe, as_json=asked.json)


if __name__ == "__main__":
    main()
