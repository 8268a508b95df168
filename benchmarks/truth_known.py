"""What benchmarks on a landscape of known truth share: a stratified draw, options, page and JSON.

What belongs here: drawing units of strata, and putting the rows that were found where people read
them. What does not: landscapes, estimators, what a row says.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.estimation.strata import Strata

DOCS = Path(__file__).parents[1] / "docs"
_END = "<!-- end -->"


def draw_stratified(
    members: Sequence[np.ndarray],
    units: Sequence[int],
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    finite: bool = False,
) -> tuple[np.ndarray, Strata]:
    """Units of one stratified sample: flat indices, and their strata.

    Args:
        members: flat indices of each stratum, one at least.
        units: to draw from each; all where there are fewer.
        names: of the strata.
        rng: draws.
        finite: whether variances take the drawn share of each stratum into account.
    """
    picked = [
        rng.choice(here, min(n, here.size), replace=False)
        for here, n in zip(members, units, strict=True)
    ]
    drawn, sizes = (np.array([part.size for part in parts]) for parts in (picked, members))
    fractions = drawn / sizes if finite else np.zeros(len(sizes))
    of_unit = np.repeat(np.arange(len(members)), drawn)
    return np.concatenate(picked), Strata(tuple(names), of_unit, sizes.astype(float), fractions)


def options_of(doc: str, *, seed: int = 1) -> argparse.Namespace:
    """``--samples``, ``--seed`` (with its default) and ``--out`` of the command line."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of the page")
    return parser.parse_args()


def write_rows(
    rows: Sequence[dict[str, Any]], table: Sequence[str], page: Path, benchmark: str
) -> None:
    """Print rows, write them beside a page as JSON, and put the table between its marks there.

    Args:
        rows: plain JSON.
        table: lines of Markdown.
        page: has ``<!-- benchmarks.NAME -->`` and, behind the table, ``<!-- end -->``; is made
            where it is not there.
        benchmark: its name.
    """
    for row in rows:
        print(json.dumps(row), flush=True)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.with_suffix(".json").write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    start = f"<!-- benchmarks.{benchmark} -->"
    known = page.read_text(encoding="utf-8") if page.exists() else f"{start}\n{_END}\n"
    before, rest = known.split(start)
    after = rest.split(_END, 1)[1]
    lines = "\n".join(table)
    page.write_text(f"{before}{start}\n{lines}\n{_END}{after}", encoding="utf-8")
