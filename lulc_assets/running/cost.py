"""What a run will take: minutes and gigabytes, roughly.

What belongs here: speeds, and sums over scenes and chips. What does not: asking the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lulc_assets.project import Project

PREDICTED_PX_A_SECOND = 1.7e6
"""Of the network on two cores (README); reading and voting take about as long again."""
TRAINED_PX_A_SECOND = 0.7e6
"""Two cores, ResNet-18 on chips of 128 px: the demo's 6,500 views take about 150 s."""
BYTES_PER_PREDICTED_PX = 1.0
"""Class, probability and mask of one scene, compressed."""
BYTES_PER_CHIP_PX = 9.0
"""Six bands of 16 bits and the labels, compressed."""


@dataclass(frozen=True)
class ScenesOfYear:
    """What the catalogue has of a tile and year.

    Attributes:
        tile: MGRS tile.
        year: calendar year.
        usable: scenes that can be read.
        refused: items that cannot.
        seen: digest of the usable ones.
        problem: why there is none; empty where there are.
    """

    tile: str
    year: int
    usable: int = 0
    refused: int = 0
    seen: str = ""
    problem: str = ""


def expect_cost(
    project: Project, scenes: Sequence[ScenesOfYear], chip_px: float
) -> tuple[float, float]:
    """Minutes on two cores and gigabytes of the store, roughly.

    Args:
        project: settings.
        scenes: of each tile and year.
        chip_px: pixels of the training chips of one date.
    """
    most, mapped = project.selection.max_scenes, set(project.mapped_years())
    predicted = trained = 0.0
    for each in scenes:
        grid = project.grid_of(each.tile)
        if each.year in mapped and each.tile in project.tiles:
            predicted += min(each.usable, most) * grid.height * grid.width
    dates = min(project.chips.max_dates, max((each.usable for each in scenes), default=0))
    trained = chip_px * dates
    views = trained * project.recipe.max_epochs
    if project.recipe.max_chip_views is not None:
        size = project.chips.size_px or 128
        views = min(views, float(project.recipe.max_chip_views * size**2))
    seconds = 2 * predicted / PREDICTED_PX_A_SECOND + views / TRAINED_PX_A_SECOND
    size_bytes = predicted * BYTES_PER_PREDICTED_PX + trained * BYTES_PER_CHIP_PX
    return seconds / 60, size_bytes / 1e9
