"""What last year's map and its kept sums say of a block.

What belongs here: class, wrong masks and familiar classes of pixels, read from files. What does
not: what is made of it (``learning``, ``core/alerts/baseline``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.strategies import flag_tallies
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import Legend

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class RememberedBlock:
    """A block of last year.

    Attributes:
        classes: (h, w) uint8, 0 = no data.
        flagged: (h, w) bool: SCL is wrong all year, masked views count there.
        familiar: (parts + 1, h, w) uint16, see ``symbols.familiar_planes``.
    """

    classes: U8
    flagged: npt.NDArray[np.bool_]
    familiar: U16


def remember_block(
    class_map: Path,
    sums: Mapping[str, SumsFile],
    window: Window,
    settings: CompositeSettings,
    legend: Legend,
) -> RememberedBlock:
    """Read a block of a year's map and sums.

    Args:
        class_map: ``class.tif`` of the year.
        sums: part of the year → kept sums; empty where the strategy keeps none: then no class
            is familiar.
        window: of the block.
        settings: that the map was made with.
        legend: of the map.

    Raises:
        InvalidProduct: the map holds a code that is not a class of land.
        ProductCorrupt, UnreadableRaster: a file cannot be read.
    """
    from lulc_assets.core.change.symbols import familiar_planes, land_classes  # numba

    parts = settings.parts()
    classes = read_raster(class_map, window)
    if classes.max(initial=0) > land_classes(legend):
        raise InvalidProduct(
            f"{class_map} holds code {classes.max()}, which is not a class of land"
        )
    if not sums:
        flagged = np.zeros(classes.shape, np.bool_)
        return RememberedBlock(
            classes, flagged, np.zeros((len(parts) + 1, *classes.shape), np.uint16)
        )
    read = [sums[part.name].read(window) for part in parts]
    flagged = flag_tallies([one.tallies for one in read], settings, legend)
    return RememberedBlock(classes, flagged, familiar_planes([one.sums for one in read], flagged))
