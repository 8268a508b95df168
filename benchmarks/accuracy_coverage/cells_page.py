"""The section of the coverage page on single settings, from ``accuracy_cells.json``.

What belongs here: its tables and sentences, with numbers from the runs. What does not: running
the settings (``cells.py``) and the rest of the page (``page.py``).
"""

from collections.abc import Iterator

from benchmarks.accuracy_coverage.settings import FRESH

LEAST, MOST = 0.93, 0.99
"""Coverage that is asked of every cell."""
FLOOR = 0.92
FULL = 5000
"""Samples of a setting that are asked for."""


def cell_lines(rows: list[dict]) -> Iterator[str]:
    """Every setting: coverage and width of the engine's interval and of others."""
    if not rows:
        return
    settings = len({row["setting"] for row in rows})
    full = len({row["setting"] for row in rows if row["samples"] >= FULL})
    low = [row for row in rows if row["engine"]["coverage"] < LEAST]
    high = [row for row in rows if row["engine"]["coverage"] > MOST]
    yield "## Settings, one by one"
    yield ""
    yield (
        f"{settings} settings (`--part settings`) with {len(rows)} figures: populations given by "
        f"the shares of their strata. {'All' if full == settings else full} have {FULL:,} samples"
        f"{'' if full == settings else ', the others as many as the column says'}: "
        "coverage is known to "
        f"± {(0.0475 / 400) ** 0.5:.3f} at 400 samples, to ± {(0.0475 / FULL) ** 0.5:.3f} at "
        f"{FULL:,}. {len(rows) - len(low) - len(high)} figures lie within {LEAST}–{MOST}, "
        f"{len(high)} above and {len(low)} below, "
        f"{sum(row['engine']['coverage'] < FLOOR for row in low)} of them below {FLOOR}."
    )
    yield ""
    yield from _fresh(rows)
    yield from _misses(low)
    yield from _safe(high)
    yield (
        "In brackets the mean width. *Formerly*: the engine before half an event. *Bonferroni*: "
        "Clopper and Pearson's interval of each stratum at 1 − α / H, added up, which holds at "
        "any size of sample. *Warned*: share of samples in which the engine warns of the figure."
    )
    yield ""
    titles = ("setting", "samples", "figure", "truth", "engine", "± t SE", "formerly")
    yield f"| {' | '.join(titles)} | Bonferroni | warned |"
    yield "|---|---:|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        others = (_cell(row.get(kind)) for kind in ("engine", "normal", "former", "bonferroni"))
        seen = "" if row["estimable"] == 1 else f" ({row['estimable']:.0%} of samples)"
        yield (
            f"| {row['setting']} | {row['samples']:,} | {row['figure']}{seen} | {row['truth']:.4f} "
            f"| {' | '.join(others)} | {row['warned']:.0%} |"
        )
    yield ""


def _fresh(rows: list[dict]) -> Iterator[str]:
    """How settings fare that nothing was chosen on."""
    fresh = [row["engine"]["coverage"] for row in rows if row["setting"].startswith(FRESH)]
    if not fresh:
        return
    inside = sum(LEAST <= one <= MOST for one in fresh)
    yield (
        f"Settings that begin with *{FRESH.strip(': ')}* were written when the engine's constants "
        "for windows (how many are few, degrees of freedom) were fixed, which were chosen on the "
        f"others: of their {len(fresh)} figures {inside} lie within {LEAST}–{MOST}, from "
        f"{min(fresh):.3f} to {max(fresh):.3f}."
    )
    yield ""


def _misses(low: list[dict]) -> Iterator[str]:
    if not low:
        return
    yield f"Below {LEAST}, with the share of the samples that miss in which the engine warns:"
    yield ""
    for row in low:
        engine = row["engine"]
        yield (
            f"- {row['setting']}, {row['figure']}: {engine['coverage']:.3f} of "
            f"{row['samples']:,} samples, warned in {engine['warned']:.0%}"
        )
    yield ""


def _safe(high: list[dict]) -> Iterator[str]:
    """Intervals that are wider than they need to be, by setting."""
    if not high:
        return
    figures: dict[str, list[str]] = {}
    for row in high:
        told = f"{row['figure']} {row['engine']['coverage']:.3f}"
        figures.setdefault(row["setting"], []).append(told)
    named = "; ".join(f"{setting}: {', '.join(told)}" for setting, told in figures.items())
    yield (
        f"Above {MOST}, wider than they need to be, because a handful of events or windows "
        f"decides: {named}."
    )
    yield ""


def _cell(interval: dict | None) -> str:
    if interval is None:
        return "–"
    width = f"{interval['width']:.4f}" if interval["width"] < 0.1 else f"{interval['width']:.3f}"
    return f"{interval['coverage']:.3f} ({width})"
