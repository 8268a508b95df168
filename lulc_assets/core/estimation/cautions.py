"""What a reader of accuracy figures must be warned of, in sentences.

What belongs here: looking for classes and strata whose figures are weaker than they look.
What does not: the figures (``measures.py``) and the verdict on a sample (``build.py``).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

Flags = npt.NDArray[np.bool_]

MANY_UNITS = 100_000
"""Units above which a sample is taken for a comparison of rasters."""
SO_MANY = (
    "nobody interpreted that many, so they are pixels of two rasters or of polygons. Pixels side "
    "by side tell nearly the same and every interval here is far too narrow; draw a sample of "
    "places, or name the windows that the pixels came in."
)
FEW_WINDOWS_IN_ALL = 100
"""Windows below which coverage was measured at 0.93 to 0.96 (``docs/accuracy_coverage.md``)."""
PRINTED_COVERAGE = "in 1 to 9 of 10 samples only (fewer, the fewer omissions are seen)"
"""How often ± 1.96 SE holds the truth below 20 effective omission units: measured,
``docs/accuracy_coverage.md``."""


def caution(
    *,
    titles: Sequence[str],
    strata: Strata,
    mapped: Sequence[Flags],
    found: Sequence[Flags],
    agrees: Flags,
    thin: Sequence[bool],
    thin_users: Sequence[bool],
    users: Sequence[Estimate],
    settings: AccuracySettings,
) -> tuple[str, ...]:
    """Every warning that the units of a domain call for.

    Args:
        titles: of the k classes.
        strata: of the n units.
        mapped: by class, shape (n,), bool: units mapped as the class.
        found: by class, shape (n,), bool: units of the reference class.
        agrees: shape (n,), bool.
        thin: by class: too few omission units for a normal interval.
        thin_users: by class: user's accuracy rests on few effective units.
        users: by class: user's accuracy.
        settings: of the estimation.
    """
    return tuple(
        _few_units(strata, settings)
        + _absent_classes(titles, mapped, found)
        + _thin_classes(titles, found, thin, settings)
        + _thin_users(titles, mapped, thin_users, settings)
        + _pure_classes(titles, users)
        + _pure_strata(strata, mapped, agrees)
    )


def _few_units(strata: Strata, settings: AccuracySettings) -> list[str]:
    """More units than anybody interprets, or fewer than a report asks for."""
    n = int(strata.of_unit.size)
    if n > MANY_UNITS and strata.primary is None:
        return [f"{n:,} units: {SO_MANY}"]
    if n < settings.min_units:
        return [
            f"{n} sample units; a report asks for at least {settings.min_units} and would give no "
            "figure here."
        ]
    unit = "units" if strata.primary is None else "windows"
    short = [
        f"{name} ({count})"
        for name, count in zip(strata.names, strata.primary_counts, strict=True)
        if count < settings.min_units_per_stratum and strata.starts is None
    ]
    windows = int(strata.primary_counts.sum())
    skewed = [
        f"{windows} windows: from fewer than {FEW_WINDOWS_IN_ALL} an interval like these holds the "
        "truth in 93 to 96 of 100 samples; the fewer windows hold a class, the more."
    ]
    said = skewed if strata.primary is not None and windows < FEW_WINDOWS_IN_ALL else []
    if not short:
        return said
    return [
        *said,
        f"Strata with fewer than {settings.min_units_per_stratum} {unit}: {', '.join(short)}. "
        "The variance there is a guess; take more or merge strata.",
    ]


def _absent_classes(
    titles: Sequence[str], mapped: Sequence[Flags], found: Sequence[Flags]
) -> list[str]:
    absent = [
        title for title, m, r in zip(titles, mapped, found, strict=True) if m.any() and not r.any()
    ]
    if not absent:
        return []
    return [
        f"No reference unit is {', '.join(absent)}: producer's accuracy cannot be estimated "
        "and the estimated area is zero with an upper bound."
    ]


def _thin_classes(
    titles: Sequence[str],
    found: Sequence[Flags],
    thin: Sequence[bool],
    settings: AccuracySettings,
) -> list[str]:
    few = [t for t, r, is_thin in zip(titles, found, thin, strict=True) if is_thin and r.any()]
    if not few:
        return []
    consequence = "are wide and lopsided, as so few units allow"
    if settings.intervals == "printed":
        consequence = f"hold the truth {PRINTED_COVERAGE}; guarded intervals do as they say"
    return [
        f"Little of the sample shows what the map misses of {', '.join(few)} (fewer than "
        f"{settings.min_omission_units:g} effective units): the intervals of their areas and "
        f"producer's accuracies {consequence}."
    ]


def _thin_users(
    titles: Sequence[str],
    mapped: Sequence[Flags],
    thin: Sequence[bool],
    settings: AccuracySettings,
) -> list[str]:
    few = [t for t, m, is_thin in zip(titles, mapped, thin, strict=True) if is_thin and m.any()]
    if not few:
        return []
    return [
        f"User's accuracy of {', '.join(few)} rests on fewer than {settings.min_omission_units:g} "
        "effective units that agree or disagree (windows, or units of very unequal weight): its "
        "interval may be too narrow where a class is rare."
    ]


def _pure_classes(titles: Sequence[str], users: Sequence[Estimate]) -> list[str]:
    pure = [
        f"{title} ({figure.value:.0%} of {figure.n})"
        for title, figure in zip(titles, users, strict=True)
        if figure.n > 0 and figure.se == 0.0
    ]
    if not pure:
        return []
    return [
        f"All units mapped as one class agree, or none does: {', '.join(pure)}. The standard "
        "error is zero there; the interval is Wilson's."
    ]


def _pure_strata(strata: Strata, mapped: Sequence[Flags], agrees: Flags) -> list[str]:
    """Strata without a single error that hold several map classes (else the class says it)."""
    pure = []
    for h, name in enumerate(strata.names):
        here = strata.of_unit == h
        several = sum(bool((m & here).any()) for m in mapped) > 1
        if several and agrees[here].all():
            pure.append(f"{name} ({int(here.sum())})")
    if not pure:
        return []
    return [
        f"Strata in which every unit agrees add nothing to any standard error: {', '.join(pure)}. "
        "More units there would show whether that is luck."
    ]
