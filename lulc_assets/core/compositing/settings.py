"""The numbers of the vote.

What belongs here: weights, thresholds, their defaults and reasons. What does not: the vote
itself (``kernel``) and its files (``compose``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.seasons import (
    QUARTERS,
    Part,
    Season,
    parse_seasons,
    part_of,
    parts_of_year,
    season_parts,
)
from lulc_assets.core.errors import InvalidProject, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend

WEIGHT_ONE = 256
"""Weights are counted in steps of 1/256, so that all sums are integers."""

WEIGHT_MAX = 16 * WEIGHT_ONE
"""Largest weight; keeps 255 · weight · scenes far inside 63 bits."""

DEFAULT_WEIGHTS_256: Mapping[str, int] = {"grass": 320, "snow_ice": 128}
"""Weights that are not 1, by class name.

Karra et al. 2021 weight the votes of a year by class but print no numbers; the direction is
theirs, the size is ours until it is fitted on gold labels (``lulc weights fit``):

- grass 1.25: grass is green for a part of the year and then looks bare or cropped, so its
  plain share of votes understates it;
- snow_ice 0.5: snow covers other classes for a season; it should win only where it
  is seen more than twice as surely as anything else, which is permanent snow.

A legend without a class of such a name does without its weight.
"""

StrategyName = Literal["weighted_mode", "plain_mode", "mean_probability", "latest"]

Seasons = Literal["none", "quarters"] | Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class CompositeSettings:
    """How a year's votes are counted.

    Attributes:
        strategy: how votes make a map; see ``strategies``.
        weights_256: class name → weight in 1/256 (0–4096); classes not named weigh 256.
        season_weights_256: season → class name → weight; there they replace
            ``weights_256`` in the yearly map and in the map of the season.
        seasons: ``none``; ``quarters``; or name → (first day, last day) as ``MM-DD``. Votes
            are kept apart by season, which makes the kept sums larger.
        flag_masked_pct: a pixel is suspected to be masked wrongly when SCL masks it on more
            than this share of its valid dates (DESIGN §4: 80 %).
        flag_ground_pct: … and flagged when the network sees ground (no clouds) on more than
            this share of those masked dates (50 %). Without a class of clouds the network
            cannot know better, and nothing is flagged.
        flag_min_dates: fewer valid dates than this say nothing about permanence; four is
            also the least number of dates that training spreads over the seasons.
        min_mapping_unit_px: patches of fewer pixels (joined along edges) become part of
            their largest neighbour; 1: off, because the map of the vote is what accuracy
            and areas are estimated for, and small ponds and roads are worth having.
        threads: blocks at work at the same time; the result does not depend on it. Memory:
            about 100 MB per thread, and 12 MB more for each part of the year.
    """

    strategy: StrategyName = "weighted_mode"
    weights_256: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS_256))
    season_weights_256: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seasons: Seasons = "none"
    flag_masked_pct: int = 80
    flag_ground_pct: int = 50
    flag_min_dates: int = 4
    min_mapping_unit_px: int = 1
    threads: int = 2

    def __post_init__(self) -> None:
        known = {season.name: season for season in self.windows()}
        _check_weights("weights_256", self.weights_256)
        taken: set[str] = set()
        for name, weights in self.season_weights_256.items():
            if name not in known:
                raise InvalidProject(
                    f"season_weights_256 names season {name}, which seasons does not have "
                    f"({', '.join(known) or 'none'})"
                )
            _check_weights(f"season_weights_256.{name}", weights)
            parts = {part.name for group in season_parts(known[name], self.parts())
                     for part in group}  # fmt: skip
            if parts & taken:
                raise InvalidProject(
                    f"season_weights_256: season {name} shares days with another weighted "
                    "season; a day has one weight"
                )
            taken |= parts
        if self.season_weights_256 and self.strategy != "weighted_mode":
            raise InvalidProject(f"strategy {self.strategy} does not use season_weights_256")
        if min(self.min_mapping_unit_px, self.threads, self.flag_min_dates) < 1:
            raise InvalidProject(
                "min_mapping_unit_px, threads and flag_min_dates must be at least 1"
            )

    def windows(self) -> tuple[Season, ...]:
        """The seasons, as windows of the calendar."""
        if isinstance(self.seasons, str):
            return parse_seasons(QUARTERS) if self.seasons == "quarters" else ()
        return parse_seasons(self.seasons)

    def parts(self) -> tuple[Part, ...]:
        """The parts of a year whose votes are kept apart."""
        return parts_of_year(self.windows())

    def part_of(self, day: str) -> str:
        """Name of the part that holds a date ``YYYY-MM-DD``."""
        return part_of(day, self.parts()).name

    def require(self, legend: Legend) -> None:
        """Refuse weights of classes that do not vote.

        Raises:
            InvalidProject: the legend does not have the class, or it is the one of clouds.
        """
        _check_names("weights_256", self.weights_256, legend)
        for name, weights in self.season_weights_256.items():
            _check_names(f"season_weights_256.{name}", weights, legend)

    def weight_table(
        self, part: str | None = None, legend: Legend = KARRA_10
    ) -> npt.NDArray[np.int64]:
        """Weights by class code in a part of the year, shape (classes + 1,), int64.

        No data and clouds are 0. Strategies other than the weighted mode weigh all alike.
        """
        named = self.weights_256
        for season in self.windows():
            own = self.season_weights_256.get(season.name)
            parts = [p.name for group in season_parts(season, self.parts()) for p in group]
            if own is not None and part in parts:
                named = own
        table = np.zeros(len(legend.classes) + 1, dtype=np.int64)
        weighted = self.strategy == "weighted_mode"
        for land in legend.land:
            table[land.code] = named.get(land.name, WEIGHT_ONE) if weighted else WEIGHT_ONE
        return table

    def flag_rule(self, legend: Legend = KARRA_10) -> npt.NDArray[np.int64]:
        """The three thresholds of the flag, shape (3,), int64: masked, ground, dates."""
        ground_pct = 100 if legend.cloud is None else self.flag_ground_pct
        return np.array([self.flag_masked_pct, ground_pct, self.flag_min_dates], dtype=np.int64)

    def identity(self, legend: Legend = KARRA_10) -> dict[str, Any]:
        """What a map's identity takes from the settings: all that can change a file."""
        return {
            "strategy": self.strategy,
            "weights_256": {
                part.name: {
                    land.name: int(self.weight_table(part.name, legend)[land.code])
                    for land in legend.land
                }
                for part in self.parts()
            },
            "flag_masked_pct": self.flag_masked_pct,
            "flag_ground_pct": self.flag_ground_pct,
            "flag_min_dates": self.flag_min_dates,
            "min_mapping_unit_px": self.min_mapping_unit_px,
        }


