"""The numbers that an accuracy estimation can be told.

What belongs here: settings with their defaults and their sources. What does not: what is
done with them (``figures.py``, ``build.py``).
"""

from dataclasses import dataclass
from typing import Literal

DEFAULT_STARTS = 10
"""Random starts of a systematic sample. The spread between k starts has k − 1 degrees of
freedom: the interval is wider than with a known variance by 25 % on average at 6 starts, 12 %
at 10, 5 % at 20. But every lattice is √k times coarser than a single one, and the coarser, the
less it gains on a random sample. An eleventh start takes less than 2 % off the width; Deming 1960
("Sample design in business research") works with ten throughout."""


@dataclass(frozen=True)
class AccuracySettings:
    """Numbers of the estimation.

    Attributes:
        min_units: usable units below which a domain's verdict is "insufficient". 50 is the
            customary least number a class in error matrices (Congalton and Green 2019,
            §5); we ask it of a whole domain and leave the rest to the intervals.
        min_units_per_class: units that a mapped class needs for a post-stratum of its own;
            2 is the least that has a variance.
        max_collapsed_share: largest share of the mapped area in classes below
            ``min_units_per_class``; beyond it the verdict is "insufficient". 0.05: of 50
            units such a class would be expected to hold more than two.
        min_omission_units: effective number of omission units below which normal intervals
            of a class's area and producer's accuracy are not trusted (20: below it their
            coverage falls, measured; see ``docs/accuracy_coverage.md``).
        users_interval: of user's accuracy where its units lie in one stratum: "wilson"
            (holds in small strata) or "normal" (as printed by Olofsson et al. 2014).
        thin_interval: below ``min_omission_units``: "dirichlet" (see
            ``intervals.dirichlet_interval``) or "normal" with a warning.
        quantile: of normal intervals: "t" with Σ m_h − H degrees of freedom, or "normal",
            the 1.96 of the published examples.
        systematic_variance: of a systematic sample of one lattice (several bring their own,
            from the spread between them): "random", as if its units were drawn
            independently (on the safe side where places resemble their neighbours, and what
            Aune-Lundberg and Strand 2014 advise where nothing is known), or "neighbours",
            from differences between units side by side (D'Orazio 2003), which takes back a
            part of the excess where the lattice is dense.
        finite_population: apply the factor 1 − f_h. Off as in Olofsson et al. 2014; at
            fractions below 1 % it changes nothing and leaving it out is on the safe side.
        merge_strata: groups of names of design strata to be estimated as one, for strata
            with fewer than two units. Never done unasked.
    """

    min_units: int = 50
    min_units_per_class: int = 2
    max_collapsed_share: float = 0.05
    min_omission_units: float = 20.0
    users_interval: Literal["wilson", "normal"] = "wilson"
    thin_interval: Literal["dirichlet", "normal"] = "dirichlet"
    quantile: Literal["t", "normal"] = "t"
    systematic_variance: Literal["random", "neighbours"] = "random"
    finite_population: bool = False
    merge_strata: tuple[tuple[str, ...], ...] = ()


AS_PRINTED = AccuracySettings(users_interval="normal", thin_interval="normal", quantile="normal")
"""R̂ ± 1.96 SE throughout, as Olofsson et al. 2013 and 2014 print it."""
