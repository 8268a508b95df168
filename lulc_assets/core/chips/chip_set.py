"""Chips of one tile and year, as every module of this room hands them on.

What belongs here: arrays, index and counts that stay together. What does not: how they are
cut (``cut``), given up (``balance``, ``apart``) or stored (``archive``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.account import LabelAccount, Reached, count_reached
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.chips.room import Room
from lulc_assets.core.scene.bands import SIX

SHARE = "share_"
"""Beginning of the columns of the index that hold the share of a class."""


@dataclass(frozen=True)
class Chips:
    """Chips of one tile and year.

    Attributes:
        images: uint16 (n, bands, s, s), reflectance × 10000; where not valid the
            nearest pixel that is (``core/imagery/filling``).
        masks: uint8 (n, s, s), class codes, 0 = unlabelled.
        index: a row per chip: ``chip_id, scene_id, date`` (``YYYY-MM-DD``), ``row, col`` of
            its first pixel in the grid, ``block_id, split`` (train, val, gold), ``zone``
            (under its centre, empty without zones),
            ``labelled_share, cloud_share`` (by SCL), ``share_<class>`` a class (all shares
            of the chip's pixels), ``geometry`` in the grid's CRS.
        dropped: reason → number of chips that were cut and not kept.
        split_by: the rule of the split; see ``ChipSettings.split``.
        account: what became of every labelled pixel; None where nobody counted.
        layout: sizes and rules that they were cut by; None for chips of an earlier version.
        bands: roles of the images' bands, in their order.
    """

    images: npt.NDArray[np.uint16]
    masks: npt.NDArray[np.uint8]
    index: gpd.GeoDataFrame
    dropped: Mapping[str, int] = field(default_factory=dict)
    split_by: str = "blocks"
    account: LabelAccount | None = None
    layout: ChipLayout | None = None
    bands: tuple[str, ...] = SIX

    def count(self, split: str) -> int:
        """Number of chips in a split."""
        return int((self.index["split"] == split).sum())

    def reached(self, kept: npt.NDArray[np.bool_] | None = None) -> Reached:
        """Pixels of each class that the chips show, or those of them that are kept."""
        rows = np.flatnonzero(np.ones(len(self.index), bool) if kept is None else kept)
        corners = self.index[["row", "col"]].to_numpy(np.int64)
        return count_reached(corners, self.index["split"].tolist(), self.masks, rows)

    def only(self, kept: npt.NDArray[np.bool_], reason: str, room: Room) -> "Chips":
        """The chips that are kept, shape (n,); ``dropped[reason]`` counts the others.

        The account goes on: what no other chip shows is lost for that reason.
        """
        if kept.all():
            return self
        account = self.account
        if account is not None:
            account = account.after(self.reached(), self.reached(kept), reason)
        return replace(
            self,
            account=account,
            images=room.take(self.images, kept),
            masks=room.take(self.masks, kept),
            index=self.index.loc[kept].reset_index(drop=True),
            dropped={**self.dropped, reason: int((~kept).sum())},
        )
