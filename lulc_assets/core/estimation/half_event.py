"""Intervals of areas, producer's accuracies and differences: half an event where it weighs most.

What belongs here: the interval of a ratio of totals, or of a difference of two, from units that
were drawn independently within strata. What does not: clusters and shares near which Wilson's
interval is at home (``intervals.py``), and which figure gets which interval (``measures.py``).

A stratum that shows no omission in 50 units may hold some all the same, and R̂ ± t SE cannot see
them. Here each stratum's shares are drawn from the distribution that its units leave (Dirichlet
with the counts as parameters, no prior); for the lower end half a unit is added that speaks
against the figure, for the upper end half a unit that speaks for it, each in the one stratum in
which it moves the figure most. Half a unit is a whole one in half of the draws: mid-P is the mean
of the distributions without and with it (a gamma variate of shape ½ in every draw comes close, and
falls short where no unit shows an event). The ends are quantiles of the figure. With one stratum
it is the mid-P form of Clopper and Pearson's interval; for weighted sums of Poisson counts that of
Fay and Feuer 1997 ("Confidence intervals for directly standardized rates: a method based on the
gamma distribution", Statistics in Medicine 16) with the mid-P of Fay and Kim 2017 (Biometrical
Journal 59). Coverage is measured in ``docs/accuracy_coverage.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL
from lulc_assets.core.estimation.intervals import quantile
from lulc_assets.core.estimation.strata import Strata

Numbers = npt.NDArray[np.float64]

_DRAWS = 4000
"""Draws of the shares; the ends then vary by about 2 % of the interval's width."""
_SEED = 20140507
"""Fixed: the same sample gives the same interval."""
_KEPT = 2048
"""Gamma variates that are kept, 32 KB each: figures and samples of a design share their counts."""
_REMEMBERED = 1 << 15
"""Intervals that are kept, about 1 KB each."""
_CENSUS = 1e-9
"""A stratum of which every unit was drawn leaves next to nothing to chance."""
_LEAST_SHAPE = 0.02
"""Gamma variates of a smaller shape underflow to 0; all shares are possible by then."""
_EVENT = 0.5
"""Units that are added at each end: half an event is the mid-P of exact intervals."""


@dataclass(frozen=True)
class Event:
    """What one more unit could show.

    Attributes:
        columns: shape (2 r,), float64: its y and x of each of the r ratios.
        possible: shape (H,), bool: strata in which a unit could show it.
    """

    columns: Numbers
    possible: npt.NDArray[np.bool_]


