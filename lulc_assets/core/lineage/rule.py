"""The rule that a committed map was decided by, as its record states it.

What belongs here: the numbers of the vote as data, for whoever counts it again: the trace of a
pixel here, the map page in a browser. What does not: counting.

A project's settings may have changed since a map was made; its record keeps the rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.seasons import Part, part_of
from lulc_assets.core.compositing.settings import CompositeSettings, StrategyName
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.legend import Legend


@dataclass(frozen=True)
class VoteRule:
    """How the votes of a map were counted.

    Attributes:
        strategy: see ``core/compositing/strategies``.
        weights_256: part of the year (its first day, ``MMDD``) → class name → weight in 1/256.
        flag_masked_pct: see ``CompositeSettings``; so are the next three.
        flag_ground_pct: see there.
        flag_min_dates: see there.
        min_mapping_unit_px: above 1, a pixel may show the class of its surroundings.
        learned: SHA-256 of the learned vote that decided where it could; empty: none did.
    """

    strategy: StrategyName
    weights_256: Mapping[str, Mapping[str, int]]
    flag_masked_pct: int
    flag_ground_pct: int
    flag_min_dates: int
    min_mapping_unit_px: int
    learned: str = ""

    @classmethod
    def of(cls, settings: CompositeSettings, legend: Legend, learned: str = "") -> "VoteRule":
        """The rule that settings come to with a legend, and a learned vote by its digest."""
        return cls(
            strategy=settings.strategy,
            weights_256={
                part.name: {
                    land.name: int(settings.weight_table(part.name, legend)[land.code])
                    for land in legend.land
                }
                for part in settings.parts()
            },
            flag_masked_pct=settings.flag_masked_pct,
            flag_ground_pct=settings.flag_ground_pct,
            flag_min_dates=settings.flag_min_dates,
            min_mapping_unit_px=settings.min_mapping_unit_px,
            learned=learned,
        )

    @property
    def settings(self) -> CompositeSettings:
        """Settings with this strategy and these thresholds; weights are not among them."""
        return CompositeSettings(
            strategy=self.strategy,
            flag_masked_pct=self.flag_masked_pct,
            flag_ground_pct=self.flag_ground_pct,
            flag_min_dates=self.flag_min_dates,
            min_mapping_unit_px=self.min_mapping_unit_px,
        )

    def part_of(self, day: str) -> str:
        """Name of the part of the year that holds a date ``YYYY-MM-DD``."""
        parts = [Part(name, (int(name[:2]), int(name[2:]))) for name in sorted(self.weights_256)]
        return part_of(day, parts).name

    def weight_table(self, part: str, legend: Legend) -> npt.NDArray[np.int64]:
        """Weights by code in a part of the year, (n + 1,) int64; what never votes weighs 0."""
        table = np.zeros(len(legend.classes) + 1, np.int64)
        for name, weight in self.weights_256[part].items():
            table[legend.code_of(name)] = weight
        return table

    def to_dict(self, legend: Legend, head: VoteHead | None = None) -> dict[str, Any]:
        """Plain JSON for the map page; weights by code, thresholds as the legend lets them be.

        Args:
            legend: of the codes.
            head: the learned vote that ``learned`` names.
        """
        masked_pct, ground_pct, min_dates = self.settings.flag_rule(legend)
        return {
            "strategy": self.strategy,
            "parts": {
                part: [int(w) for w in self.weight_table(part, legend)]
                for part in sorted(self.weights_256)
            },
            "flag_masked_pct": int(masked_pct),
            "flag_ground_pct": int(ground_pct),
            "flag_min_dates": int(min_dates),
            "min_mapping_unit_px": self.min_mapping_unit_px,
            "head": None if head is None else head.to_dict(),
        }
