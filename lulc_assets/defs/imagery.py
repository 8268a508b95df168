"""Assets of the imagery: candidate scenes and the chips cut from them."""

from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.products import SCENE_CATALOG, TRAINING_CHIPS
from lulc_assets.steps.properties import CatalogProperties, ChipProperties
from lulc_assets.steps.workbench import Workbench


@product_asset(SCENE_CATALOG, group="imagery", kinds={"stac"})
def scene_catalog(work: Workbench, key: TileYear) -> Record[CatalogProperties]:
    """Every candidate scene of a tile × year with its reading recipe, chosen or not, and why."""
    return make_scene_catalog(work, key)


@product_asset(TRAINING_CHIPS, group="imagery", kinds={"zarr"})
def training_chips(work: Workbench, key: TileYear) -> Record[ChipProperties]:
    """Image and mask chips from scenes spread over the seasons, split by ground location."""
    return make_training_chips(work, key)
