"""The numbers that an accuracy estimation can be told.

What belongs here: settings with their defaults and their sources. What does not: what is
done with them (``measures.py``, ``build.py``).
"""

from dataclasses import dataclass
from typing import Literal

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.estimate import DEFAULT_LEVEL

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
            customary least number per class in error matrices (Congalton and Green 2019,
            §5); we ask it of a whole domain and leave the rest to the intervals.
        min_units_per_stratum: units (windows) of a stratum below which a warning names it.
        min_units_per_class: units that a mapped class needs for a post-stratum of its own;
            2 is the least that has a variance.
        max_collapsed_share: largest share of the mapped area in classes below
            ``min_units_per_class``; beyond it the verdict is "insufficient". 0.05: of 50
            units such a class would be expected to hold more than two.
        min_omission_units: effective number of omission units below which a class is warned
            of, and ± t SE is not taken for lattices (20: below it their coverage falls,
            measured; see ``docs/accuracy_coverage.md``).
        intervals: "guarded" (what ``intervals.py`` and ``half_event.py`` build, which hold the
            truth about as often as they say) or "printed" (R̂ ± 1.96 SE, or t SE of clusters,
            as papers and survey packages print them).
        level: of confidence, above 0 and below 1; 0.90 is what standards for reduced
            deforestation ask for.
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
    min_units_per_stratum: int = 10
    min_units_per_class: int = 2
    max_collapsed_share: float = 0.05
    min_omission_units: float = 20.0
    intervals: Literal["guarded", "printed"] = "guarded"
    level: float = DEFAULT_LEVEL
    systematic_variance: Literal["random", "neighbours"] = "random"
    finite_population: bool = False
    merge_strata: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.level < 1.0:
            raise InvalidSample(
                f"a confidence level of {self.level:g}: give a share between 0 and 1, 0.95 for 95 %"
            )


def level_of_look(level: float, looks: int) -> float:
    """Level of each interval where the sampling may stop after any of several looks.

    With K looks that were planned, intervals at 1 − α / K hold the truth together as often as one
    at 1 − α does, whichever look was the last (Bonferroni).

    Raises:
        InvalidSample: fewer than one look.
    """
    if looks < 1:
        raise InvalidSample(f"{looks} looks at the figures: give 1, or as many as were planned")
    return level if looks == 1 else 1.0 - (1.0 - level) / looks


AS_PRINTED = AccuracySettings(intervals="printed")
"""R̂ ± 1.96 SE throughout, as Olofsson et al. 2013 and 2014 print it."""
