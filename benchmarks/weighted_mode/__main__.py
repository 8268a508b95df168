"""The consensus of a year, from files to files, against decoding and against its peers.

Run: ``python -m benchmarks.weighted_mode [--json] [--size 5490] [--scenes 20]``.

* ours: ``compose_year``: decode class, probability and mask of all scenes, vote, write the
  three COGs and the kept sums;
* limit: decoding the same files block by block with plain rasterio, plus encoding the same
  outputs, each alone, with as many threads (the sums are an output: they are what makes the
  next scene cheap; the ratio without them is printed too);
* peers: one-hot sums in numpy, a scene after the other; the same in xarray and dask, chunk by
  chunk. Both write the same three COGs and keep no sums;
* classes: the same for ``--classes`` other than nine (and clouds), without peers; and the loops
  alone, in memory, of 9 and 27 classes beside loops in which nine is a constant.

Everything runs in a process of its own, after a call on a small grid that loads the compiled
loops; the files are in the page cache. Mpx are pixels of the map. Memory of a whole tile:
``--size 10980 --scenes 60 --repeats 1 --no-peer``.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import alone, consensus_options_of, need_peers, print_figures
from benchmarks.simulated.predictions import make_scenes
from benchmarks.weighted_mode.loops import compare_loops
from benchmarks.weighted_mode.peers import run_peer, vote_numpy, vote_xarray
from benchmarks.weighted_mode.runs import run_limit, run_ours

TARGET_OF_LIMIT, TARGET_OF_PEER = 0.7, 8.0
LOOPS_PX, LOOPS_OF, LOOPS_TURNS = 512, (9, 27), 25
"""Side of the block in memory, as the product works; classes of land; how often each is timed."""
TOLD = {
    "ratio_to_limit": f" (at least {TARGET_OF_LIMIT})",
    "ratio_to_limit_without_sums": "",
    "ratio_to_peer": f" (at least {TARGET_OF_PEER})",
    "mpx_per_s": "",
    "mpx_scenes_per_s": "",
    "peak_mb": " (at most 2000 for 10980² and 60 scenes)",
}


def compare(
    size: int, scenes: int, threads: int, repeats: int, *, peers: bool = True, land: int = 9
) -> dict[str, Any]:
    """All figures of one size."""
    with tempfile.TemporaryDirectory(prefix="weighted-mode-") as name:
        folder = Path(name)
        make_scenes(folder, size, scenes, threads, land)
        runs = [alone(run_ours, folder, size, threads, land) for _ in range(repeats)]
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
        "classes": land,
        "threads": threads,
        "seconds": {"ours": ours, **limit, **{f"peer_{k}": v for k, v in slower.items()}},
        "ratio_to_limit": sum(limit.values()) / ours,
        "ratio_to_limit_without_sums": (limit["decode"] + limit["encode_map"]) / ours,
        "ratio_to_peer": min(slower.values()) / ours if slower else None,
        "mpx_per_s": megapixels / ours,
        "mpx_scenes_per_s": megapixels * scenes / ours,
        "peak_mb": peak,
        "loops": alone(compare_loops, LOOPS_PX, scenes, LOOPS_OF, LOOPS_TURNS)[0],
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
    loops = found["loops"]
    lines += [
        f"  loops, {name:<21}{value:9.1f} ms" for name, value in loops["milliseconds"].items()
    ]
    lines.append(f"  {'ratio_to_fixed_9':<28}{loops['ratio_to_fixed_9']:9.2f} (at least 1)")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = consensus_options_of(__doc__, size_px=5490, scenes=20, scenes_help="of the year")
    parser.add_argument("--no-peer", action="store_true", help="leave the peers out")
    parser.add_argument("--classes", type=int, default=9, help="of land: 9, or a multiple")
    asked = parser.parse_args()
    peers = not asked.no_peer and asked.classes == 9
    if peers:
        need_peers("dask", "xarray")
    given = (asked.size, asked.scenes, asked.threads, asked.repeats)
    found = compare(*given, peers=peers, land=asked.classes)
    print_figures(found, describe, as_json=asked.json)


if __name__ == "__main__":
    main()
