"""The page of the coverage benchmark: verdicts, tables and a figure from its numbers.

What belongs here: writing ``accuracy_coverage.md``. What does not: the simulation
(``landscape.py``), which rows a promise speaks of (``rows.py``), and the
figure (``figure.py``). Sentences with numbers take them from the runs.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.accuracy_coverage.cells_page import cell_lines
from benchmarks.accuracy_coverage.figure import draw_coverage
from benchmarks.accuracy_coverage.lattices import lattice_lines
from benchmarks.accuracy_coverage.rows import (
    BIAS,
    HIGH,
    KINDS,
    LOW,
    OMISSION_FIGURES,
    THIN,
    VARIANCE,
    honest_rows,
    in_mc_errors,
    is_linear,
    is_naive,
    is_systematic,
    linear_rows,
    named,
    promises,
    row_of,
    sound_rows,
)


def write_page(runs: list[dict], lattices: list[dict], cells: list[dict], out: Path) -> None:
    """Write the page and its figure.

    Args:
        runs: of ``landscape.py``.
        lattices: of ``systematic.py``.
        cells: of ``cells.py``.
        out: folder.
    """
    runs = sorted(runs, key=is_naive)
    (out / "accuracy_coverage.png").write_bytes(draw_coverage(runs))
    text = "\n".join(lines_of(runs, lattices, cells)) + "\n"
    (out / "accuracy_coverage.md").write_text(text, encoding="utf-8")


def lines_of(runs: list[dict], lattices: list[dict], cells: list[dict]) -> Iterator[str]:
    """The page, line by line."""
    yield from ("# Do the intervals hold? Simulations with known truth", "")
    yield from cell_lines(cells)
    yield from introduction(runs)
    yield from promise_section(runs)
    yield from ("## Bias of ratios", "", *bias_lines(runs), "", *bias_table(runs), "")
    yield from thin_section(runs)
    yield from lattice_lines(lattices)
    yield from ("## Pixels of windows taken as independent", "", *naive_lines(runs), "")
    yield "## The whole table"
    yield ""
    yield (
        "m_j: effective number of omission units, (Σ W_i p_ij)² / Σ W_i² p_ij / n_i over i ≠ j, "
        "from the truth for equal allocations, else the mean over the samples. Bias in Monte "
        "Carlo errors. Variance: mean estimate over empirical variance. Width: of the engine's "
        "interval over that of ± t SE. A figure that cannot be estimated in every sample (no "
        "unit of the class) is judged on the samples where it can."
    )
    for run in runs:
        yield ""
        yield from design_table(run)


def introduction(runs: list[dict]) -> Iterator[str]:
    """What was simulated."""
    samples = runs[0]["samples"]
    yield "## One landscape, the usual designs"
    yield ""
    yield (
        f"`benchmarks/accuracy_coverage` draws {samples:,} samples of each design from a "
        "simulated landscape of 1000 × 1000 pixels with five classes (50, 30, 15, 4 and 1 %) "
        "that come in patches, and a map with patchy errors (overall accuracy "
        f"{row_of(runs[0], 'overall accuracy')['truth']:.3f}). Every figure is estimated with "
        "the engine's defaults and compared with the truth. A coverage of 0.95 measured with "
        f"{samples:,} samples has a Monte Carlo error of {np.sqrt(0.95 * 0.05 / samples):.4f}."
    )
    yield ""
    if any("intervals" not in run for run in runs):
        yield (
            "Bias, variance and ± t SE below are those of today's estimators. The engine's "
            "intervals below are still those before half an event (decision 91); `--part "
            "landscape` runs them again."
        )
        yield ""
    yield "![Coverage of 95 % intervals](accuracy_coverage.png)"
    yield ""


def promise_section(runs: list[dict]) -> Iterator[str]:
    """Promises, and everything that missed one."""
    yield "## What was promised and what came out"
    yield ""
    yield "| promise | figures | within | lowest | highest |"
    yield "|---|---:|---:|---:|---:|"
    for title, rows in promises(runs):
        coverage = [r["coverage"] for r in rows]
        yield promise_line(f"coverage of {title}: {LOW}–{HIGH}", coverage, LOW, HIGH)
    for kind, belongs in KINDS:
        ratios = [r["variance_ratio"] for run, r in sound_rows(runs) if belongs(run)]
        yield promise_line(
            f"variance, {kind}: mean estimate / empirical, ± 10 %", ratios, *VARIANCE
        )
    biases = [in_mc_errors(r) for _, r in linear_rows(runs)]
    yield promise_line("bias of shares and areas, in Monte Carlo errors, ± 3", biases, *BIAS)
    yield ""
    yield (
        "The variance is judged where every sample gives the figure and m_j ≥ 20 or no omission is "
        "involved, in samples of at least 50 units per stratum. Overall accuracy, areas, and "
        "user's accuracy in strata that are the map classes are sums of shares and have no bias. "
        "Producer's accuracy, F1 and user's accuracy in other strata are ratios with a random "
        "denominator: their bias falls as units are added (below)."
    )
    yield ""
    yield from failures(runs)


def thin_section(runs: list[dict]) -> Iterator[str]:
    """Coverage below the limit of m_j."""
    yield "## Where few units show an omission"
    yield ""
    yield (
        f"Below m_j = {THIN:g} the engine warns. Its interval (half an event in the stratum where "
        "it weighs most; for windows Wilson's with the variance without one window each) stands "
        "beside the plain one, estimate ± t SE."
    )
    yield ""
    yield from thin_table(runs)
    yield ""


def promise_line(title: str, values: list[float], low: float, high: float) -> str:
    """A line of the table of promises."""
    kept = sum(low <= v <= high for v in values)
    return f"| {title} | {len(values)} | {kept} | {min(values):.3f} | {max(values):.3f} |"


def failures(runs: list[dict]) -> Iterator[str]:
    """Figures that miss a promise, by name."""
    found = [
        f"- bias: {named(run, r)}: {in_mc_errors(r):+.1f} Monte Carlo errors, "
        f"{r['bias'] / r['spread']:+.1%} of the spread"
        for run, r in linear_rows(runs)
        if not BIAS[0] <= in_mc_errors(r) <= BIAS[1]
    ]
    found += [
        f"- variance: {named(run, r)}: {r['variance_ratio']:.2f}{why_missed(run, r)}"
        for run, r in sound_rows(runs)
        if not VARIANCE[0] <= r["variance_ratio"] <= VARIANCE[1]
    ]
    promised = [r for _, rows in promises(runs) for r in rows]
    found += [
        f"- coverage: {named(run, r)}: {r['coverage']:.3f}"
        for run in runs
        for r in run["rows"]
        if any(r is one for one in promised) and not LOW <= r["coverage"] <= HIGH
    ]
    if found:
        yield "What missed, all of it:"
        yield ""
        yield from found
        yield ""
        yield (
            "One lattice has no unbiased estimator of its variance; several lattices have: see "
            "below. The other misses are user's accuracies of rare classes that a few windows or a "
            "few heavy units decide. The engine warns of them and takes Wilson's interval with the "
            "effective number of units. Their linearised variance takes the number of units of the "
            "class for known; a delete-one jackknife errs to the other side ([decision 72](adr/"
            "0072-variance-of-ratios-and-lattices.md), [decision 73](adr/0073-several-lattices.md))"
            "."
        )
        yield ""


def why_missed(run: dict, row: dict) -> str:
    """How few units decide a figure, and whether the engine says so."""
    warns = not is_systematic(run) and not run["design"].startswith("stratified by map class")
    if not warns or row.get("commission_count") is None:
        return ""
    return (
        f" ({row['commission_count']:.1f} effective units on the smaller side; the engine warns in "
        f"{row['commission_warned']:.0%} of the samples)"
    )


def bias_table(runs: list[dict]) -> Iterator[str]:
    """Largest bias of the ratios of each design beside their spread."""
    yield "| design | largest bias | of | share of its spread | median share |"
    yield "|---|---:|---|---:|---:|"
    for run in runs:
        rows = [r for r in run["rows"] if not is_linear(run, r) and r["spread"] > 0]
        if is_naive(run) or not rows:
            continue
        worst = max(rows, key=lambda r: abs(r["bias"] / r["spread"]))
        shares = [abs(r["bias"] / r["spread"]) for r in rows]
        yield (
            f"| {run['design']} | {worst['bias']:+.4f} | {worst['figure']} {worst['class']} "
            f"| {abs(worst['bias'] / worst['spread']):.1%} | {np.median(shares):.1%} |"
        )


def bias_lines(runs: list[dict]) -> Iterator[str]:
    """The bias of a ratio falls as 1 / n: shown on the designs that differ in n alone."""
    equal = [run for run in runs if run["per_stratum"]]
    rows = [row_of(run, "producer's accuracy", "built") for run in equal]
    shown = ", ".join(
        f"{row['bias']:+.4f} at {run['per_stratum']} units per stratum (× n = "
        f"{row['bias'] * run['per_stratum']:+.1f})"
        for run, row in zip(equal, rows, strict=True)
    )
    yield (
        "A ratio of two estimated totals has a bias of order 1 / n (Cochran 1977, §6.8): its share "
        "of the standard error falls as 1 / √n. Producer's accuracy of *built*: "
        f"{shown}. Post-stratified areas are ratios too, because the n_h come out by chance."
    )


def thin_table(runs: list[dict]) -> Iterator[str]:
    """Coverage below the limit, in bands of m_j."""
    yield "| figure | m_j | figures | engine: lowest | highest | ± t SE: lowest | highest |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for figure in OMISSION_FIGURES:
        for low, high in ((0, 2), (2, 5), (5, 10), (10, 20)):
            rows = [
                r
                for r in honest_rows(runs)
                if r["figure"] == figure and low <= r["effective_count"] < high
            ]
            if rows:
                ours, plain = ([r[k] for r in rows] for k in ("coverage", "normal_coverage"))
                yield (
                    f"| {figure} | {low}–{high} | {len(rows)} | {min(ours):.3f} | {max(ours):.3f} "
                    f"| {min(plain):.3f} | {max(plain):.3f} |"
                )


def naive_lines(runs: list[dict]) -> Iterator[str]:
    """The naive analysis beside the honest one of the same draw."""
    naive = next(run for run in runs if is_naive(run))
    honest = next(run for run in runs if run["design"].startswith("40 windows"))
    wrong, right = (row_of(run, "overall accuracy") for run in (naive, honest))
    yield (
        f"{honest['design'].capitalize()} ({honest['units']:,} pixels). Taking the pixels for as "
        "many independent units gives 95 % intervals of overall accuracy that hold the truth in "
        f"{wrong['coverage']:.1%} of the samples; from the spread between windows it is "
        f"{right['coverage']:.1%}. The variance is understated by a factor of "
        f"{1 / wrong['variance_ratio']:.0f}."
    )


def design_table(run: dict) -> Iterator[str]:
    """Every figure of one design."""
    yield f"### {run['design']}"
    yield ""
    yield f"{run['units']:,} units in the last sample."
    yield ""
    yield "| figure | class | truth | m_j | bias | variance | coverage | ± t SE | width |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for r in run["rows"]:
        count = f"{r['effective_count']:.1f}" if r["figure"] in OMISSION_FIGURES else ""
        bias = r["bias"] / r["bias_mc_error"] if r["bias_mc_error"] else 0.0
        width = r["width"] / r["normal_width"] if r["normal_width"] else float("nan")
        variance = "" if r["variance_ratio"] is None else f"{r['variance_ratio']:.2f}"
        note = "" if r["estimable"] == 1 else f" ({r['estimable']:.1%} of samples)"
        yield (
            f"| {r['figure']}{note} | {r['class']} | {r['truth']:.4f} | {count} | {bias:+.1f} "
            f"| {variance} | {r['coverage']:.3f} | {r['normal_coverage']:.3f} | {width:.2f} |"
        )
