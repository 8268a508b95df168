"""Which rows of the coverage benchmark a promise speaks of.

What belongs here: limits, and choosing designs and figures by them. What does not: running
the designs (``landscape.py``) and wording the page (``page.py``).
"""

from collections.abc import Iterator

LOW, HIGH = 0.93, 0.97
THIN = 20.0
"""Effective omission units below which the engine leaves normal intervals."""
VARIANCE = (0.9, 1.1)
BIAS = (-3.0, 3.0)
OMISSION_FIGURES = ("area", "producer's accuracy")


def row_of(run: dict, figure: str, title: str = "") -> dict:
    """The row of one figure."""
    return next(r for r in run["rows"] if r["figure"] == figure and r["class"] == title)


def is_naive(run: dict) -> bool:
    """Whether the run shows what one must not do."""
    return run["design"].startswith("NAIVE")


def is_systematic(run: dict) -> bool:
    """Whether it is one lattice, whose variance no estimator meets without bias."""
    return run["design"].startswith("systematic")


def is_replicated(run: dict) -> bool:
    """Whether it is a systematic sample of several lattices."""
    return "systematic samples" in run["design"]


def is_random(run: dict) -> bool:
    """Whether units or windows were drawn independently."""
    return not is_systematic(run) and not is_replicated(run)


KINDS = (
    ("units or windows drawn at random", is_random),
    ("one lattice", is_systematic),
    ("several lattices", is_replicated),
)
"""Designs whose variances are judged together."""


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
    several = [run for run in runs if is_replicated(run)]
    yield "overall accuracy, several lattices", [row_of(run, "overall accuracy") for run in several]
    yield (
        f"user's accuracy, {THIN:g} effective units agree and {THIN:g} do not, several lattices",
        [r for run in several for r in run["rows"] if r.get("commission_count", 0.0) >= THIN],
    )
    for kind, belongs in KINDS:
        for figure in OMISSION_FIGURES:
            yield (
                f"{figure}, m_j ≥ {THIN:g}, {kind}",
                [
                    r
                    for run in runs
                    if belongs(run) and not is_naive(run)
                    for r in run["rows"]
                    if r["figure"] == figure and is_enough(r)
                ],
            )


def is_enough(row: dict) -> bool:
    """Whether enough effective units show an omission."""
    return row["effective_count"] >= THIN


def named(run: dict, row: dict) -> str:
    """Design, figure and class."""
    return f"{run['design']}, {row['figure']} {row['class']}".strip()
