"""Real scenes among the sample data, as recipes."""

import json
from pathlib import Path

from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.grid import PixelGrid, tile_grid
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.scene.recipe import SceneRecipe

NAMES = {"red": "B04", "green": "B03", "blue": "B02", "nir": "B08",
         "swir16": "B11", "swir22": "B12", "scl": "SCL"}  # fmt: skip


def sahara(real_data: Path) -> tuple[SceneRecipe, PixelGrid]:
    """Tile 29RKH, decimated to 100 m, and the tile's grid at 100 m."""
    folder = real_data / "s2_l2a_29RKH"
    item = json.loads((folder / "S2A_29RKH_20200219_0_L2A.json").read_text())
    for asset, name in NAMES.items():
        item["assets"][asset]["href"] = str(folder / f"{name}.tif")
    file = str(folder / "S2A_29RKH_20200219_0_L2A.json")
    tile = tile_grid("29RKH")
    grid = PixelGrid(tile.epsg, tile.x0, tile.y0, 1098, 1098, 100.0)
    return recipe_from_item(item, file, HrefPolicy(file)), grid
