"""Whether a sample supports estimates for a map, and with which strata.

What belongs here: the verdict, its reason in words, and the strata or post-strata to
estimate with. What does not: the estimates (``figures.py``) and the report (``build.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import Verdict
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.poststrata import PostStrata, poststratify
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE, Strata
from lulc_assets.core.legend import Legend
from lulc_assets.core.sampling.lattice import neighbour_pairs
from lulc_assets.core.sampling.population import Population
from lulc_assets.core.sampling.sample import ReferenceSample


@dataclass(frozen=True)
class Judgement:
    """A verdict on a sample.

    Attributes:
        verdict: see ``AccuracyReport.verdict``.
        reason: in a sentence for a reader.
        strata: to estimate with where the verdict is "estimated": strata of the design,
            over all units of the sample, or post-strata over the usable ones.
        of_design: whether they are strata of the design.
        warnings: about the strata.
    """

    verdict: Verdict
    reason: str
    strata: Strata | None = None
    of_design: bool = False
    warnings: tuple[str, ...] = ()


def judge(
    sample: ReferenceSample | None,
    population: Population,
    usable: npt.NDArray[np.bool_],
    legend: Legend,
    settings: AccuracySettings,
) -> Judgement:
    """Judge what a sample can say about a map.

    Args:
        sample: of the region, or None.
        population: mapped areas and the map class of each unit.
        usable: shape (n,), bool: units with map data and a reference class here.
        legend: for titles.
        settings: of the estimation.
    """
    n = int(usable.sum())
    if sample is None:
        return Judgement("no_sample", "There is no reference sample.")
    if not sample.design.is_probability:
        return _judge_convenience(n)
    if n < max(settings.min_units, MIN_UNITS_FOR_VARIANCE):
        return Judgement(
            "insufficient",
            f"{n} usable sample units here; at least {settings.min_units} are needed.",
        )
    if sample.design.design in ("stratified", "cluster"):
        return _judge_strata(sample, n, settings)
    return _judge_poststrata(sample, population, usable, legend, settings)


def _judge_convenience(n: int) -> Judgement:
    if n == 0:
        return Judgement("no_sample", "No reference unit lies on the map.")
    return Judgement(
        "agreement_only",
        f"The {n:,} reference units are not a probability sample: they lie where somebody chose "
        "to label. Agreement with them says nothing of ground that nobody labelled: no accuracy, "
        "no area and no interval follows from it.",
    )


def _judge_strata(sample: ReferenceSample, n: int, settings: AccuracySettings) -> Judgement:
    merge = settings.merge_strata
    uncovered = _uncovered_share(sample)
    if uncovered > 0:
        return Judgement(
            "insufficient",
            f"{uncovered:.1%} of the population lies in no stratum of the sample: nothing drawn "
            "there, nothing known there.",
        )
    try:
        strata = sample.strata(finite_population=settings.finite_population, merge=merge)
    except InvalidSample as error:
        return Judgement("insufficient", str(error))
    if sample.design.design == "cluster":
        windows = int(strata.primary_counts.sum())
        reason = (
            f"Cluster sample: {n:,} units here in a sample of {windows} windows; standard errors "
            f"come from the spread between windows, with {strata.degrees_of_freedom} degrees "
            "of freedom."
        )
        return Judgement("estimated", reason, strata, of_design=True)
    reason = (
        f"Stratified sample: {n:,} units here, {len(strata.names)} strata kept from the design "
        "(Stehman 2014)."
    )
    warnings = tuple(
        f"Strata {', '.join(group)} were merged into one on request." for group in merge
    )
    return Judgement("estimated", reason, strata, of_design=True, warnings=warnings)


def _uncovered_share(sample: ReferenceSample) -> float:
    """Share of the population that no stratum of the design covers."""
    population, sizes = sample.design.population_pixels, sample.design.stratum_pixels
    if not population or not sizes:
        return 0.0
    return max(0.0, 1.0 - sum(sizes.values()) / population)


def _judge_poststrata(
    sample: ReferenceSample,
    population: Population,
    usable: npt.NDArray[np.bool_],
    legend: Legend,
    settings: AccuracySettings,
) -> Judgement:
    n, titles = int(usable.sum()), tuple(c.title for c in legend.land)
    fraction = float(sample.units["inclusion_probability"].iloc[0])
    post = poststratify(
        population.map_codes[usable],
        population.class_areas_ha,
        min_units=settings.min_units_per_class,
        fraction=fraction if settings.finite_population else 0.0,
        names=titles,
    )
    thin_area = sum(population.class_areas_ha[code - 1] for code in post.thin)
    thin_share = float(thin_area / population.class_areas_ha.sum())
    if thin_share > settings.max_collapsed_share:
        reason = (
            f"Classes with fewer than {settings.min_units_per_class} units cover "
            f"{thin_share:.1%} of the map ({_titles(post.thin, titles)}); at most "
            f"{settings.max_collapsed_share:.0%} may be pooled."
        )
        return Judgement("insufficient", reason)
    warnings = _warn_of_collapse(post, titles, thin_share, settings)
    said = f"{n:,} units here, poststratified by map class."
    if sample.design.design == "simple_random":
        return Judgement(
            "estimated", f"Simple random sample: {said}", post.strata, warnings=warnings
        )
    strata, reason = _with_lattices(sample, post.strata, usable, said, settings)
    if strata is None:
        return Judgement("insufficient", reason)
    return Judgement("estimated", reason, strata, warnings=warnings)


def _with_lattices(
    sample: ReferenceSample,
    strata: Strata,
    usable: npt.NDArray[np.bool_],
    said: str,
    settings: AccuracySettings,
) -> tuple[Strata | None, str]:
    """Post-strata that know the lattices of a systematic sample, and the reason in words."""
    starts = sample.starts(usable, finite_population=settings.finite_population)
    if starts is not None:
        if np.unique(starts.of_unit).size < MIN_UNITS_FOR_VARIANCE:
            return None, "All usable units here belong to one lattice; two or more are needed."
        return replace(strata, starts=starts), (
            f"Systematic sample of {starts.count} lattices with random starts: {said} Standard "
            f"errors come from the spread between the lattices, with {starts.count - 1} degrees of "
            "freedom."
        )
    how = "are those of a simple random sample"
    if settings.systematic_variance == "neighbours":
        pairs = neighbour_pairs(sample.units.geometry[usable])
        strata, how = replace(strata, neighbours=pairs), "come from differences of neighbours"
    return strata, (
        f"Systematic sample: {said} A single lattice has no unbiased variance; standard errors "
        f"{how}, usually a bit too large."
    )


def _warn_of_collapse(
    post: PostStrata, titles: tuple[str, ...], share: float, settings: AccuracySettings
) -> tuple[str, ...]:
    if not post.thin:
        return ()
    return (
        f"Mapped with fewer than {settings.min_units_per_class} sample units: "
        f"{_titles(post.thin, titles)} ({share:.2%} of the map). Pooled into one post-stratum: "
        f"{_titles(post.collapsed or post.thin, titles)}. Estimated areas of pooled classes are "
        "biased then (a class of 4 % by −15 % at 50 units, −1 % at 100, in a simulation).",
    )


def _titles(codes: Iterable[int], titles: tuple[str, ...]) -> str:
    return ", ".join(titles[code - 1] for code in codes)
