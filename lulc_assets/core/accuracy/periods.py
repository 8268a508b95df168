"""Two periods of change from samples that were interpreted at several dates.

What belongs here: from samples and maps to the periods of ``core/estimation/emissions.py``, and
the draws as a file. What does not: those estimates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.paired import (
    drivers_of,
    frame_area_ha,
    refuse_other_definitions,
    refuse_other_units,
    strata_as_drawn,
)
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.emissions import (
    Emissions,
    Factor,
    Period,
    estimate_emissions,
    few_events,
    loss_by_driver,
)
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.whole_files import whole_file

Pair = Sequence[ReferenceSample]


@dataclass(frozen=True)
class PeriodFigures:
    """What two periods lost and emitted.

    Attributes:
        emissions: loss and emissions a year.
        by_driver: "reference" and "monitoring": loss a year by driver, hectares; only of periods
            whose second interpretation names drivers of the loss of this class.
        response: what the interpreters were asked; None where nothing was said.
        warnings: sentences for a reader.
    """

    emissions: Emissions
    by_driver: dict[str, dict[str, Estimate]]
    response: ResponseDesign | None
    warnings: tuple[str, ...]


def estimate_periods(
    reference: Pair,
    monitoring: Pair,
    *,
    maps: Sequence[MapFile],
    loss_of: str,
    factor: Factor,
    years: Sequence[float] | None = None,
    never_in: Sequence[str] = (),
    settings: AccuracySettings | None = None,
) -> PeriodFigures:
    """Loss and emissions a year in two periods.

    Args:
        reference: samples at the start and the end of the reference period.
        monitoring: the same of the monitoring period. With the units of the reference period it
            is a panel, of which only units with a class at all dates are used.
        maps: of the region, for its area.
        loss_of: name of the class.
        factor: tonnes CO₂e a hectare.
        years: lengths of both periods; None takes the years that the samples describe.
        never_in: strata that never were of the class, in which loss cannot occur.
        settings: None for the defaults.

    Raises:
        InvalidSample: not two samples a period, other units or definitions at its two dates,
            unknown class or years, no probability sample, a driver of a unit that lost nothing,
            or maps of a part of the region.
    """
    chosen = settings or AccuracySettings()
    for name, pair in (("reference", reference), ("monitoring", monitoring)):
        if len(pair) != 2:
            raise InvalidSample(f"{name} period: {len(pair)} samples; give its start and its end")
        refuse_other_units(pair[0], pair[1])
    refuse_other_definitions([*reference, *monitoring])
    code = maps[0].legend.code_of(loss_of)
    titles = [c.name for c in maps[0].legend.land]
    lengths = _years(reference, monitoring, years)
    panel = _same_units(reference[0], monitoring[0])
    named = [_named(pair, len(maps[0].legend.land)) for pair in (reference, monitoring)]
    if panel:
        named = [named[0] & named[1]] * 2
    periods = []
    by_driver = {}
    for key, pair, kept, length in zip(
        ("reference", "monitoring"),
        (reference, monitoring),
        named,
        lengths,
        strict=True,
    ):
        first, last = (one.units["class_code"].to_numpy(dtype=np.int64)[kept] for one in pair)
        strata = strata_as_drawn(pair[0], chosen, kept)
        lost = (first == code) & (last != code)
        possible = _possible(strata, never_in)
        area_ha = frame_area_ha(maps, pair[0])
        periods.append(Period(f"the {key} period", lost, strata, area_ha, length, possible))
        drivers = drivers_of(pair[0], pair[1], titles, kept)
        if drivers is not None and drivers.of == code:
            by_driver[key] = loss_by_driver(periods[-1], drivers, chosen)
    found = estimate_emissions(periods[0], periods[1], factor, panel=panel, settings=chosen)
    said = [one.design.response for one in (*reference, *monitoring) if one.design.response]
    warnings = few_events(periods, chosen.min_omission_units)
    return PeriodFigures(found, by_driver, said[0] if said else None, tuple(warnings))


def write_draws(path: Path, found: Emissions) -> Path:
    """Write the Monte Carlo draws as CSV: factor, loss per year, emissions per year."""
    columns = {"factor_t_per_ha": found.draws["factor"]}
    for key in ("reference", "monitoring", "reduction"):
        columns[f"{key}_ha_per_year"] = found.draws[key]
        columns[f"{key}_t_per_year"] = found.draws[key] * found.draws["factor"]
    rows = np.column_stack(list(columns.values()))
    with whole_file(path) as part:
        lines = (",".join(f"{value:.9g}" for value in row) for row in rows)
        part.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return path


def _years(reference: Pair, monitoring: Pair, given: Sequence[float] | None) -> list[float]:
    if given:
        if len(given) != 2:
            raise InvalidSample(f"{len(given)} lengths of periods; give reference and monitoring")
        return list(given)
    lengths = []
    for name, pair in (("reference", reference), ("monitoring", monitoring)):
        first, last = (one.design.year for one in pair)
        if first is None or last is None or last <= first:
            raise InvalidSample(
                f"{name} period: its samples describe {first} and {last}; give its length "
                "with --years, once for each period"
            )
        lengths.append(float(last - first))
    return lengths


def _possible(strata: Strata, never_in: Sequence[str]) -> npt.NDArray[np.bool_]:
    unknown = sorted(set(never_in) - set(strata.names))
    if unknown:
        raise InvalidSample(f"no stratum {unknown[0]!r}; there are {', '.join(strata.names)}")
    return np.array([name not in never_in for name in strata.names])


def _same_units(one: ReferenceSample, other: ReferenceSample) -> bool:
    """Whether two samples are one: numbers alone would agree in any two draws of one size."""
    columns = ["unit_id", "x", "y"]
    return bool(one.units[columns].equals(other.units[columns]))


def _named(pair: Pair, k: int) -> npt.NDArray[np.bool_]:
    codes = [one.units["class_code"].to_numpy(dtype=np.int64) for one in pair]
    named: npt.NDArray[np.bool_] = np.all([(c >= 1) & (c <= k) for c in codes], axis=0)
    return named
