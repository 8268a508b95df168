"""Assets of the reference data: labels that models learn from, samples that judge maps."""

from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.defs.from_products import product_asset
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.products import LABEL_QUALITY, REFERENCE_LABELS, REFERENCE_SAMPLE
from lulc_assets.steps.properties import LabelQualityProperties, SampleProperties
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets.steps.workbench import Workbench


@product_asset(REFERENCE_LABELS, group="labels", kinds={"geotiff"})
def reference_labels(work: Workbench, key: TileYear) -> Record[DeliveredLabels]:
    """Validated label polygons of a tile × year, and the mask they burn to on its grid."""
    return make_reference_labels(work, key)


@product_asset(LABEL_QUALITY, group="labels", kinds={"parquet"})
def label_quality(work: Workbench, key: TileYear) -> Record[LabelQualityProperties]:
    """How good labels are: spectra by class, outliers. Nothing but a page is made from it."""
    return make_label_quality(work, key)


@product_asset(REFERENCE_SAMPLE, group="labels", kinds={"parquet"})
def reference_sample(work: Workbench, key: RegionYear) -> Record[SampleProperties]:
    """The probability sample that judges the maps of a region × year, with its design.

    A region without one is compared with its held-out labels: plain agreement only.
    """
    return make_reference_sample(work, key)
