"""Steps of the metrics: records of all partitions → tables for SQL.

What belongs here: ``metric_tables``. What does not: schemas (``core/metrics``), models over them
(``dbt_metrics``).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from lulc_assets.core.metrics.change_tables import ALERT_SCHEMA, CHANGE_SCHEMA
from lulc_assets.core.metrics.making_tables import TRAINING_SCHEMA
from lulc_assets.core.metrics.map_tables import MAP_SCHEMA, SCENE_SCHEMA
from lulc_assets.core.metrics.parquet import write_table
from lulc_assets.core.metrics.tables import METRIC_SCHEMA, read_metrics
from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.metric_rows import (
    alert_rows,
    change_rows,
    map_row,
    scene_rows,
    training_rows,
)
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    CHANGE_ALERTS,
    CHANGE_MAP,
    LULC_MODEL,
    METRIC_TABLES,
    MODEL_BUNDLE,
    MODEL_EVALUATION,
    MODEL_HISTORY,
    REGION_REPORT,
    SCENE_CATALOG,
)
from lulc_assets.steps.properties import CatalogProperties, MapProperties, TablesProperties
from lulc_assets.steps.workbench import Made, Workbench

METRIC_FILE, MAP_FILE, SCENE_FILE = "metrics.parquet", "maps.parquet", "scenes.parquet"
CHANGE_FILE, ALERT_FILE = "change.parquet", "alerts.parquet"
TRAINING_FILE = "trainings.parquet"

P = TypeVar("P")
Row = dict[str, Any]
Rows = list[Row]


def make_metric_tables(
    work: Workbench, tiles: Iterable[TileYear], regions: Iterable[RegionYear]
) -> Record[TablesProperties]:
    """Collect what committed reports, maps, catalogues and models say into Parquet files for dbt.

    Files: ``metrics.parquet``, ``maps.parquet``, ``scenes.parquet``, ``change.parquet``,
    ``alerts.parquet``, ``trainings.parquet``; without rows where there is nothing yet.

    Args:
        work: where the step works.
        tiles: those that the project lost are passed over; change and alerts need no report.
        regions: those without a report are passed over, too.
    """
    step, project = work.step(METRIC_TABLES, Whole()), work.project
    mapped = sorted(key for key in set(tiles) if key.tile in project.tiles)
    summed = sorted(key for key in set(regions) if key.region in project.regions)
    of_tiles = {key: r for key in mapped if (r := step.find(ACCURACY_AREA_REPORT, key)) is not None}
    of_regions = [r for key in summed if (r := step.find(REGION_REPORT, key)) is not None]
    maps = {key: step.read(ANNUAL_MAP, key) for key in of_tiles}
    catalogs = {key: step.read(SCENE_CATALOG, key) for key in of_tiles}
    changes = {key: c for key in mapped if (c := step.find(CHANGE_MAP, key)) is not None}
    alerts = {key: a for key in mapped if (a := step.find(CHANGE_ALERTS, key)) is not None}
    step.find(LULC_MODEL)
    step.find(MODEL_EVALUATION)
    in_use, history = step.find(MODEL_BUNDLE), step.look_at(MODEL_HISTORY, Whole())
    records = [*of_tiles.values(), *of_regions]

    def build(scratch: Path) -> Made[TablesProperties]:
        metrics = read_metrics([work.open(record, METRIC_FILE) for record in records])
        rows = {
            MAP_FILE: ([map_row(key, record) for key, record in maps.items()], MAP_SCHEMA),
            SCENE_FILE: (_scenes(work, catalogs, maps), SCENE_SCHEMA),
            CHANGE_FILE: (_chained(changes, change_rows), CHANGE_SCHEMA),
            ALERT_FILE: (_chained(alerts, partial(alert_rows, work)), ALERT_SCHEMA),
            TRAINING_FILE: (list(training_rows(work, in_use)), TRAINING_SCHEMA),
        }
        files = {METRIC_FILE: write_table(scratch / METRIC_FILE, metrics, METRIC_SCHEMA)}
        files |= {
            name: write_table(scratch / name, _frame(found, schema), schema)
            for name, (found, schema) in rows.items()
        }
        named = tuple(record.product for record in records)
        return Made(files, TablesProperties(named, len(metrics)))

    return step.make({"history": "" if history is None else history.digest}, build)


def _scenes(
    work: Workbench,
    catalogs: Mapping[TileYear, Record[CatalogProperties]],
    maps: Mapping[TileYear, Record[MapProperties]],
) -> Rows:
    return [
        row
        for key, record in catalogs.items()
        for row in scene_rows(work, key, record, maps[key].properties.scenes)
    ]


def _chained(
    records: Mapping[TileYear, Record[P]], rows_of: Callable[[TileYear, Record[P]], Iterable[Row]]
) -> Rows:
    return [row for key, record in records.items() for row in rows_of(key, record)]


def _frame(rows: list[dict[str, Any]], schema: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(schema.columns))
