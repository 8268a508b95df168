"""Assets of the maps."""

from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.steps.learned_vote import make_learned_vote
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import ANNUAL_MAP, LEARNED_VOTE, SEASONAL_MAPS
from lulc_assets.steps.properties import LearnedVoteProperties, MapProperties, SeasonProperties
from lulc_assets.steps.seasons import make_seasonal_maps
from lulc_assets.steps.workbench import Workbench


@product_asset(ANNUAL_MAP, group="maps", kinds={"geotiff", "stac"})
def annual_map(work: Workbench, key: TileYear) -> Record[MapProperties]:
    """The yearly map: class-weighted mode over the scenes, with vote share and observations."""
    return make_annual_map(work, key)


@product_asset(LEARNED_VOTE, group="maps", kinds={"numpy"})
def learned_vote(work: Workbench, _: Whole) -> Record[LearnedVoteProperties]:
    """A vote learnt from the sums of the training maps, judged against the plain vote on gold."""
    return make_learned_vote(work)


@product_asset(SEASONAL_MAPS, group="maps", kinds={"geotiff", "stac"})
def seasonal_maps(work: Workbench, key: TileYear) -> Record[SeasonProperties]:
    """A map for each season of the project, from the sums that the annual maps keep."""
    return make_seasonal_maps(work, key)
