"""A scene at the size of a picture: red, green, blue and validity on a coarse lattice.

What belongs here: reading what pages and thumbnails show, from overviews where the files
have them. What does not: anything that a map is made from (``reader``), drawing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.access import Access
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.overview import read_scl_lattice
from lulc_assets.core.imagery.source import RasterSource
from lulc_assets.core.scene.bands import as_picture
from lulc_assets.core.scene.recipe import SCL_ROLE, SceneRecipe

_CHANNELS = 3


@dataclass(frozen=True)
class SceneLook:
    """A scene on a lattice, for the eye.

    Attributes:
        reflectance: shape (3, h, w), float32: red, green and blue, or what stands for them
            (``bands.as_picture``).
        valid: shape (h, w), bool: something was stored in all three bands.
        clear: shape (h, w), bool: valid, and SCL (where the scene has it) calls it ground.
    """

    reflectance: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]
    clear: npt.NDArray[np.bool_]


def look_at_scene(recipe: SceneRecipe, lattice: PixelGrid) -> SceneLook:
    """Read a scene's visible bands on a lattice of :func:`overview.lattice_of`.

    Raises:
        SceneError: a file cannot be opened or read, or lies on a wrong grid.
    """
    whole = Window(0, 0, lattice.height, lattice.width)
    reflectance = np.zeros((_CHANNELS, *lattice.shape), np.float32)
    valid = np.ones(lattice.shape, bool)
    for channel, role in enumerate(as_picture(recipe.roles)):
        asset = recipe.bands[role]
        with RasterSource(
            asset.href, lattice, gsd_m=asset.gsd_m, access=Access.of(recipe), lattice=True
        ) as source:
            band = source.read_dn(whole)
        valid &= band.usable & (band.dn > 0)
        scaled = (band.dn + np.float32(recipe.offset_dn)) * np.float32(recipe.scale)
        reflectance[channel] = np.clip(scaled, 0, 1)
    clear = valid
    if SCL_ROLE in recipe.bands:
        clear = valid & votes(read_scl_lattice(recipe, lattice))
    return SceneLook(reflectance, valid, clear)
