"""Single-class stories: what was built over, cleared, flooded, ploughed; what is permanent.

What belongs here: layers and counts that follow from a change map or from kept sums. What does
not: grading (``grading``), pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.layers import FROM
from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import Legend

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Story:
    """A change that has a name.

    Attributes:
        name: machine name, of files.
        title: as printed.
        class_name: class that it is about.
        gain: whether the class is gained, or lost.
    """

    name: str
    title: str
    class_name: str
    gain: bool


STORIES = (
    Story("new_built", "New built area", "built_area", True),
    Story("forest_loss", "Forest loss", "trees", False),
    Story("water_gain", "Water gained", "water", True),
    Story("water_loss", "Water lost", "water", False),
    Story("crop_expansion", "Crop expansion", "crops", True),
)
"""What people ask of change maps; a legend without a class does without its stories."""


PERSISTENT = ("water", "snow_ice")
"""Classes that are told permanent from seasonal, in legends that have them."""


class Persistence(IntEnum):
    """How long a class stays within a year, as stored (uint8)."""

    NO_DATA = 0
    NEVER = 1
    SEASONAL = 2
    PERMANENT = 3


SEEN_PCT = 50
"""Of a season's votes, what makes the class the one of that season."""
LEAST_DATES = 2
"""Clear dates that a season needs to be judged; a season that nobody saw says nothing."""


def stories_of(legend: Legend) -> tuple[Story, ...]:
    """The stories that a legend has classes for."""
    return tuple(story for story in STORIES if story.class_name in legend.names)


def story_layer(story: Story, from_to: U16, grade: U8, legend: Legend) -> U8:
    """Where a story happened.

    Args:
        story: one of ``stories_of(legend)``.
        from_to: (h, w) uint16, see ``yearly``.
        grade: (h, w) uint8.
        legend: of the maps.

    Returns:
        (h, w) uint8: the grade of the change where it is the story's, sustained or recent; 0
        elsewhere.

    Raises:
        UnknownClass: the legend does not have the class.
    """
    code = legend.code_of(story.class_name)
    side = from_to % FROM if story.gain else from_to // FROM
    told = (side == code) & np.isin(grade, (Grade.SUSTAINED, Grade.RECENT))
    return np.where(told, grade, 0).astype(np.uint8)


def persistence(sums: Sequence[U16], tallies: Sequence[U16], code: int) -> U8:
    """Whether a class holds in all seasons that were seen, in some, or in none.

    Permanent water is water in each season; a lake that falls dry in summer is seasonal (the
    distinction of Pekel et al. 2016, "High-resolution mapping of global surface water and its
    long-term changes", Nature 540, there by months). One season alone cannot tell: there a
    class is never or seasonal.

    Args:
        sums: (2 · land, h, w) uint16 of each season, kept sums of a year.
        tallies: (4, h, w) uint16 of each.
        code: of the class.

    Returns:
        (h, w) uint8, see :class:`Persistence`.

    Raises:
        UnknownClass: no such class of land.
    """
    land = sums[0].shape[0] // 2
    if not 1 <= code <= land:
        raise UnknownClass(f"class code {code} is not a class of land (1–{land})")
    shape = sums[0].shape[1:]
    judged, held = (np.zeros(shape, np.uint8) for _ in range(2))
    for votes, dates in zip(sums, tallies, strict=True):
        total = votes[:land].sum(axis=0, dtype=np.uint32)
        seen = (dates[0] >= LEAST_DATES) & (total > 0)
        judged += seen
        held += seen & (100 * votes[code - 1].astype(np.uint32) >= SEEN_PCT * total)
    found = np.where(held == 0, Persistence.NEVER, Persistence.SEASONAL).astype(np.uint8)
    found[(held == judged) & (judged > 1)] = Persistence.PERMANENT
    found[judged == 0] = Persistence.NO_DATA
    return found


def story_pixels(
    graded: Mapping[str, npt.NDArray[np.int64]], legend: Legend
) -> dict[str, dict[str, int]]:
    """Pixels of each story by grade, from the counts of a change map.

    These are pixels of the map; the area that changed comes from a sample (see
    ``core/estimation/change``).
    """
    found: dict[str, dict[str, int]] = {}
    for story in stories_of(legend):
        code = legend.code_of(story.class_name)
        found[story.name] = {
            grade: int(counts[:, code].sum() if story.gain else counts[code].sum())
            for grade, counts in graded.items()
            if grade in ("sustained", "recent")
        }
    return found