def half_event_interval(
    value: float,
    columns: Numbers,
    strata: Strata,
    events: Sequence[Event],
    *,
    level: float,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """Interval of Y / X, or of Y₁ / X₁ − Y₂ / X₂.

    Args:
        value: the estimate; the interval always holds it.
        columns: shape (n, 2) with y and x of each unit, or (n, 4) with y₁, x₁, y₂, x₂.
        strata: of the n units, which were drawn independently. Units of unequal weight within
            a stratum keep their weights, and half an event has the largest of them.
        events: what half a unit could show.
        level: of confidence, above 0 and below 1.
        bounds: smallest and largest legal value.
    """
    low, high = _ends(_tell(columns, strata, events), level)
    return max(bounds[0], min(low, value)), min(bounds[1], max(high, value))


def half_event_draws(
    columns: Numbers, strata: Strata, events: Sequence[Event], *, level: float = DEFAULT_LEVEL
) -> tuple[Numbers, Numbers]:
    """Draws of the figure with half an event against it, and with half an event for it.

    Args:
        columns: as for :func:`half_event_interval`.
        strata: of the units.
        events: what half a unit could show.
        level: whose t quantile widens the draws where units are few.
    """
    return _draws(_tell(columns, strata, events), level)


@dataclass(frozen=True)
class _Told:
    """How many units of each stratum show what; two are equal if they give the same draws.

    Attributes:
        kinds: shape (kinds, 2 + columns): stratum, weight and columns, by stratum.
        counts: shape (kinds,): units of each.
        fractions: shape (H,): sampling fractions.
        moves: stratum and columns of the event at each end.
        degrees: of freedom.
        key: all numbers of the above.
    """

    kinds: Numbers = field(compare=False)
    counts: npt.NDArray[np.int64] = field(compare=False)
    fractions: Numbers = field(compare=False)
    moves: Mapping[str, tuple[int, Numbers]] = field(compare=False)
    degrees: int
    key: bytes


def _tell(columns: Numbers, strata: Strata, events: Sequence[Event]) -> _Told:
    moves = _moves(columns, strata, events)
    kinds, counts = _kinds(np.column_stack([strata.of_unit, strata.weights, columns]))
    told = [kinds, counts, strata.fractions]
    for end, (h, event) in sorted(moves.items()):
        told += [np.array([ord(end[0]), h]), event]
    key = b"|".join(one.tobytes() for one in told)
    return _Told(kinds, counts, strata.fractions, moves, strata.degrees_of_freedom, key)


@lru_cache(maxsize=_REMEMBERED)
def _ends(told: _Told, level: float) -> tuple[float, float]:
    """Both ends; resampling and simulations ask for the same counts again and again."""
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = (np.quantile(one, t) for one, t in zip(_draws(told, level), tails, strict=True))
    return float(low), float(high)


def _draws(told: _Told, level: float) -> tuple[Numbers, Numbers]:
    totals, drawn = _draw_totals(told, level)
    ends = []
    for end in ("low", "high"):
        shown = totals
        if end in told.moves:
            h, event = told.moves[end]
            shown = totals + drawn[h].with_event(_half(), event)
        ends.append(_figure(shown))
    return ends[0], ends[1]


@dataclass(frozen=True)
class _Drawn:
    """Draws of one stratum: their gamma variates in all, and what its units then show in total."""

    n: int
    weight: float
    mass: Numbers
    totals: Numbers

    def with_event(self, half: Numbers, event: Numbers) -> Numbers:
        """How the stratum's totals change when half a unit more shows the event."""
        share = half / (self.mass + half)
        added: Numbers = share * ((self.n * self.weight * event)[:, None] - self.totals)
        return added


def _figure(totals: Numbers) -> Numbers:
    """The figure of each draw of totals, shape (draws,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        figure: Numbers = totals[0] / totals[1]
        if len(totals) > 2:
            figure = figure - totals[2] / totals[3]
    return figure[np.isfinite(figure)]


def _moves(
    columns: Numbers, strata: Strata, events: Sequence[Event]
) -> dict[str, tuple[int, Numbers]]:
    """The stratum and event that lower the figure most, and those that raise it most."""
    weighted = strata.weights[:, None] * columns
    totals = weighted.sum(axis=0)
    slopes = _slopes(totals)
    counts = strata.counts
    heaviest = np.zeros(counts.size)
    np.maximum.at(heaviest, strata.of_unit, strata.weights)
    of_stratum = np.bincount(strata.of_unit, weighted @ slopes, counts.size)
    moves: dict[str, tuple[int, Numbers]] = {}
    least = most = 0.0
    for event in events:
        # Half an event takes the place of half of an average unit of its stratum.
        effects = (counts * heaviest * (slopes @ event.columns) - of_stratum) / (counts + _EVENT)
        for h in np.flatnonzero(event.possible):
            if effects[h] < least:
                least, moves["low"] = effects[h], (int(h), event.columns)
            if effects[h] > most:
                most, moves["high"] = effects[h], (int(h), event.columns)
    return moves


def _slopes(totals: Numbers) -> Numbers:
    """How the figure changes with each total, to first order."""
    slopes = []
    for first in range(0, totals.size, 2):
        y, x = totals[first : first + 2]
        sign = 1.0 if first == 0 else -1.0
        slopes += [sign / x, -sign * y / x**2]
    return np.array(slopes)


def _draw_totals(told: _Told, level: float) -> tuple[Numbers, dict[int, _Drawn]]:
    """Draws of the totals, shape (columns, draws), and of the strata that an event moves.

    A stratum whose units all show the same needs no draw of its shares. Counts are taken
    smaller by (n_h − 1) / n_h and by the ratio of the normal to the t quantile squared, so that
    the spread is that of ± t SE where units are few; a finite population makes them larger.
    """
    narrower = (quantile(level) / quantile(level, told.degrees)) ** 2
    wanted = {h for h, _ in told.moves.values()}
    firsts = np.searchsorted(told.kinds[:, 0], np.arange(told.fractions.size + 1))
    certain = np.zeros(told.kinds.shape[1] - 2)
    totals = np.zeros((certain.size, _DRAWS))
    drawn = {}
    for h, (first, last) in enumerate(pairwise(firsts)):
        shapes = told.counts[first:last].astype(np.float64)
        n, weights = int(shapes.sum()), told.kinds[first:last, 1]
        values = n * weights[:, None] * told.kinds[first:last, 2:]
        if shapes.size == 1 and h not in wanted:
            certain += values[0]
            continue
        shapes *= narrower * (n - 1) / n / max(_CENSUS, 1.0 - float(told.fractions[h]))
        shapes = np.maximum(shapes, _LEAST_SHAPE)
        gammas = np.stack([_gammas(h, kind, shape) for kind, shape in enumerate(shapes.tolist())])
        mass = gammas.sum(axis=0)
        shown = values.T @ gammas / mass
        totals += shown
        if h in wanted:
            drawn[h] = _Drawn(n, float(weights.max()), mass, shown)
    return totals + certain[:, None], drawn


@lru_cache(maxsize=1)
def _half() -> Numbers:
    """Gamma variates of half an event, shape (draws,), read-only: of a whole one in every other."""
    variates = np.random.default_rng(_SEED + 1).standard_gamma(1.0, _DRAWS)
    variates[::2] = 0.0
    variates.setflags(write=False)
    return variates


@lru_cache(maxsize=_KEPT)
def _gammas(h: int, kind: int, shape: float) -> Numbers:
    """Gamma variates of one kind of unit of one stratum, shape (draws,), read-only."""
    variates = np.random.default_rng([_SEED, h, kind]).standard_gamma(shape, _DRAWS)
    variates.setflags(write=False)
    return variates


def _kinds(rows: Numbers) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Distinct rows in the order of their first column, and how often each occurs.

    Rows are told apart by their product with random numbers, which is twenty times faster than
    sorting them.
    """
    factors = np.random.default_rng(_SEED).random((rows.shape[1],))
    key = np.zeros(len(rows))
    for column, factor in enumerate(factors):
        key += rows[:, column] * factor
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    order = np.lexsort((key[first], rows[first, 0]))
    return rows[first[order]], counts[order].astype(np.int64)
