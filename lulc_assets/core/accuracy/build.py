"""From a map and a reference sample to the report of a tile or a region.

What belongs here: the verdict, and putting the report together. What does not: finding
units and areas on the maps (``population.py``) and estimators (``figures.py``).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.estimators import (
    MIN_UNITS_FOR_VARIANCE,
    PostStrata,
    Strata,
    poststratify,
)
from lulc_assets.core.accuracy.figures import AccuracySettings, Figures, estimate_figures
from lulc_assets.core.accuracy.matrix import agreement_share, count_matrix
from lulc_assets.core.accuracy.population import ELSEWHERE, Population, TilePart, observe
from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures, Scope, Verdict
from lulc_assets.core.accuracy.sample import ReferenceSample
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10, Legend


def build_report(
    *,
    scope: Scope,
    key: str,
    year: int,
    class_map: npt.NDArray[np.uint8],
    owned: npt.NDArray[np.bool_],
    pixel_areas_ha: npt.NDArray[np.float64],
    grid: PixelGrid,
    sample: ReferenceSample | None,
    legend: Legend = KARRA_10,
    settings: AccuracySettings | None = None,
) -> AccuracyReport:
    """Report on one map: a tile as a domain of its region's sample.

    The population is the owned pixels with map data. Units on owned pixels without data
    are unusable and counted; units elsewhere belong to other tiles.

    Args:
        scope: "tile", or "region" for a region that is one raster.
        key: tile key or region name.
        year: of the map.
        class_map: shape (h, w), uint8, codes 1–9, 0 = no data.
        owned: shape (h, w), bool.
        pixel_areas_ha: shape (h, w), float64.
        grid: of the arrays; the sample may be in any CRS.
        sample: of the region, or None where there is none.
        legend: of map and sample.
        settings: None for the defaults.

    Raises:
        InvalidProduct: arrays do not fit the grid, or the map holds other codes.
        InvalidSample: the sample describes another year.
    """
    part = TilePart(key, class_map, owned, pixel_areas_ha, grid)
    return _report((scope, key, year), [part], sample, legend, settings or AccuracySettings())


def build_region_report(
    parts: Iterable[TilePart],
    sample: ReferenceSample | None,
    *,
    key: str,
    year: int,
    legend: Legend = KARRA_10,
    settings: AccuracySettings | None = None,
) -> AccuracyReport:
    """Report on a region from its tiles, which may lie in different UTM zones.

    Args:
        parts: one a tile; an iterator keeps only one tile in memory.
        sample: of the region, in any CRS, or None.
        key: name of the region.
        year: of the maps.
        legend: of maps and sample.
        settings: None for the defaults.

    Raises:
        InvalidProduct: a tile comes twice, two tiles own one place, arrays do not fit their
            grid, or a map holds other codes.
        InvalidSample: the sample describes another year.
    """
    return _report(("region", key, year), parts, sample, legend, settings or AccuracySettings())


def _report(
    subject: tuple[Scope, str, int],
    parts: Iterable[TilePart],
    sample: ReferenceSample | None,
    legend: Legend,
    settings: AccuracySettings,
) -> AccuracyReport:
    scope, key, year = subject
    if sample is not None and sample.design.year not in (None, year):
        raise InvalidSample(f"{key}: the sample describes {sample.design.year}, the map {year}")
    k = len(legend.land)
    population = observe(parts, sample, k)
    reference = _reference_codes(sample)
    on_data = (population.map_codes >= 1) & (population.map_codes <= k)
    usable = on_data & (reference >= 1) & (reference <= k)
    in_scope = population.map_codes != ELSEWHERE if scope == "tile" else reference >= 0
    matrix = count_matrix(population.map_codes[usable], reference[usable], k)
    verdict, reason, strata, notes = _judge(sample, population, usable, legend, settings)
    figures = None
    if verdict == "estimated" and strata is not None:
        # Strata of the design keep all units; post-strata are those of the domain alone.
        kept = np.ones(usable.size, bool) if strata.of_unit.size == usable.size else usable
        figures = estimate_figures(
            population.map_codes[kept],
            reference[kept],
            strata,
            area_ha=float(population.class_areas_ha.sum()),
            titles=[c.title for c in legend.land],
            settings=settings,
            domain=usable[kept],
        )
    return AccuracyReport(
        scope=scope,
        key=key,
        year=year,
        design="none" if sample is None else sample.design.design,
        verdict=verdict,
        verdict_reason=reason,
        n_units=int(usable.sum()),
        n_unusable=int((in_scope & ~usable).sum()),
        total_area_ha=float(population.class_areas_ha.sum()) + population.no_data_area_ha,
        no_data_area_ha=population.no_data_area_ha,
        overall=None if figures is None else figures.overall,
        agreement=agreement_share(matrix),
        classes=_class_figures(legend, population.class_areas_ha, figures),
        matrix=matrix,
        proportions=None if figures is None else figures.proportions,
        warnings=(*notes, *(() if figures is None else figures.warnings)),
    )


def _judge(
    sample: ReferenceSample | None,
    population: Population,
    usable: npt.NDArray[np.bool_],
    legend: Legend,
    settings: AccuracySettings,
) -> tuple[Verdict, str, Strata | None, tuple[str, ...]]:
    """Verdict, reason, strata to estimate with, and warnings about them."""
    n = int(usable.sum())
    if sample is None:
        return "no_sample", "There is no reference sample.", None, ()
    if not sample.design.is_probability:
        if n == 0:
            return "no_sample", "No reference unit lies on the map.", None, ()
        reason = (
            f"The {n} reference units are no probability sample: they lie where somebody chose "
            "to label. They show plain agreement; no area and no interval follows from them."
        )
        return "agreement_only", reason, None, ()
    if n < max(settings.min_units, MIN_UNITS_FOR_VARIANCE):
        reason = f"{n} usable sample units here; at least {settings.min_units} are needed."
        return "insufficient", reason, None, ()
    if sample.design.design == "stratified":
        return _judge_strata(sample, n, settings)
    return _judge_poststrata(sample, population, usable, legend, settings)


def _judge_strata(
    sample: ReferenceSample, n: int, settings: AccuracySettings
) -> tuple[Verdict, str, Strata | None, tuple[str, ...]]:
    try:
        strata = sample.strata(finite_population=settings.finite_population)
    except InvalidSample as error:
        return "insufficient", str(error), None, ()
    reason = (
        f"Stratified sample: {n} units here, {len(strata.names)} strata kept from the design "
        "(Stehman 2014)."
    )
    return "estimated", reason, strata, ()


def _judge_poststrata(
    sample: ReferenceSample,
    population: Population,
    usable: npt.NDArray[np.bool_],
    legend: Legend,
    settings: AccuracySettings,
) -> tuple[Verdict, str, Strata | None, tuple[str, ...]]:
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
        return "insufficient", reason, None, ()
    kind = "Simple random" if sample.design.design == "simple_random" else "Systematic"
    reason = f"{kind} sample: {n} units here, poststratified by map class."
    if sample.design.design == "systematic":
        reason += " Standard errors are those of a simple random sample, usually a bit too large."
    return "estimated", reason, post.strata, _warn_of_collapse(post, titles, thin_share, settings)


def _warn_of_collapse(
    post: PostStrata, titles: tuple[str, ...], share: float, settings: AccuracySettings
) -> tuple[str, ...]:
    if not post.thin:
        return ()
    return (
        f"Mapped with fewer than {settings.min_units_per_class} sample units: "
        f"{_titles(post.thin, titles)} ({share:.2%} of the map). Pooled into one post-stratum: "
        f"{_titles(post.collapsed or post.thin, titles)}.",
    )


def _titles(codes: Iterable[int], titles: tuple[str, ...]) -> str:
    return ", ".join(titles[code - 1] for code in codes)


def _class_figures(
    legend: Legend, areas_ha: npt.NDArray[np.float64], figures: Figures | None
) -> tuple[ClassFigures, ...]:
    return tuple(
        ClassFigures(
            code=c.code,
            name=c.name,
            title=c.title,
            color=c.color,
            mapped_area_ha=float(areas_ha[i]),
            area_ha=None if figures is None else figures.areas_ha[i],
            users=None if figures is None else figures.users[i],
            producers=None if figures is None else figures.producers[i],
        )
        for i, c in enumerate(legend.land)
    )


def _reference_codes(sample: ReferenceSample | None) -> npt.NDArray[np.int64]:
    if sample is None:
        return np.zeros(0, dtype=np.int64)
    return sample.units["class_code"].to_numpy(dtype=np.int64)
