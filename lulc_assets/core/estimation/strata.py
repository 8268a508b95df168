"""How sample units stand for a population: strata, primary units and random starts.

What belongs here: what a design says of each unit, and the checks that an estimate needs. What
does not: estimators (``estimators.py``), and the designs themselves (``core/sampling``).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

MIN_UNITS_FOR_VARIANCE = 2
"""A sample variance needs two units."""


@dataclass(frozen=True)
class Starts:
    """The random starts of a systematic sample that was drawn as several lattices.

    Attributes:
        of_unit: shape (n,), int64: index 0…count−1 of the start that each unit belongs to.
        count: starts that were drawn, those without a unit here too; at least 2.
        fraction: of the possible starts that were drawn, for the finite-population factor;
            0 leaves it out.

    Raises:
        InvalidSample: fewer than two starts: one has no spread between starts.
    """

    of_unit: npt.NDArray[np.int64]
    count: int
    fraction: float = 0.0

    def __post_init__(self) -> None:
        if self.count < MIN_UNITS_FOR_VARIANCE:
            raise InvalidSample(
                f"{self.count} start of a lattice has no spread between starts; draw two or more"
            )

    def take(self, kept: npt.NDArray[np.bool_]) -> "Starts":
        """The same starts over some of the units."""
        return replace(self, of_unit=self.of_unit[kept])


@dataclass(frozen=True)
class Strata:
    """How sample units stand for a population.

    Attributes:
        names: of the H strata, for messages.
        of_unit: shape (n,), int64: index of the stratum of each unit.
        sizes: shape (H,), float64: N_h, pixels or hectares (only ratios matter).
        fractions: shape (H,), float64: sampling fractions f_h (of primary units) for the
            finite-population factor; zeros leave it out (Olofsson et al. 2014).
        primary: shape (n,), int64: index 0…m−1 of the primary unit (the window, say) that
            each unit was drawn with, each in one stratum only; None where the units
            themselves were drawn.
        unit_weights: shape (n,), float64: what each unit stands for, the inverse of its
            inclusion probability; None for N_h / n_h.
        neighbours: shape (p, 2), int64: pairs of units side by side on a lattice, whose
            differences then give the variance (:func:`variance_of_total`); None for units
            that were drawn independently. Not for clusters.
        starts: of lattices, whose spread then gives the variance (:func:`variance_of_total`);
            None for other designs. Not for clusters.

    Raises:
        InvalidSample: a stratum has fewer than two primary units, or a primary unit lies in
            two strata; the message names it.
    """

    names: tuple[str, ...]
    of_unit: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float64]
    fractions: npt.NDArray[np.float64]
    primary: npt.NDArray[np.int64] | None = None
    unit_weights: npt.NDArray[np.float64] | None = None
    neighbours: npt.NDArray[np.int64] | None = None
    starts: Starts | None = None

    def __post_init__(self) -> None:
        if not self.names:
            raise InvalidSample("a sample without strata stands for nothing; give one stratum")
        if self.primary is not None:
            self._refuse_shared_primaries()
        short = [
            f"{name} ({count})"
            for name, count in zip(self.names, self.primary_counts, strict=True)
            if count < MIN_UNITS_FOR_VARIANCE
        ]
        if short:
            unit = "units" if self.primary is None else "primary units"
            raise InvalidSample(
                f"stratum with fewer than two {unit}: {', '.join(short)}. "
                "Take more units there or merge it with another stratum."
            )

    def _refuse_shared_primaries(self) -> None:
        pairs = np.unique(np.stack([self.of_primary[self.primary], self.of_unit]), axis=1)
        for expected, found in pairs.T:
            if expected != found:
                raise InvalidSample(
                    f"a primary unit lies in the strata {self.names[expected]} and "
                    f"{self.names[found]}; draw primary units within strata"
                )

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Units in each stratum, n_h, shape (H,), int64."""
        return np.bincount(self.of_unit, minlength=len(self.names)).astype(np.int64)

    @cached_property
    def of_primary(self) -> npt.NDArray[np.int64]:
        """Index of the stratum of each primary unit, shape (m,), int64."""
        if self.primary is None:
            return self.of_unit
        stratum = np.zeros(int(self.primary.max(initial=-1)) + 1, dtype=np.int64)
        stratum[self.primary[::-1]] = self.of_unit[::-1]
        return stratum

    @cached_property
    def primary_counts(self) -> npt.NDArray[np.int64]:
        """Primary units in each stratum, m_h, shape (H,), int64."""
        return np.bincount(self.of_primary, minlength=len(self.names)).astype(np.int64)

    @cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """What each unit stands for, N_h / n_h or as given, shape (n,), float64."""
        if self.unit_weights is not None:
            return self.unit_weights
        per_stratum: npt.NDArray[np.float64] = self.sizes / self.counts
        return per_stratum[self.of_unit]

    @cached_property
    def degrees_of_freedom(self) -> int:
        """Σ m_h − H, of lattices the starts less one, for t quantiles."""
        if self.starts is not None:
            return self.starts.count - 1
        return int(self.of_primary.size - len(self.names))

    def total_by_primary(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sum over the units of each primary unit, shape (m,), float64."""
        if self.primary is None:
            return values
        totals = np.bincount(self.primary, weights=values, minlength=self.of_primary.size)
        return totals.astype(np.float64)
