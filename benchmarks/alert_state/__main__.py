"""One new scene after others: what an update of a tile's alerts costs.

Run: ``python -m benchmarks.alert_state [--json] [--size 10980]``.

* ours: ``judge_year`` with the states of before and one scene more: decode the scene, the
  baseline and the state, judge, write the new state;
* limit: reading that state and writing the new one, each alone with as many threads;
* limit with its inputs: the same, and decoding the scene and the baseline.

Everything runs in a process of its own, after a call on a small grid that loads the compiled
loops. Peak memory is that of the process that updates.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.alert_state.runs import LATEST, make_year, run_limit, run_update
from benchmarks.measuring import alone, consensus_options_of, describe_update, print_figures
from benchmarks.simulated.predictions import make_scenes

FORMER = 2
MOST_OF_LIMIT, MOST_MB = 1.5, 2000.0
TOLD = {
    "ratio_to_limit": f"times reading and writing the state (at most {MOST_OF_LIMIT})",
    "ratio_with_inputs": "times that and decoding scene and baseline",
    "state_mb": "size of the state, MB",
    "mpx_per_s": "Mpx/s of the tile",
    "peak_mb": f"peak MB (at most {MOST_MB:.0f})",
}


def compare(size: int, scenes: int, threads: int, repeats: int) -> dict[str, Any]:
    """All figures of one size."""
    with tempfile.TemporaryDirectory(prefix="alert-state-") as name:
        folder = Path(name)
        make_scenes(folder, size, FORMER + scenes + 1, threads)
        alone(make_year, folder, size, FORMER, scenes, threads)
        runs, limits = [], []
        for _ in range(repeats):  # one after the other, so that both meet the same machine
            runs.append(alone(run_update, folder, size, FORMER, threads))
            limits.append(alone(run_limit, folder, size, threads)[0])
        kept = (folder / "update" / LATEST).stat().st_size
    update, limit = min(run[0] for run in runs), {k: min(o[k] for o in limits) for k in limits[0]}
    state = limit["read_state"] + limit["write_state"]
    found = {
        "size_px": size,
        "scenes": scenes,
        "threads": threads,
        "seconds": {"update": update, **limit},
        "ratio_to_limit": update / state,
        "ratio_to_peer": None,
        "ratio_with_inputs": update / sum(limit.values()),
        "state_mb": kept / 1e6,
        "mpx_per_s": size * size / 1e6 / update,
        "peak_mb": max(run[1] for run in runs),
    }
    return {
        **found,
        "reaches_time_target": found["ratio_to_limit"] <= MOST_OF_LIMIT,
        "reaches_memory_target": found["peak_mb"] <= MOST_MB,
    }


def describe(found: dict[str, Any]) -> str:
    """The figures for people."""
    return describe_update(found, TOLD, 54)


def main() -> None:
    """Measure and print."""
    parser = consensus_options_of(
        __doc__, size_px=10_980, scenes=3, scenes_help="that the state has seen already"
    )
    asked = parser.parse_args()
    found = compare(asked.size, asked.scenes, asked.threads, asked.repeats)
    print_figures(found, describe, as_json=asked.json)


if __name__ == "__main__":
    main()
