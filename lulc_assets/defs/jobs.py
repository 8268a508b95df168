"""Jobs: the same for the demo, the UI, schedules and sensors.

What belongs here: which assets run together. A job has the partitions of its assets, so
training, which has none, is a job of its own: in a partitioned job it would run once a
partition.

Each job has a longest time: a run whose process is gone ends then, if nobody ended it before, and
gives its slot to the next one (``run_monitoring`` in ``dagster.yaml``). The limits only bound how
long others wait for a dead run: raise one where a job takes longer on your machines.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from lulc_assets.steps import products as of
from lulc_assets.steps.product import Product


def _at_most(hours: int) -> Mapping[str, str]:
    return {"dagster/max_runtime": str(3600 * hours)}


def _assets(*products: Product[Any, Any]) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*(product.asset for product in products))


training_data = dg.define_asset_job(
    "training_data",
    tags=_at_most(hours=12),
    selection=_assets(of.REFERENCE_LABELS, of.SCENE_CATALOG, of.LABEL_QUALITY, of.TRAINING_CHIPS),
    description="Labels with their quality page, candidate scenes and chips of one tile × year.",
)

train = dg.define_asset_job(
    "train",
    tags=_at_most(hours=48),
    selection=_assets(of.LULC_MODEL, of.MODEL_EVALUATION, of.MODEL_BUNDLE),
    description="Train a candidate on all chips, judge it, and promote it if it earns it.",
)

train_patches = dg.define_asset_job(
    "train_patches",
    tags=_at_most(hours=48),
    selection=_assets(of.PATCH_CLASSIFIER, of.PATCH_EVALUATION, of.PATCH_BUNDLE),
    description="Train a patch classifier, judge it on its test patches, promote it if it earns "
    "it. For projects with [patches].",
)

reference = dg.define_asset_job(
    "reference",
    tags=_at_most(hours=2),
    selection=_assets(of.REFERENCE_SAMPLE),
    description="Take in the reference sample of one region × year.",
)

map_tile_year = dg.define_asset_job(
    "map_tile_year",
    tags=_at_most(hours=24),
    selection=_assets(
        of.SCENE_CATALOG, of.SCENE_PREDICTIONS, of.ANNUAL_MAP, of.ACCURACY_AREA_REPORT
    ),
    description="One tile × year from the catalogue to the report, with the promoted model.",
)

learn_vote = dg.define_asset_job(
    "learn_vote",
    tags=_at_most(hours=4),
    selection=_assets(of.LEARNED_VOTE),
    description="Learn a vote from the maps of the training partitions, and judge it on gold.",
)

seasons = dg.define_asset_job(
    "seasons",
    tags=_at_most(hours=4),
    selection=_assets(of.SEASONAL_MAPS),
    description="Maps of the seasons of one tile × year, from the sums of its annual map.",
)

evidence = dg.define_asset_job(
    "evidence",
    tags=_at_most(hours=12),
    selection=_assets(of.CHANGE_EVIDENCE),
    description="Learn from the labels of mapped years what pixels that did not change look like.",
)

change = dg.define_asset_job(
    "change",
    tags=_at_most(hours=12),
    selection=_assets(of.CHANGE_MAP),
    description="Change of one tile × year since the year before, graded by all dates of both.",
)

alerts = dg.define_asset_job(
    "alerts",
    tags=_at_most(hours=12),
    selection=_assets(of.CHANGE_ALERTS),
    description="Judge the scenes of one tile × year against last year's map, and tell the zones.",
)

region = dg.define_asset_job(
    "region",
    tags=_at_most(hours=4),
    selection=_assets(of.REGION_REPORT),
    description="Report on all tiles of one region × year together.",
)

metrics = dg.define_asset_job(
    "metrics",
    tags=_at_most(hours=2),
    selection=_assets(of.METRIC_TABLES, of.REPORT_PAGES) | dg.AssetSelection.kind("dbt"),
    description="Collect all metrics, rebuild the database, and write the set of pages.",
)
