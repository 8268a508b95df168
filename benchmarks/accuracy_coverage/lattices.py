"""The section of the coverage page on systematic samples, from ``accuracy_systematic.json``.

What belongs here: its tables and sentences. What does not: the simulation
(``systematic.py``) and the rest of the page (``page.py``).
"""

from collections.abc import Iterator

import numpy as np


def lattice_lines(tables: list[dict]) -> Iterator[str]:
    """What the variance estimates of one lattice and of several are worth."""
    singles = [table for table in tables if "starts" not in table]
    several = [table for table in tables if "starts" in table]
    if not singles:
        return
    yield "## Systematic samples"
    yield ""
    yield from _one_lattice(singles)
    if several:
        yield from _several_lattices(several)


def _one_lattice(tables: list[dict]) -> Iterator[str]:
    yield "### One lattice"
    yield ""
    yield (
        f"Estimated over true variance, pooled over {tables[0]['landscapes']} landscapes and "
        "many starts of the lattice on each (`benchmarks/accuracy_coverage/systematic.py`); the "
        "range is that of single landscapes. *Random*: as if the units were drawn "
        "independently, the default for one lattice. *Neighbours*: from differences of units "
        'side by side (`systematic_variance = "neighbours"` under `[accuracy]`; D\'Orazio 2003).'
    )
    yield ""
    yield "| lattice | weights | figure | random | range | coverage | neighbours | coverage |"
    yield "|---|---|---|---:|---:|---:|---:|---:|"
    for table in tables:
        for i, figure in enumerate(table["figures"]):
            yield (
                f"| {table['step']} px, {table['units']:,} units | {_weights(table)} | {figure} "
                f"| {table['random'][i]:.2f} | {table['lowest'][i]:.2f}–{table['highest'][i]:.2f} "
                f"| {table['random_coverage'][i]:.3f} | {table['neighbours'][i]:.2f} "
                f"| {table['neighbours_coverage'][i]:.3f} |"
            )
    yield ""
    yield (
        "Pooled, neither is too small here. A lattice covers the ground more evenly than chance "
        "does, and gains from likeness at distances below its own step, of which the sample holds "
        "no pair: no estimator from the sample alone can see that gain. Neighbours see what "
        "reaches over one step, which matters on a dense lattice. The default is the safe one of "
        "the two, as Aune-Lundberg and Strand 2014 advise; the single landscape of the tables "
        "here is one draw from that range."
    )
    yield ""


def _several_lattices(tables: list[dict]) -> Iterator[str]:
    yield "### Several lattices"
    yield ""
    yield (
        "As many units on k lattices, each √k times coarser and with a random start of its own "
        "(Mahalanobis 1946; Cochran 1977, §8.11): the starts are a simple random sample, so the "
        "spread between them gives the variance without bias, and t with k − 1 degrees of freedom "
        f"the interval. {tables[0]['samples']:,} samples on each of {tables[0]['landscapes']} "
        "landscapes; ranges are those of single landscapes. *Error*: true standard error over that "
        "of one lattice with as many units, the price of knowing it."
    )
    yield ""
    yield (
        "| instead of | starts | weights | figure | variance | range | coverage | range | bias, MC "
        "errors | error |"
    )
    yield "|---|---:|---|---|---:|---:|---:|---:|---:|---:|"
    for table in tables:
        for i, figure in enumerate(table["figures"]):
            covered = f"{table['coverage_lowest'][i]:.3f}–{table['coverage_highest'][i]:.3f}"
            yield (
                f"| {table['step']} px | {table['starts']}, every {table['apart']} px "
                f"| {_weights(table)} | {figure} | {table['variance'][i]:.2f} "
                f"| {table['lowest'][i]:.2f}–{table['highest'][i]:.2f} "
                f"| {table['coverage'][i]:.3f} | {covered} "
                f"| ≤ {table['largest_bias'][i]:.1f} | {table['error_to_single'][i]:.2f} |"
            )
    yield ""
    yield from _verdict(tables)


def _verdict(tables: list[dict]) -> Iterator[str]:
    """What the table shows, in numbers of its own."""
    n = tables[0]["samples"] * tables[0]["landscapes"]
    ratios = [value for table in tables for value in table["variance"]]
    covered = [value for table in tables for value in table["coverage"]]
    prices = {
        step: [value for t in tables if t["step"] == step for value in t["error_to_single"]]
        for step in dict.fromkeys(t["step"] for t in tables)
    }
    price = "; ".join(
        f"{min(values):.1f} to {max(values):.1f} times that of one lattice every {step} px"
        for step, values in prices.items()
    )
    yield (
        f"Pooled, the estimated variance is {min(ratios):.2f} to {max(ratios):.2f} of the true one "
        f"and the intervals hold the truth in {min(covered):.1%} to {max(covered):.1%} of the "
        f"samples; {n:,} samples know a ratio to about ± {2 * np.sqrt(2 / n):.2f} and a coverage "
        f"to about ± {2 * np.sqrt(0.95 * 0.05 / n):.1%}, the {tables[0]['samples']:,} on one "
        f"landscape a ratio to ± {2 * np.sqrt(2 / tables[0]['samples']):.2f} (two Monte Carlo "
        "errors)."
    )
    yield ""
    yield (
        f"The price is the evenness of a single lattice: the true standard error is {price}. So "
        "several lattices are the choice where the interval must be right, and one lattice where "
        "the estimate matters more than a sharp interval: its stated error is then too large, up "
        "to the factor in the table above."
    )
    yield ""


def _weights(table: dict) -> str:
    return "map classes" if table["poststratified"] else "none"