@dataclass(frozen=True)
class VoteSettings:
    """``[vote]``: the learned vote.

    Attributes:
        learned: decide annual maps by the learned vote, where there is one that was promoted.
        margin: how much worse than the plain vote it might at most be, 0–1, as far as the gold
            windows can tell: the low end of the 95 % interval of the difference must lie above
            −margin. 0.01: a head is only worth its trouble if it is better, so less is forgiven
            than to another model.
        class_margin: how much lower the F1 of a class may be, 0–1; wide, since a class has no
            interval here.
        min_class_pixels: gold pixels from which on a class is looked at.
    """

    learned: bool = False
    margin: float = 0.01
    class_margin: float = 0.05
    min_class_pixels: int = 100

    def __post_init__(self) -> None:
        for name in ("margin", "class_margin"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidProject(f"vote.{name} = {getattr(self, name)!r} is not within 0–1")
        if self.min_class_pixels < 1:
            raise InvalidProject("vote.min_class_pixels must be at least 1")


def _check_weights(where: str, weights: Mapping[str, int]) -> None:
    for name, weight in weights.items():
        if not isinstance(weight, int) or not 0 <= weight <= WEIGHT_MAX:
            raise InvalidProject(
                f"class weights: {where}: {name} = {weight!r} is not a whole number of 1/256 "
                f"between 0 and {WEIGHT_MAX}"
            )


def _check_names(where: str, weights: Mapping[str, int], legend: Legend) -> None:
    for name, weight in weights.items():
        if name not in legend.names and DEFAULT_WEIGHTS_256.get(name) == weight:
            continue
        try:
            code = legend.code_of(name)
        except UnknownClass as error:
            raise InvalidProject(f"class weights: {where}: {error}") from error
        if legend.by_code(code).role == "cloud":
            raise InvalidProject(f"class weights: {where}: {name} never vote, remove their weight")
