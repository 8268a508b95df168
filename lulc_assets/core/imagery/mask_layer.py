"""The mask layer of a scene as codes of the scene classification.

What belongs here: reading SCL or Fmask as SCL. What does not: what the codes mean (``masks``),
opening a file (``source``).
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.masks import FMASK_FILL, SCL_MAX, scl_from_fmask
from lulc_assets.core.imagery.source import RasterSource
from lulc_assets.core.scene.recipe import SceneRecipe


def read_mask(source: RasterSource, recipe: SceneRecipe, window: Window) -> npt.NDArray[np.uint8]:
    """SCL codes of a window of a scene's mask layer, uint8 (h, w), 0 outside the file.

    Raises:
        UnreadableRaster: the read fails, or the file holds codes that do not exist.
    """
    if recipe.mask == "fmask":
        return scl_from_fmask(source.read_codes(window, outside=FMASK_FILL))
    scl = source.read_codes(window)
    if int(scl.max()) > SCL_MAX:
        raise UnreadableRaster(
            f"scene {recipe.id}: {source.href} holds code {int(scl.max())}; scene classification "
            f"ends at {SCL_MAX}"
        )
    return scl
