"""Kill a writer at every step of publishing, thousands of times, and look at what stands.

    python -m benchmarks.killed_store --trials 3000
    python -m benchmarks.killed_store --store s3://bucket/prefix --trials 500

Step by step from the first to the last and again: before and after each write, fsync, rename and
request. After each kill the old or the new product must stand whole, and the next writer must
succeed. Prints how often which stood; ends with an error at the first half product. A bucket is
reached as any other (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.killed_store.trials import OpenStore, trial
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.s3 import S3Store


def kill_often(open_store: OpenStore, folder: Path, trials: int) -> Counter[str]:
    """Trials at each step in turn; how many were killed, and what stood."""
    counts: Counter[str] = Counter()
    step = 0
    for number in range(trials):
        killed, stood = trial(open_store, folder, number, step)
        counts["killed" if killed else "over before"] += 1
        counts[f"{stood} product stood"] += 1
        counts["steps"] = max(counts["steps"], step)
        step = step + 1 if killed else 0
    return counts


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=3000)
    parser.add_argument("--store", default="", help="s3://bucket/prefix; none: a folder")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lulc-killed-") as scratch:
        folder = Path(scratch)

        def open_store() -> LocalStore | S3Store:
            if args.store:
                return S3Store(args.store, folder / "cache")
            return LocalStore(folder / "store")

        counts = kill_often(open_store, folder, args.trials)
    if args.json:
        print(json.dumps(counts))
    else:
        print(", ".join(f"{name}: {count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
