"""The numbers by which chips are cut, filtered and split.

What belongs here: names, defaults, sources. What does not: the sizes and rules that they come to
in an area (``layout``), the cutting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidProject, UnknownClass
from lulc_assets.core.imagery.masks import SCL_CLOUD_SHADOW, SCL_CLOUDS, SCL_MAX, SCL_SNOW_ICE
from lulc_assets.core.legend import Legend
from lulc_assets.core.legend_rules import MOST_CLASSES

SIZE_STEP_PX = 32
"""Chips are multiples of this: an encoder of five stages halves the image five times."""

CLOUDS, SNOW = "clouds", "snow"
SCL_TO_CLASS: Mapping[int, int | str] = {
    **dict.fromkeys(SCL_CLOUDS, CLOUDS),
    SCL_CLOUD_SHADOW: 0,
    SCL_SNOW_ICE: SNOW,
}
"""What the scene classification says against the annotators, who saw one clear image:
clouds are clouds, snow is snow, and what lies in shadow cannot be seen (unlabelled)."""

SNOW_NAMES = ("snow_ice", "snow_and_ice", "snow", "glaciers_and_perpetual_snow")
"""Classes that snow belongs to, of the legends that come with the package."""


Split = Literal["blocks", "random", "temporal"]
GoldApart = Literal["chip", "pixel"]
Balance = Literal["none", "class", "zone", "class_and_zone"]

OVERLAP_SHARE = 0.2
"""Of a chip, where no overlap is set: Karra et al. 2021 (1 of 5 km)."""


@dataclass(frozen=True)
class ChipSettings:
    """How chips are cut, which are kept, and how they are split.

    What is None is chosen for the area, see ``layout``; small areas need other numbers.

    Attributes:
        size_m: side of a chip (Karra et al. 2021: 5 km), as near as multiples of 32 pixels
            come: 512 px of 10 m. In an area of less than eight chips a side, an eighth of
            its shorter side, so that an area of 10 km has 128-px chips.
        overlap_m: overlap of neighbours on chips of ``size_m``; smaller chips overlap by the
            same share. None: a fifth (Karra: 1 of 5 km), in a tiny area up to three quarters.
        size_px: side in pixels, instead of ``size_m``: a multiple of 32.
        overlap_px: overlap in pixels on chips of ``size_px``, instead of ``overlap_m``.
        min_dates: least number of dates, so that the model meets all four seasons.
        max_dates: most scenes that are cut; more cost time and repeat themselves.
        max_scene_cloud_pct: scenes cloudier than this (by their provider) are left out
            while there are enough others; cloudy ones below it stay, clouds are a class.
        max_cloud_share: a chip with a larger share of clouds by SCL is dropped (Karra et
            al. 2021: chips with little cloud; what is left still teaches the class).
        max_invalid_share: a chip with a larger share of pixels without data is dropped;
            the few that may remain are unlabelled (pixels at the edge of a swath).
        min_labelled_share: a training chip with a smaller share of labelled pixels is
            dropped: it costs as much as others and teaches less. Validation and gold
            chips need one labelled pixel. None: 0.05, in a tiny area 0 (one pixel).
        split: by ``blocks`` of ground. ``random`` (chip by chip and date by date) and
            ``temporal`` (whole dates) leak: validation then shows ground that also trains.
            None: blocks; random in a tiny area where a class lies in few blocks, unless
            ``block_px`` or ``buffer_px`` is set.
        validation_share: of the blocks, chips or dates (Karra et al. 2021: 15 %).
        block_px: side of the blocks of ground that go into one fold as a whole; None: two
            chips. Neighbours in a block are alike, blocks are less so.
        buffer_px: no training chip comes nearer than this to a validation pixel; None: one
            chip, and in an area of less than eight chips a side none (the product says so).
        gold_apart: what keeps gold pixels out of training. ``chip``: a chip that touches a
            gold pixel is a gold chip and nothing else. ``pixel``: such a chip may train
            too, its gold pixels unlabelled; for areas so small that gold is everywhere
            (the network then sees the image there, never the label). None: chip, in a tiny
            area pixel.
        balance: of which group of training chips none may have more than ``balance_ratio``
            times as many chips as the median group: their commonest class, their zone
            (``zones``), both, or none.
        balance_ratio: see there.
        zones: vector file of zones such as biomes, for balance and the index.
        zone_column: column with their names.
        scl_to_class: SCL code → what replaces a label: the code or name of a class, 0 for
            unlabelled, ``clouds`` for the legend's class of clouds (unlabelled where it has
            none), ``snow`` for its class of snow (the label stays where it has none).
        accept_lost_classes: names of classes that labels show and that may reach no training
            chip, or none to judge by. Any other such class ends a training before it begins.
        seed: of the draw of validation blocks, chips, or what balance drops.
    """

    size_m: float = 5000.0
    overlap_m: float | None = None
    size_px: int | None = None
    overlap_px: int | None = None
    min_dates: int = 4
    max_dates: int = 12
    max_scene_cloud_pct: float = 80.0
    max_cloud_share: float = 0.15
    max_invalid_share: float = 0.05
    min_labelled_share: float | None = None
    split: Split | None = None
    validation_share: float = 0.15
    block_px: int | None = None
    buffer_px: int | None = None
    gold_apart: GoldApart | None = None
    balance: Balance = "none"
    balance_ratio: float = 2.0
    zones: str | None = None
    zone_column: str | None = None
    scl_to_class: Mapping[int, int | str] = field(default_factory=lambda: dict(SCL_TO_CLASS))
    accept_lost_classes: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_sizes()
        if not 1 <= self.min_dates <= self.max_dates:
            raise InvalidProject("1 ≤ min_dates ≤ max_dates must hold")
        for name in ("max_cloud_share", "max_invalid_share", "min_labelled_share"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise InvalidProject(f"{name} {value} is not between 0 and 1")
        if not 0 < self.validation_share < 1:
            raise InvalidProject(f"validation_share {self.validation_share} is not in 0–1")
        if self.balance_ratio < 1:
            raise InvalidProject(f"balance_ratio {self.balance_ratio} is below 1")
        if "zone" in self.balance and self.zones is None:
            raise InvalidProject(f"balance {self.balance!r} needs zones, a vector file")
        for scl, code in self.scl_to_class.items():
            known = isinstance(code, str) or 0 <= code <= MOST_CLASSES
            if not (0 <= scl <= SCL_MAX and known):
                raise InvalidProject(f"scl_to_class: SCL {scl} → class {code} is not possible")

    def scl_table(self, legend: Legend) -> npt.NDArray[np.int16]:
        """SCL code → class code that replaces a label, −1: the label stays; shape (256,).

        Raises:
            InvalidProject: a class is not in the legend.
        """
        table = np.full(256, -1, dtype=np.int16)
        for scl, wanted in self.scl_to_class.items():
            table[scl] = _code_of(wanted, legend)
        return table

    def _check_sizes(self) -> None:
        if self.overlap_m is not None and not 0 <= self.overlap_m < self.size_m:
            raise InvalidProject(f"chip overlap {self.overlap_m} m is not in 0–{self.size_m}")
        if self.size_px is None and self.overlap_px is not None:
            raise InvalidProject("overlap_px goes with size_px; set both, or overlap_m")
        if self.size_px is not None:
            if self.size_px < SIZE_STEP_PX or self.size_px % SIZE_STEP_PX:
                raise InvalidProject(
                    f"chip size {self.size_px} px is not a multiple of {SIZE_STEP_PX} px, which "
                    "the network needs"
                )
            if self.overlap_px is not None and not 0 <= self.overlap_px < self.size_px:
                raise InvalidProject(
                    f"chip overlap {self.overlap_px} px is not in 0–{self.size_px}"
                )
        if (self.block_px is not None and self.block_px < 1) or (self.buffer_px or 0) < 0:
            raise InvalidProject("block_px must be at least 1 and buffer_px at least 0")


def _code_of(wanted: int | str, legend: Legend) -> int:
    if wanted == CLOUDS:
        return legend.cloud.code if legend.cloud else 0
    if wanted == SNOW:
        return next((c.code for c in legend.land if c.name in SNOW_NAMES), -1)
    try:
        if isinstance(wanted, str):
            return legend.code_of(wanted)
        return legend.by_code(wanted).code if wanted else 0
    except UnknownClass as error:
        raise InvalidProject(f"chips.scl_to_class: {error}") from error
