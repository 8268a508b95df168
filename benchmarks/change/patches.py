"""Alerts from confirmed pixels, by one rule for everybody.

What belongs here: area and width of a patch, as ``core/alerts/polygons`` asks for them. What does
not: which pixels are confirmed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.core.alerts.ladder import AlertSettings, Step
from lulc_assets.core.legend import KARRA_10, Legend

NEVER = 65_535

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AlertRule:
    """What makes an alert of a patch.

    Attributes:
        areas: (n + 1,) int64, pixels that it takes, by class of last year's map.
        core_px: side of the square that it takes.
    """

    areas: npt.NDArray[np.int64]
    core_px: int

    @classmethod
    def of(cls, settings: AlertSettings, legend: Legend = KARRA_10) -> "AlertRule":
        """The rule for confirmed alerts."""
        return cls(settings.areas(Step.CONFIRMED, legend), settings.core_px)

    def patches(self, confirmed: U16, classes: U8) -> tuple[npt.NDArray[np.int32], Bools]:
        """Patches of confirmed pixels, (h, w); and by their number whether they are an alert.

        Args:
            confirmed: (h, w) uint16, day, 0 = never.
            classes: (h, w) uint8, last year's map.
        """
        labels, count = ndimage.label(confirmed > 0)
        if not count:
            return labels, np.zeros(1, np.bool_)
        flat, codes = labels.ravel(), self.areas.size
        both = np.bincount(flat.astype(np.int64) * codes + classes.ravel(),
                           minlength=(count + 1) * codes)  # fmt: skip
        by_class = both.reshape(count + 1, codes)
        core = ndimage.minimum_filter(confirmed, self.core_px, mode="constant", cval=0) > 0
        has_core = np.bincount(flat, weights=core.ravel(), minlength=count + 1) > 0
        alert = (by_class.sum(1) >= self.areas[by_class.argmax(1)]) & has_core
        alert[0] = False
        return labels, alert

    def reached_on(self, days: U16, classes: U8) -> int | None:
        """The day on which enough pixels and a square of them had one; ``NEVER`` is no day."""
        dated = np.sort(days[days < NEVER])
        if not dated.size:
            return None
        needed = int(self.areas[np.bincount(classes[days < NEVER]).argmax()])
        if dated.size < needed:
            return None
        core = ndimage.maximum_filter(days, self.core_px, mode="constant", cval=NEVER).min()
        return None if core == NEVER else max(int(dated[needed - 1]), int(core))
