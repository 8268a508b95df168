"""Questions that take two maps, or two dates, and one sample.

What belongs here: bringing two maps or two interpretations onto the units of one sample.
What does not: the differences and areas themselves (``compare.py``, ``change.py``).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.change import ChangeAreas, estimate_change
from lulc_assets.core.estimation.compare import Comparison, compare_maps
from lulc_assets.core.estimation.drivers import Drivers
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.lattice import neighbour_pairs
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import ELSEWHERE, observe
from lulc_assets.core.sampling.sample import ReferenceSample

_TELLING = 20
"""Units that differ one and all by chance in one of a million samples, even if half of the area
differs."""


def strata_as_drawn(
    sample: ReferenceSample,
    settings: AccuracySettings | None = None,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Strata:
    """The strata of the design; a simple random or systematic sample is one stratum.

    Args:
        sample: with its design, of which a systematic one brings its starts.
        settings: ``systematic_variance`` and ``finite_population``; None for the defaults.
        kept: shape (n,), bool: units to be used, which then stand for the others of their
            stratum or window too; None for all.

    Raises:
        InvalidSample: no probability sample, or a stratum with fewer than two units.
    """
    if not sample.design.is_probability:
        raise InvalidSample(
            "these units are not a probability sample: they lie where somebody chose to label, "
            "and no standard error follows from them"
        )
    chosen = settings or AccuracySettings()
    if sample.design.design in ("stratified", "cluster"):
        strata = sample.strata(finite_population=chosen.finite_population)
        return strata if kept is None else _of_named(strata, kept)
    used = np.ones(len(sample.units), dtype=bool) if kept is None else kept
    n = int(used.sum())
    size = float(sample.design.population_pixels or len(sample.units))
    chance = float(sample.units["inclusion_probability"].iloc[0])
    fraction = chance if chosen.finite_population else 0.0
    starts = pairs = None
    if sample.design.design == "systematic":
        starts = sample.starts(used, finite_population=chosen.finite_population)
        if starts is None and chosen.systematic_variance == "neighbours":
            pairs = neighbour_pairs(sample.units.geometry[used])
    all_one = np.zeros(n, dtype=np.int64)
    return Strata(
        ("all",),
        all_one,
        np.array([size]),
        np.array([fraction]),
        neighbours=pairs,
        starts=starts,
    )


def compare_on_sample(
    first: Sequence[MapFile],
    second: Sequence[MapFile],
    sample: ReferenceSample,
    settings: AccuracySettings | None = None,
) -> tuple[Comparison, int]:
    """Compare two maps where both show a class and the reference has one.

    Args:
        first: the tiles of one map.
        second: the tiles of the other, of the same legend.
        sample: a probability sample of the region.
        settings: None for the defaults.

    Returns:
        The differences (first less second), and the number of units they rest on.

    Raises:
        InvalidSample: no probability sample, or no unit that both maps and the reference name.
    """
    strata = strata_as_drawn(sample, settings)
    k = len(first[0].legend.land)
    one, other = (
        observe((m.part() for m in maps), sample, k).map_codes for maps in (first, second)
    )
    reference = sample.units["class_code"].to_numpy(dtype=np.int64)
    inside = (one >= 1) & (other >= 1) & (reference >= 1) & (reference <= k)
    refuse_none(inside)
    if inside.sum() >= _TELLING and not (one == other)[inside].any():
        raise InvalidSample(
            f"the maps differ at every one of {int(inside.sum())} units: a sample that was drawn "
            "only where they differ says nothing of the rest. Compare with --where-they-differ"
        )
    comparison = compare_maps(
        one, other, reference, strata, n_classes=k, domain=inside, settings=settings
    )
    return comparison, int(inside.sum())


def refuse_none(inside: npt.NDArray[np.bool_]) -> None:
    """Refuse a sample of which no unit counts.

    Raises:
        InvalidSample: none does.
    """
    if not inside.any():
        raise InvalidSample("no unit of the sample has a class on both maps and in the reference")


def change_on_sample(
    before: ReferenceSample,
    after: ReferenceSample,
    *,
    area_ha: float,
    titles: Sequence[str],
    settings: AccuracySettings | None = None,
    domain: npt.NDArray[np.bool_] | None = None,
) -> ChangeAreas:
    """Areas of change from one sample that was interpreted at two dates.

    Units without class at either date are left out; what they stand for is shared out over
    the others of their stratum or window.

    Args:
        before: interpreted at the first date.
        after: the same units, interpreted at the second date.
        area_ha: of the region.
        titles: of the legend's land classes.
        settings: None for the defaults.
        domain: shape (n,), bool: units of a zone, whose area is then meant; None for all.

    Raises:
        InvalidSample: the units or their designs differ, or too few have both classes.
    """
    refuse_other_units(before, after)
    codes = [s.units["class_code"].to_numpy(dtype=np.int64) for s in (before, after)]
    named = np.all([(c >= 1) & (c <= len(titles)) for c in codes], axis=0)
    strata = strata_as_drawn(before, settings, named)
    drivers = drivers_of(before, after, titles, named)
    return estimate_change(
        codes[0][named],
        codes[1][named],
        strata,
        area_ha=area_ha,
        titles=titles,
        settings=settings,
        domain=None if domain is None else domain[named],
        drivers=drivers,
    )


def drivers_of(
    before: ReferenceSample,
    after: ReferenceSample,
    titles: Sequence[str],
    named: npt.NDArray[np.bool_],
) -> Drivers | None:
    """Why units lost a class between two dates; None where the second interpretation tells none.

    Args:
        before: interpreted at the first date.
        after: the same units at the second date.
        titles: names of the legend's land classes.
        named: shape (n,), bool: units with a class at both dates, of which the result is.

    Raises:
        InvalidSample: a unit that lost nothing has a driver.
    """
    response = after.design.response
    if response is None or "driver" not in after.units:
        return None
    code = list(titles).index(response.drivers_of) + 1
    number = {name: i for i, name in enumerate(("", *response.drivers))}
    of_unit = after.units["driver"].map(number).to_numpy(dtype=np.int64)
    drivers = Drivers(code, response.drivers, of_unit[named])
    first, last = (s.units["class_code"].to_numpy()[named] for s in (before, after))
    drivers.check((first == code) & (last != code), after.units["unit_id"][named].tolist())
    return drivers


def refuse_other_units(before: ReferenceSample, after: ReferenceSample) -> None:
    """Refuse two interpretations that are not of one sample.

    Raises:
        InvalidSample: units, places or designs differ.
    """
    if before.units["unit_id"].tolist() != after.units["unit_id"].tolist():
        raise InvalidSample("the two interpretations are not of the same units")
    for column in ("stratum", "inclusion_probability", "x", "y"):
        if not before.units[column].equals(after.units[column]):
            raise InvalidSample(
                f"the two interpretations differ in {column}: but one design drew both"
            )
    refuse_other_definitions([before, after])


def refuse_other_definitions(samples: Sequence[ReferenceSample]) -> None:
    """Refuse interpretations that mean other things by one word.

    Raises:
        InvalidSample: definitions or minimum mapping units differ; what one says alone is not
            compared.
    """
    told: dict[str, str] = {}
    for sample in samples:
        if sample.design.response is None:
            continue
        for term, text in sample.design.response.meanings():
            if told.setdefault(term, text) != text:
                raise InvalidSample(
                    f"{term}: {told[term]!r} in one interpretation, {text!r} in another: their "
                    "difference would not be change"
                )


def frame_area_ha(maps: Sequence[MapFile], sample: ReferenceSample) -> float:
    """Area of the classes of maps that hold every unit of a sample, hectares.

    Raises:
        InvalidSample: units lie off the maps, which then are a part of the region.
    """
    population = observe((one.part() for one in maps), sample, len(maps[0].legend.land))
    check_frame(sample, population.map_codes)
    return float(population.class_areas_ha.sum())


def check_frame(
    sample: ReferenceSample, map_codes: npt.NDArray[np.int64], *, what: str = "the maps"
) -> None:
    """Refuse maps that cover a part of what the sample was drawn from.

    Shares come from the whole sample and areas from the maps: a third of the region would print
    a third of its change.

    Args:
        sample: of the region.
        map_codes: shape (n,), of its units, :data:`ELSEWHERE` off the maps.
        what: named in the message.

    Raises:
        InvalidSample: units lie off the maps.
    """
    off = map_codes == ELSEWHERE
    if not off.any():
        return
    unit = sample.units["unit_id"].iloc[int(np.flatnonzero(off)[0])]
    raise InvalidSample(
        f"{int(off.sum())} of {off.size} units lie outside {what} (unit {unit!r} is one): they "
        "cover a part of the region that the sample was drawn from, and their area times its "
        "shares would be the change of nothing. Give the maps of the whole region"
    )


def _of_named(strata: Strata, named: npt.NDArray[np.bool_]) -> Strata:
    """The same strata over some of their units."""
    weights = primary = None
    if strata.primary is not None:
        primary = np.unique(strata.primary[named], return_inverse=True)[1].astype(np.int64)
        weights = strata.weights[named]
    return Strata(
        strata.names, strata.of_unit[named], strata.sizes, strata.fractions, primary, weights
    )
