"""The scene classification of a scene on a coarse lattice, to judge how clear it is.

What belongs here: choosing the lattice and reading SCL on it, from an overview where the
file has one. What does not: choosing scenes by it (``core/catalog/selection``).
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.access import Access
from lulc_assets.core.imagery.mask_layer import read_mask
from lulc_assets.core.imagery.source import RasterSource
from lulc_assets.core.scene.recipe import SCL_ROLE, SceneRecipe


def lattice_of(grid: PixelGrid, max_px: int) -> PixelGrid:
    """A lattice over ``grid`` with at most ``max_px`` points a side.

    Its cells are whole multiples of the grid's pixels; a strip narrower than one cell at
    the right and lower border is not sampled.
    """
    step = max(1, -(-max(grid.shape) // max_px))
    step = min(step, *grid.shape)
    return PixelGrid(
        grid.epsg,
        grid.x0,
        grid.y0,
        grid.height // step,
        grid.width // step,
        grid.pixel_m * step,
    )


def read_scl_lattice(recipe: SceneRecipe, lattice: PixelGrid) -> npt.NDArray[np.uint8]:
    """SCL codes at the lattice's cell centres by nearest pixel, uint8 (h, w), 0 outside.

    The mask layer of HLS comes as SCL codes too.

    Raises:
        SceneError: the file cannot be opened or read, or lies on a wrong grid.
    """
    asset = recipe.bands[SCL_ROLE]
    with RasterSource(
        asset.href,
        lattice,
        gsd_m=asset.gsd_m,
        access=Access.of(recipe),
        lattice=True,
        codes=True,
        checksum=asset.checksum,
    ) as source:
        return read_mask(source, recipe, Window(0, 0, lattice.height, lattice.width))
