"""Does a map cost what its quote says?

Run: ``python -m benchmarks.quote [--json] [--size 256] [--learnt 10] [--quoted 20]``.

Simulated tiles of one size and several years are mapped one after the other, as ``lulc run`` maps
them. From the first ones each of the others is quoted before it is made, as ``lulc quote`` does;
then its recorded core-hours are compared with the interval of 95 %. All are of one size: how well
the hours of a square kilometre carry over to other sizes is not shown here, and small areas are
dearer, since starting a run costs the same for each.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import alone
from benchmarks.quote.maps import make_and_quote

LEAST_SHARE = 0.9


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=256, help="pixels a side (default: 256)")
    parser.add_argument("--learnt", type=int, default=10, help="maps that are learnt from")
    parser.add_argument("--quoted", type=int, default=20, help="maps that are quoted")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quote-") as name:
        rows, _ = alone(make_and_quote, Path(name), asked.size, asked.learnt, asked.quoted)
    figures = summary(rows, asked.learnt)
    if asked.json:
        print(json.dumps(figures))
        return
    for row in rows:
        sign = "" if row["within"] else "  outside"
        print(f"{row['partition']}  {row['core_s']:7.1f} core-seconds, quoted {row['value']:7.1f} "
              f"({row['low']:.1f} to {row['high']:.1f}){sign}")  # fmt: skip
    print(f"{figures['within']} of {figures['quoted']} within (at least {LEAST_SHARE:.0%})")


def summary(rows: list[dict[str, Any]], learnt: int) -> dict[str, Any]:
    """How many costs lie within the interval of their quote."""
    within = sum(row["within"] for row in rows)
    return {
        "learnt": learnt,
        "quoted": len(rows),
        "within": within,
        "reaches_target": within >= LEAST_SHARE * len(rows),
        "rows": rows,
    }


if __name__ == "__main__":
    main()
