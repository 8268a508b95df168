"""Write a whole simulated scene, 10980 × 10980 pixels, and say what it cost.

python -m benchmarks.full_scene --out build/full_scene
"""

import argparse
import resource
import time
from pathlib import Path

from benchmarks.full_scene.mirrored import write_full_scene
from lulc_assets.simulation.archive.spec import DEMO_SEED


def main() -> None:
    """Write it and print seconds, gigabytes in memory and on disk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/full_scene"))
    parser.add_argument("--tile", default="33TVM")
    parser.add_argument("--seed", type=int, default=DEMO_SEED)
    wanted = parser.parse_args()
    started = time.monotonic()
    catalog = write_full_scene(wanted.out, tile=wanted.tile, seed=wanted.seed)
    size = sum(path.stat().st_size for path in wanted.out.rglob("*.tif"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{catalog}: {time.monotonic() - started:.0f} s, peak {peak / 1e9:.2f} GB of memory, ")
    print(f"{size / 1e9:.2f} GB on disk")


if __name__ == "__main__":
    main()
