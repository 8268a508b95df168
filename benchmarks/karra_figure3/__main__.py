"""Karra et al. 2021, figure 3: what its printed tables follow.

Writes ``docs/accuracy_karra.md``. The figure's tables are not part of this repository: type
them into a JSON file and pass it; without it the page holds what was found before and what
does not need them. Form of the file:

    {"classes": [...], "regions": [{"region": "California", "proportions": [[...]],
     "areas": [...], "half_widths": [...]}, ...]}

Run: ``python -m benchmarks.karra_figure3 [--tables karra.json]``
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.karra_figure3.reanalysis import (
    PrintedTable,
    accuracies,
    cluster_design_effect,
    explain_areas,
    find_sample_sizes,
    half_width_of_share,
)

PAGE = Path(__file__).parents[2] / "docs" / "accuracy_karra.md"
PIXELS = 22.8e6
"""Sum of the one vector of sample sizes that reproduces all 32 printed ±."""
WINDOWS = 409
OVERALL = 0.85
"""Overall accuracy that the map is quoted with."""
TREES_PRINTED_MHA, TREES_IMPLIED_MHA = 2.17, 9.91
"""California, trees: as printed, and p̂ × total area from the same matrix."""
CORRELATIONS = (0.0, 0.001, 0.01, 0.05, 0.1, 0.3, 1.0)


def load(path: Path) -> list[PrintedTable]:
    """The printed tables from a JSON file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return [
        PrintedTable(
            r["region"], *(np.array(r[k], float) for k in ("proportions", "areas", "half_widths"))
        )
        for r in data["regions"]
    ]


def known_lines() -> Iterator[str]:
    """What is known without the tables at hand."""
    mapped = TREES_PRINTED_MHA / TREES_IMPLIED_MHA
    yield "## Areas"
    yield ""
    yield (
        "The estimated area of a class is p̂ × A: the class's estimated share of the region (the "
        "column sum of the proportion matrix) times the area of the whole region (Olofsson et al. "
        "2014, eq. 11). The printed areas follow p̂ × (mapped area of the class) instead. This was "
        "derived twice, independently, from the printed tables; with the one total area that fits "
        "a region, the ratio of printed to recomputed areas is constant to 0.04 %."
    )
    yield ""
    yield (
        f"California's trees show the size of the slip: {TREES_PRINTED_MHA} Mha are printed, while "
        f"the matrix beside them implies {TREES_IMPLIED_MHA} Mha. The ratio of the two, "
        f"{mapped:.3f}, is the mapped share of the class: that is what one multiplies by, once too "
        "often, when the mapped area of the class stands for the total."
    )
    yield ""
    yield (
        "Neither figure is the area of trees in California. User's accuracy is the same in all "
        "four regions: one global matrix was re-weighted by each region's mapped shares, which "
        "assumes that the map errs everywhere in the same way."
    )
    yield ""
    yield "## Intervals"
    yield ""
    yield (
        f"One vector of sample sizes, {PIXELS / 1e6:.1f} million pixels in all, reproduces all 32 "
        f"printed ±: every pixel was counted as an independent unit, although the pixels lie in "
        f"{WINDOWS} windows, about {PIXELS / WINDOWS:,.0f} in each. Neighbouring pixels resemble "
        "each other, and a map that errs at one errs at the next. With a correlation ρ of two "
        "pixels of one window the variance is 1 + (m̄ − 1) ρ times as large (Kish 1965, for windows "
        "of equal size), and the interval wider by the root of it:"
    )
    yield ""
    heads = "design effect | equivalent number of pixels | wider by"
    yield f"| ρ | {heads} | ± at {OVERALL:.0%}, points |"
    yield "|---:|---:|---:|---:|---:|"
    for rho in CORRELATIONS:
        effect = cluster_design_effect(PIXELS, WINDOWS, rho)
        half = 100 * half_width_of_share(OVERALL, PIXELS, effect)
        worth, factor = PIXELS / effect, effect**0.5
        yield f"| {rho:g} | {effect:,.0f} | {worth:,.0f} | {factor:,.0f} × | {half:.2f} |"
    yield ""
    yield (
        "The last column is the half width of a 95 % interval of an overall accuracy of "
        f"{OVERALL:.0%}, the figure that the map is quoted with. It takes the windows for a random "
        "sample of the world; how they were chosen decides whether any interval holds at all. "
        "Windows kept only where annotators agree strictly are easier than the population."
    )


def table_lines(tables: list[PrintedTable]) -> Iterator[str]:
    """What follows from the printed tables."""
    yield "## From the printed tables"
    for table in tables:
        overall, users, producers = accuracies(table.proportions)
        best, other = explain_areas(table)
        yield ""
        yield f"### {table.region}"
        yield ""
        yield (
            f"Overall accuracy {overall:.3f}. The printed areas follow {best.rule} with a total of "
            f"{best.total_area:,.4g} (deviation at most {best.spread:.2%}; the other rule "
            f"{other.spread:.1%})."
        )
        yield ""
        yield "| class | user's | producer's | printed area | p̂ × total |"
        yield "|---|---:|---:|---:|---:|"
        implied = table.proportions.sum(axis=0) * best.total_area
        for j, (u, p) in enumerate(zip(users, producers, strict=True)):
            yield f"| {j + 1} | {u:.3f} | {p:.3f} | {table.areas[j]:,.4g} | {implied[j]:,.4g} |"
    sizes = find_sample_sizes(tables)
    yield ""
    listed = ", ".join(f"{n:,.0f}" for n in sizes)
    yield f"Sample sizes behind all printed ±: {listed}; {sizes.sum():,.0f} in all."


def missing_lines() -> Iterator[str]:
    """What this page cannot show without the tables."""
    yield "## What is missing here"
    yield ""
    yield (
        "The printed proportion matrices, areas and ± of figure 3 were not at hand when this page "
        "was made, and no figure is invented here. Missing are: "
        "user's, producer's and overall accuracies recomputed for each of the four regions; the "
        "total area that fits each region; the areas that each matrix implies, class by class; the "
        "list of misprints; and the vector of sample sizes itself. The facts above were measured "
        "on the printed tables before. `python -m benchmarks.karra_figure3 --tables FILE` adds all "
        "of it to this page once somebody has typed the tables in; the functions behind it "
        "(`benchmarks/karra_figure3/reanalysis.py`) are tested on tables that were made up with a "
        "known rule, a known total and known sample sizes, and recover all three."
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, help="JSON with the printed tables")
    tables = parser.parse_args().tables
    lines = [
        "# Karra et al. 2021, figure 3, taken apart",
        "",
        "Karra, Kontgis, Statman-Weil, Mazzariello, Mathis, Brumby 2021, *Global land use / land "
        "cover with Sentinel 2 and deep learning*, IGARSS 2021. The figure gives, for four "
        "regions, a matrix of estimated area proportions, accuracies, and areas with ±. We use it "
        "as a test of our arithmetic, not as truth.",
        "",
        *known_lines(),
        "",
        *(table_lines(load(tables)) if tables else missing_lines()),
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
