"""One new scene after many: what an update of the year's map costs.

Run: ``python -m benchmarks.incremental [--json] [--size 2746] [--scenes 40]``.

* ours: ``compose_year`` with one scene more and the kept sums of the map before: decode the
  new scene and the sums, vote, write the new sums and the map;
* limit: decoding that scene and those sums, encoding the sums and the map, each alone with as
  many threads;
* peer: the same map from all scenes anew. Both products are compared byte by byte.

Bytes read are those of the files that are opened; both write the same. Everything runs in a
process of its own, after a call on a small grid that loads the compiled loops. A quarter of a
tile's quarter is the default: writing 41 scenes takes most of the time.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.incremental.runs import SUMS, run_anew, run_limit, run_update
from benchmarks.limits.consensus import paths_of
from benchmarks.measuring import alone, consensus_options_of, describe_update, print_figures
from benchmarks.simulated.predictions import make_scenes

MOST_OF_LIMIT, LEAST_BYTES, LEAST_FASTER = 2.5, 10.0, 2.5
TOLD = {
    "ratio_to_limit": f"times the limit (at most {MOST_OF_LIMIT})",
    "ratio_to_peer": f"faster than anew, apart from the map (at least {LEAST_FASTER})",
    "ratio_of_bytes_read": f"fewer bytes read (at least {LEAST_BYTES:.0f})",
    "sums_in_scenes": "size of the sums, in scenes",
    "mpx_per_s": "Mpx/s of the map",
    "peak_mb": "peak MB",
}


def compare(size: int, scenes: int, threads: int, repeats: int) -> dict[str, Any]:
    """All figures of one size."""
    with tempfile.TemporaryDirectory(prefix="incremental-") as name:
        folder = Path(name)
        every = make_scenes(folder, size, scenes + 1, threads)
        alone(run_anew, folder, size, scenes, threads, "before")
        anew = min(
            alone(run_anew, folder, size, scenes + 1, threads, "anew")[0] for _ in range(repeats)
        )
        runs = [alone(run_update, folder, size, scenes, threads) for _ in range(repeats)]
        _require_equal(folder)
        limits = [alone(run_limit, folder, size, threads)[0] for _ in range(repeats)]
        sizes = [sum(p.stat().st_size for p in paths_of([scene])) for scene in every]
        kept = (folder / "before" / SUMS).stat().st_size
    update, limit = min(run[0] for run in runs), {k: min(o[k] for o in limits) for k in limits[0]}
    apart = limit["encode_map"]
    found = {
        "size_px": size,
        "scenes": scenes,
        "threads": threads,
        "seconds": {"update": update, "anew": anew, **limit},
        "ratio_to_limit": update / sum(limit.values()),
        "ratio_to_peer": (anew - apart) / (update - apart),
        "ratio_of_bytes_read": sum(sizes) / (sizes[-1] + kept),
        "sums_in_scenes": kept / (sum(sizes) / len(sizes)),
        "mpx_per_s": size * size / 1e6 / update,
        "peak_mb": max(run[1] for run in runs),
    }
    reached = found["ratio_to_limit"] <= MOST_OF_LIMIT and found["ratio_to_peer"] >= LEAST_FASTER
    enough = found["ratio_of_bytes_read"] >= LEAST_BYTES
    return {**found, "reaches_time_targets": reached, "reaches_bytes_target": enough}


def _require_equal(folder: Path) -> None:
    for path in (folder / "anew").iterdir():
        if path.read_bytes() != (folder / "update" / path.name).read_bytes():
            raise SystemExit(f"{path.name} of the update is not that of all scenes anew")


def describe(found: dict[str, Any]) -> str:
    """The figures for people."""
    return describe_update(found, TOLD, 44)


def main() -> None:
    """Measure and print."""
    parser = consensus_options_of(
        __doc__, size_px=2746, scenes=40, scenes_help="that are in the map already"
    )
    asked = parser.parse_args()
    found = compare(asked.size, asked.scenes, asked.threads, asked.repeats)
    print_figures(found, describe, as_json=asked.json)


if __name__ == "__main__":
    main()
