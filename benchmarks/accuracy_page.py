"""The page of the coverage benchmark: verdicts, tables and a figure from its numbers.

What belongs here: writing ``accuracy_coverage.md`` and ``.png``. What does not: the
simulation (``accuracy_coverage.py``). Every sentence with a number takes it from the runs.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lulc_assets.core.reporting.style import ACCENT, CONTRAST, GRID, INK, drawing, encode_figure

LOW, HIGH = 0.93, 0.97
THIN = 20.0
"""Effective omission units below which the engine leaves normal intervals."""
VARIANCE = (0.9, 1.1)
BIAS = (-3.0, 3.0)
OMISSION_FIGURES = ("area", "producer's accuracy")


def write_page(runs: list[dict], out: Path) -> None:
    """Write the page and its figure."""
    (out / "accuracy_coverage.png").write_bytes(draw_coverage(runs))
    (out / "accuracy_coverage.md").write_text("\n".join(lines_of(runs)) + "\n", encoding="utf-8")


def lines_of(runs: list[dict]) -> Iterator[str]:
    """The page, line by line."""
    yield from introduction(runs)
    yield from promise_section(runs)
    yield from ("## Bias of ratios", "", *bias_table(runs), "")
    yield from thin_section(runs)
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
    yield "# Do the intervals hold? A simulation with known truth"
    yield ""
    yield (
        f"`benchmarks/accuracy_coverage.py` draws {samples:,} samples of each design from a "
        "simulated landscape of 1000 × 1000 pixels with five classes (50, 30, 15, 4 and 1 %) "
        "that come in patches, and a map with patchy errors (overall accuracy "
        f"{row_of(runs[0], 'overall accuracy')['truth']:.3f}). Every figure is estimated with "
        "the engine's defaults and compared with the truth. A coverage of 0.95 measured with "
        f"{samples:,} samples has a Monte Carlo error of {np.sqrt(0.95 * 0.05 / samples):.4f}."
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
    ratios = [r["variance_ratio"] for _, r in sound_rows(runs)]
    yield promise_line("variance: mean estimate / empirical, ± 10 %", ratios, *VARIANCE)
    biases = [in_mc_errors(r) for _, r in linear_rows(runs)]
    yield promise_line("bias of shares and areas, in Monte Carlo errors, ± 3", biases, *BIAS)
    yield ""
    yield (
        "The variance is judged where every sample gives the figure and m_j ≥ 20 or no omission is "
        "involved, in samples of at least 50 units a stratum. Overall accuracy, areas, and user's "
        "accuracy in strata that are the map classes are sums of shares and have no bias. "
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
        f"Below m_j = {THIN:g} the engine warns and takes a per-stratum Dirichlet interval (for "
        "windows: a Wilson interval with the effective number of units, which is wide for "
        "accuracies and still short for the area of a class that a handful of windows holds). The "
        "plain interval estimate ± t SE stands beside it."
    )
    yield ""
    yield from thin_table(runs)
    yield ""


def row_of(run: dict, figure: str, title: str = "") -> dict:
    """The row of one figure."""
    return next(r for r in run["rows"] if r["figure"] == figure and r["class"] == title)


def is_naive(run: dict) -> bool:
    """Whether the run shows what one must not do."""
    return run["design"].startswith("NAIVE")


def honest_rows(runs: list[dict]) -> list[dict]:
    """All rows but those of the naive run."""
    return [r for run in runs if not is_naive(run) for r in run["rows"]]


def in_mc_errors(row: dict) -> float:
    """Bias over its Monte Carlo error."""
    return row["bias"] / row["bias_mc_error"]


def is_linear(run: dict, row: dict) -> bool:
    """Whether the figure is a sum of shares, whose estimator has no bias."""
    return row["figure"] in ("overall accuracy", "area") or (
        row["figure"] == "user's accuracy" and run["design"].startswith("stratified by map class")
    )


def linear_rows(runs: list[dict]) -> list[tuple[dict, dict]]:
    """Runs and rows of figures without bias."""
    return [(run, r) for run in runs if not is_naive(run) for r in run["rows"] if is_linear(run, r)]


def is_thin(row: dict) -> bool:
    """Whether the figure rests on few omissions."""
    involved = row["figure"] in (*OMISSION_FIGURES, "F1")
    return involved and row.get("effective_count", THIN) < THIN


def sound_rows(runs: list[dict]) -> list[tuple[dict, dict]]:
    """Runs and rows whose variance is promised."""
    return [
        (run, r)
        for run in runs
        if not is_naive(run) and (run["per_stratum"] == 0 or run["per_stratum"] >= 50)
        for r in run["rows"]
        if r["estimable"] == 1 and not is_thin(r)
    ]


def promises(runs: list[dict]) -> Iterator[tuple[str, list[dict]]]:
    """The promises about coverage, each with the rows that it speaks of."""
    by_map = [run for run in runs if run["per_stratum"]]
    yield (
        "overall accuracy, n_h ≥ 100",
        [row_of(run, "overall accuracy") for run in by_map if run["per_stratum"] >= 100],
    )
    yield (
        "user's accuracy (Wilson), n_h ≥ 50",
        [
            r
            for run in by_map
            if run["per_stratum"] >= 50
            for r in run["rows"]
            if r["figure"] == "user's accuracy"
        ],
    )
    for figure in OMISSION_FIGURES:
        rows = [r for r in honest_rows(runs) if r["figure"] == figure]
        enough = [r for r in rows if r["effective_count"] >= THIN]
        yield f"{figure}, m_j ≥ {THIN:g}, every design", enough


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
        f"- variance: {named(run, r)}: {r['variance_ratio']:.2f}"
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
            "A systematic sample has no unbiased estimator of its variance; that of a simple "
            "random sample overstates it where places resemble their neighbours, and the report "
            "says so. The other misses are rare classes that a few windows or a few heavy units "
            "decide; the engine warns of them."
        )
        yield ""


def named(run: dict, row: dict) -> str:
    """Design, figure and class."""
    return f"{run['design']}, {row['figure']} {row['class']}".strip()


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


def draw_coverage(runs: list[dict]) -> bytes:
    """Coverage of areas and producer's accuracies against m_j, and of overall accuracy."""
    honest = [r for r in honest_rows(runs) if r["figure"] in OMISSION_FIGURES]
    with drawing(6.2) as figure:
        upper, lower = figure.subplots(2, 1, height_ratios=(1.15, 1.0))
        x = [max(r["effective_count"], 0.3) for r in honest]
        for key, color, mark, label in (
            ("normal_coverage", CONTRAST, "x", "estimate ± t SE"),
            ("coverage", ACCENT, "o", "engine's default"),
        ):
            upper.plot(
                x,
                [r[key] for r in honest],
                mark,
                color=color,
                markersize=4,
                linestyle="",
                label=label,
            )
        upper.set_xscale("log")
        upper.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        upper.axvline(THIN, color=INK, linewidth=0.8, linestyle="--")
        upper.axhspan(LOW, HIGH, color=GRID, alpha=0.7, linewidth=0)
        upper.set_ylim(top=1.01)
        upper.set_xlabel("Effective omission units, m_j")
        upper.set_ylabel("Coverage")
        upper.set_title("Areas and producer's accuracies")
        upper.legend(loc="lower right", frameon=True, framealpha=1.0, edgecolor="none")
        _draw_overall(lower, runs)
        return encode_figure(figure)


