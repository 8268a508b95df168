"""Assets of change: evidence, yearly change maps, alerts."""

from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.steps.alert_delivery import tell
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.change_evidence import make_change_evidence
from lulc_assets.steps.products import CHANGE_ALERTS, CHANGE_EVIDENCE, CHANGE_MAP
from lulc_assets.steps.properties import AlertProperties, ChangeProperties, EvidenceProperties
from lulc_assets.steps.workbench import Workbench


@product_asset(CHANGE_EVIDENCE, group="maps", kinds={"json"})
def change_evidence(work: Workbench, _: Whole) -> Record[EvidenceProperties]:
    """What pixels that kept their class look like, learnt from labels of mapped years."""
    return make_change_evidence(work)


@product_asset(CHANGE_MAP, group="maps", kinds={"geotiff", "stac"})
def change_map(work: Workbench, key: TileYear) -> Record[ChangeProperties]:
    """From what to what since the year before, each pixel graded by all dates of both years."""
    return make_change_map(work, key)


@product_asset(CHANGE_ALERTS, group="maps", kinds={"geotiff", "parquet", "stac"})
def change_alerts(work: Workbench, key: TileYear) -> Record[AlertProperties]:
    """Change since last year's map, judged scene by scene; addressees of zones are told."""
    record = make_change_alerts(work, key)
    if work.project.delivery.zones:
        told = tell(work, key, record)
        for address, why in (told.delivery.failed if told.delivery else {}).items():
            work.warn(f"alerts of {key.title} were not delivered to {address}: {why}")
    return record
