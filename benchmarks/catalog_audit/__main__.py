"""Does the audit find what a catalogue lost, and nothing else?

Run: ``python -m benchmarks.catalog_audit [--json] [--repeats 20]``.

Simulated catalogues of sixteen tiles, three orbits, two satellites and three years, in which 0.4
% of the datatakes were never acquired. Of one tile and year a third of the items is withheld at
random, or a whole orbit; or a month of all tiles. ``found_pct``: withheld items that are named as
gaps. ``false_pct``: passes that the audit expected, that nobody withheld, and that it calls
missing, in per cent of those expected. An acquisition that never was looks like one that all
tiles lost.
"""

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from benchmarks.catalog_audit.simulated import TILES, Settings, simulate, withhold
from lulc_assets.core.catalog.audit import Pass, audit_tile
from lulc_assets.core.catalog.audit_items import opposite_neighbours

LEAST_FOUND_PCT, MOST_FALSE_PCT = 99.0, 1.0
KINDS = ("random", "orbit", "month")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    figures = {kind: measure(kind, chosen.repeats) for kind in KINDS}
    worst = {
        "found_pct": min(f["found_pct"] for f in figures.values()),
        "false_pct": max(f["false_pct"] for f in figures.values()),
    }
    if chosen.json:
        print(json.dumps({**worst, "kinds": figures}, indent=2))
        return
    for kind, found in figures.items():
        print(f"{kind:8} withheld {found['withheld']:5}, found {found['found_pct']:6.2f} % "
              f"(at least {LEAST_FOUND_PCT:g}), false {found['false_pct']:.2f} % "
              f"(at most {MOST_FALSE_PCT:g})")  # fmt: skip


def measure(kind: str, repeats: int, year: int = 2022) -> dict[str, Any]:
    """One way to lose items, over tiles and seeds in turn."""
    withheld = hits = false = expected = 0
    settings = Settings()
    for seed in range(repeats):
        tile = TILES[(5 * seed + 1) % len(TILES)]
        every = simulate(settings, seed)
        left = withhold(every, kind, tile, year, seed)
        gone = _of(every, tile, year) - _of(left, tile, year)
        near = {tile, *(name for pair in opposite_neighbours(tile) for name in pair)}
        found = audit_tile(
            tile, year, [p for p in left if p.tile in near],
            {tile: opposite_neighbours(tile)}, as_of=settings.ends_s,
        )  # fmt: skip
        named = {(g.day, g.orbit, g.platform) for g in found.gaps if g.kind != "other baseline"}
        withheld, hits = withheld + len(gone), hits + len(gone & named)
        false, expected = false + len(named - gone), expected + found.expected
    return {
        "withheld": withheld,
        "found_pct": 100.0 * hits / withheld,
        "false_pct": 100.0 * false / expected,
    }


def _of(items: list[Pass], tile: str, year: int) -> set[tuple[str, int, str]]:
    found = set()
    for each in items:
        day = datetime.fromtimestamp(each.sensed, UTC)
        if each.tile == tile and day.year == year:
            found.add((f"{day:%Y-%m-%d}", each.orbit, each.platform))
    return found


if __name__ == "__main__":
    main()
