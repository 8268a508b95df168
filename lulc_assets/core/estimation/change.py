"""Area of change between two dates, from units interpreted at both.

What belongs here: areas of transitions, of gains and losses, and net changes with their
intervals. What does not: change on the map, which is not an estimate of changed area (a change
map's errors add up; Olofsson et al. 2014, §1), and looking for changed pixels.

Every figure is a total of an indicator over the sample, like a class's area: y = [from = i,
to = j] for a transition, y = [to = c] − [from = c] for a net change. Strata are usually
those of a change map, with a buffer around mapped change (Olofsson et al. 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.choice import estimate_area_share, where_seen
from lulc_assets.core.estimation.compare import difference_of_ratios
from lulc_assets.core.estimation.drivers import Drivers
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import effective_count
from lulc_assets.core.estimation.half_event import Event
from lulc_assets.core.estimation.measures import scale
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata

Codes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ChangeAreas:
    """Areas of change in hectares.

    Attributes:
        changed: everything whose class differs between the dates.
        gains: by class: what became it.
        losses: by class: what it was and no longer is.
        net: by class: gains − losses, estimated as one figure.
        transitions: (from code, to code) → area; only transitions that a unit shows.
        warnings: sentences for a reader.
        by_driver: loss of the class whose drivers were asked for, by driver.
    """

    changed: Estimate
    gains: tuple[Estimate, ...]
    losses: tuple[Estimate, ...]
    net: tuple[Estimate, ...]
    transitions: dict[tuple[int, int], Estimate]
    warnings: tuple[str, ...]
    by_driver: dict[str, Estimate] = field(default_factory=dict)


def estimate_change(
    from_codes: Codes,
    to_codes: Codes,
    strata: Strata,
    *,
    area_ha: float,
    titles: Sequence[str],
    settings: AccuracySettings | None = None,
    domain: npt.NDArray[np.bool_] | None = None,
    drivers: Drivers | None = None,
) -> ChangeAreas:
    """Estimate areas of change from reference classes at two dates.

    Args:
        from_codes: shape (n,), reference class at the first date, 1…k.
        to_codes: shape (n,), reference class at the second date.
        strata: of the n units.
        area_ha: of the population.
        titles: of the k classes, for warnings.
        settings: None for the defaults.
        domain: shape (n,), bool: units that count, of a zone for example; None for all. The area
            is then that of the domain.
        drivers: of the n units; None where nobody asked.
    """
    chosen = settings or AccuracySettings()
    inside = np.ones(from_codes.size, dtype=bool) if domain is None else domain
    moved = (from_codes != to_codes) & inside
    thin: list[str] = []

    def area(flags: npt.NDArray[np.bool_], title: str) -> Estimate:
        share, is_thin = _share(flags, inside, strata, chosen)
        if is_thin and flags.any():
            thin.append(title)
        return scale(share, area_ha)

    codes = range(1, len(titles) + 1)
    pairs = sorted(set(zip(from_codes[moved].tolist(), to_codes[moved].tolist(), strict=True)))
    changes = ChangeAreas(
        changed=area(moved, "all change"),
        gains=tuple(area(moved & (to_codes == c), f"gain of {titles[c - 1]}") for c in codes),
        losses=tuple(area(moved & (from_codes == c), f"loss of {titles[c - 1]}") for c in codes),
        net=tuple(
            scale(_net(from_codes == c, to_codes == c, inside, strata, chosen), area_ha)
            for c in codes
        ),
        transitions={
            (a, b): area(
                moved & (from_codes == a) & (to_codes == b), f"{titles[a - 1]} to {titles[b - 1]}"
            )
            for a, b in pairs
        },
        warnings=(),
        by_driver={}
        if drivers is None
        else {
            name: area(flags, f"loss of {titles[drivers.of - 1]} by {name}")
            for name, flags in drivers.losses(moved & (from_codes == drivers.of))
        },
    )
    if not thin:
        return changes
    warning = (
        f"Fewer than {chosen.min_omission_units:g} effective units show {', '.join(thin)}: the "
        "intervals of these areas are wide and lopsided, as so few units allow."
    )
    return replace(changes, warnings=(warning,))


def _share(
    flags: npt.NDArray[np.bool_],
    inside: npt.NDArray[np.bool_],
    strata: Strata,
    settings: AccuracySettings,
) -> tuple[Estimate, bool]:
    """Share of the domain, and whether few units show it."""
    y, x = flags.astype(np.float64), inside.astype(np.float64)
    effective = effective_count(strata.total_by_primary(strata.weights * y))
    enough = effective >= settings.min_omission_units
    here = where_seen(inside, strata)
    share = estimate_area_share(y, x, strata, settings, hits=here, misses=here, enough=enough)
    return share, not enough


def _net(
    before: npt.NDArray[np.bool_],
    after: npt.NDArray[np.bool_],
    inside: npt.NDArray[np.bool_],
    strata: Strata,
    settings: AccuracySettings,
) -> Estimate:
    """Share of a class at the second date less that at the first, as one figure."""
    x = inside.astype(np.float64)
    gain, loss = (np.array([y, 1.0, 1.0 - y, 1.0]) for y in (1.0, 0.0))
    here = where_seen(inside, strata)
    return difference_of_ratios(
        (after * x, x),
        (before * x, x),
        strata,
        settings,
        events=[Event(gain, here), Event(loss, here)],
    )
