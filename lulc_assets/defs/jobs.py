"""Jobs: the same for the demo, the UI, schedules and sensors.

What belongs here: which assets run together. A job has the partitions of its assets, so
training, which has none, is a job of its own: in a partitioned job it would run once a
partition.
"""

import dagster as dg

from lulc_assets.defs.dbt import dbt_metrics
from lulc_assets.defs.imagery import scene_catalog, training_chips
from lulc_assets.defs.labels import label_quality, reference_labels, reference_sample
from lulc_assets.defs.maps import annual_map, seasonal_maps
from lulc_assets.defs.model import lulc_model, model_bundle, model_evaluation
from lulc_assets.defs.predictions import scene_predictions
from lulc_assets.defs.report import (
    accuracy_area_report,
    metric_tables,
    region_report,
    report_pages,
)

training_data = dg.define_asset_job(
    "training_data",
    selection=dg.AssetSelection.assets(
        reference_labels, scene_catalog, label_quality, training_chips
    ),
    description="Labels with their quality page, candidate scenes and chips of one tile × year.",
)

train = dg.define_asset_job(
    "train",
    selection=dg.AssetSelection.assets(lulc_model, model_evaluation, model_bundle),
    description="Train a candidate on all chips, judge it, and promote it if it earns it.",
)

reference = dg.define_asset_job(
    "reference",
    selection=dg.AssetSelection.assets(reference_sample),
    description="Take in the reference sample of one region × year.",
)

map_tile_year = dg.define_asset_job(
    "map_tile_year",
    selection=dg.AssetSelection.assets(
        scene_catalog, scene_predictions, annual_map, accuracy_area_report
    ),
    description="One tile × year from the catalogue to the report, with the promoted model.",
)

seasons = dg.define_asset_job(
    "seasons",
    selection=dg.AssetSelection.assets(seasonal_maps),
    description="Maps of the seasons of one tile × year, from the sums of its annual map.",
)

region = dg.define_asset_job(
    "region",
    selection=dg.AssetSelection.assets(region_report),
    description="Report on all tiles of one region × year together.",
)

metrics = dg.define_asset_job(
    "metrics",
    selection=dg.AssetSelection.assets(metric_tables, dbt_metrics, report_pages),
    description="Collect all metrics, rebuild the database, and write the set of pages.",
)