def _draw_overall(axes, runs: list[dict]) -> None:
    """Coverage of overall accuracy by design; the naive one in the contrast colour."""
    values = [row_of(run, "overall accuracy")["coverage"] for run in runs]
    colors = [CONTRAST if is_naive(run) else ACCENT for run in runs]
    places = range(len(runs))
    axes.hlines(places, 0, values, color=GRID, linewidth=1.5)
    axes.scatter(values, places, color=colors, s=22, zorder=3)
    for place, value in zip(places, values, strict=True):
        axes.text(value - 0.015, place - 0.08, f"{value:.3f}", ha="right", va="bottom", fontsize=7)
    axes.axvspan(LOW, HIGH, color=GRID, alpha=0.7, linewidth=0)
    axes.set_yticks(places, [shorten(run["design"]) for run in runs], fontsize=7.5)
    axes.set_ylim(len(runs) - 0.4, -0.9)
    axes.set_xlim(0, 1)
    axes.set_xlabel("Coverage")
    axes.set_title("Overall accuracy, by design")


def shorten(title: str) -> str:
    """A design's title short enough for an axis."""
    replaced = title.replace("stratified by map class", "map strata").replace(
        "NAIVE: the 40 windows, pixels taken as independent", "naive: 4,000 pixels"
    )
    return replaced.replace(", poststratified", "").replace(" of 10 × 10 px", "")
