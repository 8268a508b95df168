"""The numbers of the class-weighted mode.

What belongs here: weights, thresholds, their defaults and reasons. What does not: the vote
itself (``kernel``) and its files (``weighted_mode``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidProject, UnknownClass
from lulc_assets.core.legend import KARRA_10, LandCover

WEIGHT_ONE = 256
"""Weights are counted in steps of 1/256, so that all sums are integers."""

WEIGHT_MAX = 16 * WEIGHT_ONE
"""Largest weight; keeps 255 · weight · scenes far inside 63 bits."""

DEFAULT_WEIGHTS_256: Mapping[str, int] = {"grass": 320, "snow_ice": 128}
"""Weights that are not 1, by class name.

Karra et al. 2021 weight the votes of a year by class but print no numbers; the direction is
theirs, the size is ours until it is fitted on gold labels:

- grass 1.25: grass is green for a part of the year and then looks bare or cropped, so its
  plain share of votes understates it;
- snow_ice 0.5: snow covers other classes for a season; it should win only where it
  is seen more than twice as surely as anything else, which is permanent snow.
"""


@dataclass(frozen=True)
class CompositeSettings:
    """How a year's votes are counted.

    Attributes:
        weights_256: class name → weight in 1/256 (0–4096); classes not named weigh 256.
        flag_masked_pct: a pixel is suspected to be masked wrongly when SCL masks it on more
            than this share of its valid dates (DESIGN §4: 80 %).
        flag_ground_pct: … and flagged when the network sees ground (classes 1–9) on more
            than this share of those masked dates (50 %).
        flag_min_dates: fewer valid dates than this say nothing about permanence; four is
            also the least number of dates that training spreads over the seasons.
        block_px: side of the blocks that are decoded and counted at once; a multiple of
            the files' 512-pixel tiles. Memory: about 3 · scenes · block_px² bytes a thread.
        threads: blocks at work at the same time; the result does not depend on it.
    """

    weights_256: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS_256))
    flag_masked_pct: int = 80
    flag_ground_pct: int = 50
    flag_min_dates: int = 4
    block_px: int = 1024
    threads: int = 2

    def __post_init__(self) -> None:
        for name, weight in self.weights_256.items():
            try:
                code = KARRA_10.code_of(name)
            except UnknownClass as error:
                raise InvalidProject(f"class weights: {error}") from error
            if code == LandCover.CLOUDS:
                raise InvalidProject("class weights: clouds never vote, remove their weight")
            if not isinstance(weight, int) or not 0 <= weight <= WEIGHT_MAX:
                raise InvalidProject(
                    f"class weights: {name} = {weight!r} is not a whole number of 1/256 between "
                    f"0 and {WEIGHT_MAX}"
                )
        if min(self.block_px, self.threads, self.flag_min_dates) < 1:
            raise InvalidProject("block_px, threads and flag_min_dates must be at least 1")

    def weight_table(self) -> npt.NDArray[np.int64]:
        """Weights by class code, shape (11,), int64; no data and clouds are 0."""
        table = np.zeros(len(KARRA_10.classes) + 1, dtype=np.int64)
        for land in KARRA_10.land:
            table[land.code] = self.weights_256.get(land.name, WEIGHT_ONE)
        return table

    def flag_rule(self) -> npt.NDArray[np.int64]:
        """The three thresholds of the flag, shape (3,), int64: masked, ground, dates."""
        return np.array(
            [self.flag_masked_pct, self.flag_ground_pct, self.flag_min_dates], dtype=np.int64
        )

    def identity(self) -> dict[str, Any]:
        """What a map's identity takes from the settings: all that can change a pixel."""
        weights = self.weight_table()
        return {
            "weights_256": {land.name: int(weights[land.code]) for land in KARRA_10.land},
            "flag_masked_pct": self.flag_masked_pct,
            "flag_ground_pct": self.flag_ground_pct,
            "flag_min_dates": self.flag_min_dates,
        }
