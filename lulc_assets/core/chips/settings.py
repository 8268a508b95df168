"""The numbers by which chips are cut, filtered and split.

What belongs here: names, defaults, sources. What does not: the cutting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.imagery.masks import SCL_CLOUD_SHADOW, SCL_CLOUDS, SCL_MAX, SCL_SNOW_ICE
from lulc_assets.core.legend import LandCover

SIZE_STEP_PX = 32
"""Chips are multiples of this: an encoder of five stages halves the image five times."""

SCL_TO_CLASS: Mapping[int, int] = {
    **dict.fromkeys(SCL_CLOUDS, int(LandCover.CLOUDS)),
    SCL_CLOUD_SHADOW: int(LandCover.NO_DATA),
    SCL_SNOW_ICE: int(LandCover.SNOW_ICE),
}
"""What the scene classification says against the annotators, who saw one clear image:
clouds are clouds, snow is snow, and what lies in shadow cannot be seen (unlabelled)."""


@dataclass(frozen=True)
class ChipSettings:
    """How chips are cut, which are kept, and how they are split.

    Attributes:
        size_px: side of a chip, a multiple of 32. Karra et al. 2021 cut 5 km (500 px); 128
            keeps many chips in an area of interest of 10 km and a batch in small memory.
        overlap_px: overlap of neighbours, Karra's fifth of a side (1 of 5 km).
        min_dates: least number of dates, so that the model meets all four seasons.
        max_dates: most scenes that are cut; more cost time and repeat themselves.
        max_scene_cloud_pct: scenes cloudier than this (by their provider) are left out
            while there are enough others; cloudy ones below it stay, clouds are a class.
        max_cloud_share: a chip with a larger share of clouds by SCL is dropped: half a
            chip of clouds still teaches what surrounds them.
        max_invalid_share: a chip with a larger share of pixels without data is dropped;
            the few that may remain are unlabelled (pixels at the edge of a swath).
        min_labelled_share: a training chip with a smaller share of labelled pixels is
            dropped: it costs as much as others and teaches less. Validation and gold
            chips need one labelled pixel.
        validation_share: of the blocks (Karra et al. 2021: 15 %).
        block_px: side of the blocks of ground that go into one fold as a whole. Two chips:
            neighbours in a block are alike, blocks are less so.
        gold_apart: what keeps gold pixels out of training. ``chip``: a chip that touches a
            gold pixel is a gold chip and nothing else. ``pixel``: such a chip may train
            too, its gold pixels unlabelled; for areas so small that gold is everywhere
            (the network then sees the image there, never the label).
        scl_to_class: SCL code → class code that replaces a label (0 = unlabelled).
        seed: of the draw of validation blocks.
    """

    size_px: int = 128
    overlap_px: int = 26
    min_dates: int = 4
    max_dates: int = 12
    max_scene_cloud_pct: float = 80.0
    max_cloud_share: float = 0.5
    max_invalid_share: float = 0.05
    min_labelled_share: float = 0.05
    validation_share: float = 0.15
    block_px: int = 256
    gold_apart: Literal["chip", "pixel"] = "chip"
    scl_to_class: Mapping[int, int] = field(default_factory=lambda: dict(SCL_TO_CLASS))
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size_px < SIZE_STEP_PX or self.size_px % SIZE_STEP_PX:
            raise InvalidProject(
                f"chip size {self.size_px} px is not a multiple of {SIZE_STEP_PX} px, which "
                "the network needs"
            )
        if not 0 <= self.overlap_px < self.size_px:
            raise InvalidProject(f"chip overlap {self.overlap_px} px is not in 0–{self.size_px}")
        if self.block_px < 1 or not 1 <= self.min_dates <= self.max_dates:
            raise InvalidProject("block_px must be at least 1, and 1 ≤ min_dates ≤ max_dates")
        for name in ("max_cloud_share", "max_invalid_share", "min_labelled_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidProject(f"{name} {getattr(self, name)} is not between 0 and 1")
        if not 0 < self.validation_share < 1:
            raise InvalidProject(f"validation_share {self.validation_share} is not in 0–1")
        for scl, code in self.scl_to_class.items():
            if not (0 <= scl <= SCL_MAX and 0 <= code <= LandCover.CLOUDS):
                raise InvalidProject(f"scl_to_class: SCL {scl} → class {code} is not possible")
