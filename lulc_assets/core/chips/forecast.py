"""What chips will show of the labels, before a scene is read.

What belongs here: the account of a plan. What does not: clouds and missing pixels, which only
the cut knows (``cut``).
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.account import LabelAccount, count_reached
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.chips.split import plan_chips
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend


def forecast_account(
    grid: PixelGrid,
    train_mask: npt.NDArray[np.uint8],
    gold_mask: npt.NDArray[np.uint8],
    settings: ChipSettings,
    legend: Legend,
) -> tuple[LabelAccount, ChipLayout]:
    """The account of labelled pixels if every date were clear, and the layout that it rests on.

    In a split that ignores place each pixel is planned for training and validation.

    Args:
        grid: area of interest.
        train_mask: uint8 (h, w), class codes of training labels, 0 = unlabelled.
        gold_mask: likewise, of gold labels; no pixel has both.
        settings: sizes, shares, seed.
        legend: of the codes.

    Raises:
        NoTrainingChips: the grid is smaller than the smallest chip (SplitImpossible: labels lie
            in too few places).
        UnknownClass: an accepted class is not in the legend.
    """
    plan = plan_chips(grid, train_mask, gold_mask, settings)
    for place in plan.places:
        plan.ledger.show(place.window, place.labels > 0)
    size = plan.layout.size_px
    masks = [place.labels for place in plan.places]
    reached = count_reached(
        np.array([(p.window.row, p.window.col) for p in plan.places], np.int64).reshape(-1, 2),
        [place.split for place in plan.places],
        np.stack(masks) if masks else np.zeros((0, size, size), np.uint8),
        np.arange(len(masks)),
    )
    return plan.ledger.account(reached, settings.accept_lost_classes, legend), plan.layout
