"""From a map and a reference sample to the report of a tile or a region.

What belongs here: putting the report together. What does not: finding units and areas on
the maps (``population.py``), the verdict (``verdict.py``) and estimators (``figures.py``).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.placement import warn_of_placement
from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures, Scope
from lulc_assets.core.accuracy.verdict import Judgement, judge
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.estimate import MissingReference
from lulc_assets.core.estimation.matrix import agreement_share, count_matrix
from lulc_assets.core.estimation.measures import Figures, estimate_figures
from lulc_assets.core.estimation.missing import bound_missing
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legend_class import LandCover
from lulc_assets.core.sampling.population import ELSEWHERE, Population, TilePart, observe
from lulc_assets.core.sampling.sample import ReferenceSample


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
        parts: one per tile; an iterator keeps only one tile in memory.
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


def build_domain_report(
    parts: Iterable[TilePart],
    sample: ReferenceSample | None,
    *,
    key: str,
    year: int,
    legend: Legend = KARRA_10,
    settings: AccuracySettings | None = None,
) -> AccuracyReport:
    """Report on a part of a region, for example a district, over several tiles.

    Like a tile it is a domain of the region's sample: units elsewhere are neither used nor
    unusable. ``owned`` of the parts says which pixels are in the domain.

    Args:
        parts: one per tile.
        sample: of the region, in any CRS, or None.
        key: name of the domain.
        year: of the maps.
        legend: of maps and sample.
        settings: None for the defaults.

    Raises:
        InvalidProduct: as for :func:`build_region_report`.
        InvalidSample: the sample describes another year.
    """
    return _report(("tile", key, year), parts, sample, legend, settings or AccuracySettings())


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
    judgement = judge(sample, population, usable, legend, settings)
    figures = missing = None
    if judgement.strata is not None:
        figures = _estimate(judgement, population, reference, usable, legend, settings)
        missing = _bound(judgement, population, reference, on_data, legend)
    unusable = in_scope & ~usable
    return AccuracyReport(
        scope=scope,
        key=key,
        year=year,
        design="none" if sample is None else sample.design.design,
        verdict=judgement.verdict,
        verdict_reason=judgement.reason,
        n_units=int(usable.sum()),
        n_unusable=int(unusable.sum()),
        total_area_ha=float(population.class_areas_ha.sum()) + population.no_data_area_ha,
        no_data_area_ha=population.no_data_area_ha,
        overall=None if figures is None else figures.overall,
        agreement=agreement_share(matrix),
        classes=_class_figures(legend, population.class_areas_ha, figures),
        matrix=matrix,
        proportions=None if figures is None else figures.proportions,
        warnings=(
            *judgement.warnings,
            *warn_of_placement(sample, population.map_codes, population.offsets, on_data, legend),
            *_warn_of_unusable(population.map_codes, unusable, missing),
            *(() if figures is None else figures.warnings),
        ),
        design_effect=None if figures is None else figures.design_effect,
        missing=missing,
        starts=_starts(sample),
        response=None if sample is None else sample.design.response,
    )


def _starts(sample: ReferenceSample | None) -> int | None:
    systematic = sample is not None and sample.design.design == "systematic"
    return sample.design.starts if sample is not None and systematic else None


def _estimate(
    judgement: Judgement,
    population: Population,
    reference: npt.NDArray[np.int64],
    usable: npt.NDArray[np.bool_],
    legend: Legend,
    settings: AccuracySettings,
) -> Figures:
    if judgement.strata is None:
        raise ValueError(f"no strata to estimate with: {judgement.reason}")
    # Strata of the design keep all units; post-strata are those of the domain alone.
    kept = np.ones(usable.size, bool) if judgement.of_design else usable
    return estimate_figures(
        population.map_codes[kept],
        reference[kept],
        judgement.strata,
        area_ha=float(population.class_areas_ha.sum()),
        titles=[c.title for c in legend.land],
        settings=settings,
        domain=usable[kept],
    )


def _bound(
    judgement: Judgement,
    population: Population,
    reference: npt.NDArray[np.int64],
    on_data: npt.NDArray[np.bool_],
    legend: Legend,
) -> MissingReference | None:
    codes, strata, domain = population.map_codes, judgement.strata, on_data
    if strata is None:
        return None
    if not judgement.of_design:
        # The post-strata know only units with a class; here all units on data count.
        codes, reference = codes[on_data], reference[on_data]
        strata, domain = poststratify(codes, population.class_areas_ha).strata, on_data[on_data]
    area_ha = float(population.class_areas_ha.sum())
    k = len(legend.land)
    return bound_missing(codes, reference, strata, domain=domain, area_ha=area_ha, n_classes=k)


def _warn_of_unusable(
    map_codes: npt.NDArray[np.int64],
    unusable: npt.NDArray[np.bool_],
    missing: MissingReference | None,
) -> tuple[str, ...]:
    """Say how many units are lost, to what, and what they could change."""
    if not unusable.any():
        return ()
    outside = int((unusable & (map_codes == ELSEWHERE)).sum())
    no_data = int((unusable & (map_codes == LandCover.NO_DATA)).sum())
    nameless = int(unusable.sum()) - outside - no_data
    places = ((outside, "outside every tile"), (no_data, "on no data"), (nameless, "without class"))
    sentence = f"{int(unusable.sum())} of the sample units are unusable: " + ", ".join(
        f"{n} {place}" for n, place in places if n
    )
    if missing is None:
        return (sentence + ".",)
    return (
        f"{sentence}. Those without class stand for {missing.share:.1%} of the mapped area: "
        f"overall accuracy could be anything from {missing.overall_low:.1%} to "
        f"{missing.overall_high:.1%} before sampling error.",
    )


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
            f1=None if figures is None else figures.f1[i],
        )
        for i, c in enumerate(legend.land)
    )


def _reference_codes(sample: ReferenceSample | None) -> npt.NDArray[np.int64]:
    if sample is None:
        return np.zeros(0, dtype=np.int64)
    return sample.units["class_code"].to_numpy(dtype=np.int64)
