"""What a month on AWS costs, from measured speeds and sizes and from prices of a date.

    python -m benchmarks.cloud_cost [--prices deploy/aws/prices.toml] [--json]

Nothing is measured here: speeds and sizes are those that other benchmarks measured and that the
constants name; the arithmetic is printed with its result, as in docs/deploy-aws.md.
"""

import argparse
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TILES = (1, 100, 20_000)
SCENES = 40
"""Of a year, taken from the catalogue after selection: what two satellites leave of a year."""
SCENE_MPX = 120.6
"""10,980² pixels."""
MPX_A_SECOND = 1.67
"""A whole tile on two cores with reading and writing (docs/inference.md)."""
CORES = 2
VOTED_MPX_A_SECOND = 180.0
"""Decoding of one layer on one core; the vote itself takes a fifth of that."""
BYTES_A_PX = 1.0
"""Class, probability and mask of a scene (``running/cost``)."""
MAP_GB = 0.4
"""Map, shares, observations and kept sums of a tile × year."""


@dataclass(frozen=True)
class Month:
    """Costs of a month in which each tile gets one year.

    Attributes:
        tiles: how many.
        core_hours: of prediction and vote.
        stored_gb: at the end of the month, and charged for the whole of it.
        compute: US dollars, like those that follow.
        storage: of the products.
        services: what stands idle or not: cluster, database, one node, the way out, a key.
    """

    tiles: int
    core_hours: float
    stored_gb: float
    compute: float
    storage: float
    services: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.compute + self.storage + self.services


def core_hours_of_a_tile() -> float:
    """Prediction of all scenes, then two layers of each decoded for the vote."""
    mpx = SCENES * SCENE_MPX
    return (mpx / MPX_A_SECOND * CORES + 2 * mpx / VOTED_MPX_A_SECOND) / 3600


def gb_of_a_tile() -> float:
    """Predictions and map of a year."""
    return SCENES * SCENE_MPX * BYTES_A_PX / 1000 + MAP_GB


def storage_price(gb: float, steps: list[list[float]]) -> float:
    """Of a month, each step of the price for the gigabytes within it."""
    total, below = 0.0, 0.0
    for up_to, price in steps:
        total += max(0.0, min(gb, up_to) - below) * price
        below = up_to
    return total


def month(tiles: int, prices: Mapping[str, Any]) -> Month:
    """A month in which each of so many tiles gets one year."""
    compute, services, hours = prices["compute"], prices["services"], prices["hours_a_month"]
    hourly = (
        services["cluster_hour"] + services["database_hour"] + services["nat_hour"]
        + compute["node_hour"]
    )  # fmt: skip
    core_hours, gb = tiles * core_hours_of_a_tile(), tiles * gb_of_a_tile()
    return Month(
        tiles,
        core_hours,
        gb,
        core_hours * compute["node_hour"] / compute["node_vcpus"],
        storage_price(gb, prices["storage"]["steps"]),
        hourly * hours + services["database_gb"] * services["database_gb_month"]
        + services["key_month"],
    )  # fmt: skip


def table(prices: Mapping[str, Any]) -> str:
    """As it stands in the guide."""
    lines = [
        "| tiles, one year each | core-hours | stored | computing | bucket | services | "
        "the month |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in (month(tiles, prices) for tiles in TILES):
        cells = (
            f"{each.tiles:,}",
            f"{each.core_hours:,.1f}" if each.core_hours < 100 else f"{each.core_hours:,.0f}",
            f"{each.stored_gb:,.1f} GB"
            if each.stored_gb < 1000
            else f"{each.stored_gb / 1000:,.0f} TB",
            *(
                f"{cost:,.2f}" if cost < 10 else f"{cost:,.0f}"
                for cost in (each.compute, each.storage, each.services, each.total)
            ),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prices", type=Path, default=Path("deploy/aws/prices.toml"))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    prices = tomllib.loads(args.prices.read_text("utf-8"))
    if args.json:
        print(json.dumps([asdict(month(tiles, prices)) for tiles in TILES]))
        return
    print(f"prices of {prices['region']}, noted {prices['noted']}, US dollars\n")
    print(
        f"a tile × year: {SCENES} × {SCENE_MPX} Mpx ÷ {MPX_A_SECOND} Mpx/s × {CORES} cores + "
        f"2 × {SCENES} × {SCENE_MPX} ÷ {VOTED_MPX_A_SECOND:g} = "
        f"{core_hours_of_a_tile():.2f} core-hours; "
        f"{SCENES} × {SCENE_MPX} MB + {MAP_GB} GB = {gb_of_a_tile():.2f} GB\n"
    )
    print(table(prices))


if __name__ == "__main__":
    main()
