"""Kill the demo at random moments, start it again, and compare its maps with a quiet run's.

    python -m benchmarks.killed_demo --kills 10

Each start is killed with SIGKILL, children and all, at a moment drawn evenly from what a
start may last (``--longest``); starts go on where the last one stopped, so that training,
prediction, maps and reports are hit too. Then it runs to its end. The summaries must name
the same maps. Prints what each kill interrupted; exits with 1 if a map differs.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

LULC = [str(Path(sys.executable).parent / "lulc"), "demo", "--out"]


def start(folder: Path) -> subprocess.Popen[bytes]:
    """The demo in a process group of its own; what it says goes to a log in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.log").open("wb") as log:
        return subprocess.Popen(
            [*LULC, str(folder)], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def finish(folder: Path) -> float:
    """Run the demo to its end; seconds."""
    started = time.monotonic()
    if start(folder).wait() != 0:
        raise SystemExit(f"the demo failed: see {folder / 'demo.log'}")
    return time.monotonic() - started


def kill_after(folder: Path, seconds: float) -> str:
    """Start, kill after some seconds; the last line that the demo said, or that it had ended."""
    process = start(folder)
    try:
        process.wait(timeout=seconds)
        return "nothing: it had ended"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    lines = (folder / "demo.log").read_text(errors="replace").replace("\r", "\n").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing said yet")


def maps_of(folder: Path) -> dict[str, str]:
    """Tile and year → SHA-256 of the map."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {f"{p['tile']} {p['year']}": p["map_sha256"] for p in summary["partitions"]}


def main() -> None:
    """Run, kill, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--longest", type=float, default=90, help="seconds that a start may last")
    parser.add_argument("--out", type=Path, default=Path("build/killed_demo"))
    parser.add_argument("--quiet", type=Path, help="a finished demo to compare with")
    wanted = parser.parse_args()
    quiet = wanted.quiet or wanted.out / "quiet"
    if not (quiet / "summary.json").is_file():
        print(f"quiet run: {finish(quiet):.0f} s", flush=True)
    draw, broken = random.Random(wanted.seed), wanted.out / "killed"
    for number in range(1, wanted.kills + 1):
        moment = draw.uniform(3, wanted.longest)
        print(f"kill {number} after {moment:.1f} s: {kill_after(broken, moment)}", flush=True)
    print(f"last start: {finish(broken):.0f} s to the end", flush=True)
    expected, found = maps_of(quiet), maps_of(broken)
    for key in expected:
        print(f"{key}: {'equal' if expected[key] == found.get(key) else 'DIFFERENT'}")
    sys.exit(expected != found)


if __name__ == "__main__":
    main()
