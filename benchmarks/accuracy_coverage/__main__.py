"""Run the coverage benchmark and write its page.

On one core:

    OMP_NUM_THREADS=1 python -m benchmarks.accuracy_coverage --samples 5000

``--part settings`` draws from populations given by their shares, the hard cases one by one;
``--part landscape`` draws the usual designs from one landscape with patches.
"""

import argparse
import json
from pathlib import Path

from benchmarks.accuracy_coverage.cells import run_all
from benchmarks.accuracy_coverage.landscape import run_designs
from benchmarks.accuracy_coverage.page import write_page

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Run the parts that are asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("all", "settings", "landscape"), default="all")
    parser.add_argument("--samples", type=int, default=5000, help="of each setting and design")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the page")
    parser.add_argument("--page-only", action="store_true", help="rewrite the page from the JSON")
    parser.add_argument("--count-only", action="store_true", help="only recount effective units")
    parser.add_argument("--only", default="", help="rerun what has this text in its title")
    options = parser.parse_args()
    cells = options.out / "accuracy_cells.json"
    if not options.page_only:
        if options.part != "landscape":
            run_all(cells, options.samples, options.only)
        if options.part != "settings":
            run_designs(options)
    names = ("accuracy_coverage.json", "accuracy_systematic.json", "accuracy_cells.json")
    paths = (options.out / name for name in names)
    runs, lattices, rows = (
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else [] for path in paths
    )
    write_page(runs, lattices, rows, options.out)


if __name__ == "__main__":
    main()
