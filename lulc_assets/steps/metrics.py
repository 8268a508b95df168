"""Steps of the metrics: records of all partitions → tables for SQL.

What belongs here: ``metric_tables``. What does not: schemas (``core/metrics``), models over them
(``dbt_metrics``).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lulc_assets.core.metrics.map_tables import MAP_SCHEMA, SCENE_SCHEMA
from lulc_assets.core.metrics.parquet import write_table
from lulc_assets.core.metrics.tables import METRIC_SCHEMA, read_metrics
from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.candidates import open_candidates
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    METRIC_TABLES,
    REGION_REPORT,
    SCENE_CATALOG,
)
from lulc_assets.steps.properties import CatalogProperties, MapProperties, TablesProperties
from lulc_assets.steps.workbench import Made, Workbench

METRIC_FILE, MAP_FILE, SCENE_FILE = "metrics.parquet", "maps.parquet", "scenes.parquet"


def make_metric_tables(
    work: Workbench, tiles: Iterable[TileYear], regions: Iterable[RegionYear]
) -> Record[TablesProperties]:
    """Collect what committed reports, maps and catalogues say into Parquet files for dbt.

    Files: ``metrics.parquet``, ``maps.parquet``, ``scenes.parquet``; none without a report.

    Args:
        work: where the step works.
        tiles: those without a report, and those that the project lost, are passed over.
        regions: the same.
    """
    step, project = work.step(METRIC_TABLES, Whole()), work.project
    mapped = sorted(key for key in set(tiles) if key.tile in project.tiles)
    summed = sorted(key for key in set(regions) if key.region in project.regions)
    of_tiles = {key: r for key in mapped if (r := step.find(ACCURACY_AREA_REPORT, key)) is not None}
    of_regions = [r for key in summed if (r := step.find(REGION_REPORT, key)) is not None]
    maps = {key: step.read(ANNUAL_MAP, key) for key in of_tiles}
    catalogs = {key: step.read(SCENE_CATALOG, key) for key in of_tiles}
    records = [*of_tiles.values(), *of_regions]

    def build(scratch: Path) -> Made[TablesProperties]:
        named = tuple(record.product for record in records)
        if not records:
            return Made({}, TablesProperties(named, 0))
        metrics = pd.concat([read_metrics(work.open(r, METRIC_FILE)) for r in records])
        made_from = [_map_row(key, record) for key, record in maps.items()]
        seen = [
            row
            for key, record in catalogs.items()
            for row in _scene_rows(work, key, record, maps[key].properties.scenes)
        ]
        files = {
            METRIC_FILE: write_table(scratch / METRIC_FILE, metrics, METRIC_SCHEMA),
            MAP_FILE: write_table(scratch / MAP_FILE, _frame(made_from, MAP_SCHEMA), MAP_SCHEMA),
            SCENE_FILE: write_table(scratch / SCENE_FILE, _frame(seen, SCENE_SCHEMA), SCENE_SCHEMA),
        }
        return Made(files, TablesProperties(named, len(metrics)))

    return step.make(None, build)


def _frame(rows: list[dict[str, Any]], schema: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(schema.columns))


def _map_row(key: TileYear, record: Record[MapProperties]) -> dict[str, Any]:
    known = record.properties
    return {
        "tile": key.tile,
        "year": key.year,
        "scenes": len(known.predictions),
        "datatakes": known.datatakes,
        "failed_scenes": len(known.failed_scenes),
        "newest_date": max((row.date for row in known.predictions), default=""),
        "observations_median": known.observations_median,
        "no_data_pct": known.no_data_pct,
        "mask_overruled_pixels": known.mask_overruled_pixels,
        "sieved_pixels": known.sieved_pixels,
        "map_digest": record.digest,
        "model_digest": known.bundle,
    }


def _scene_rows(
    work: Workbench, key: TileYear, record: Record[CatalogProperties], used: Iterable[str]
) -> Iterator[dict[str, Any]]:
    in_map, table = set(used), open_candidates(work, record)
    copied = [name for name in SCENE_SCHEMA.columns if name in table.columns]
    rows: list[Mapping[str, Any]] = table.to_dict("records")
    for row in rows:
        date = row["datetime"]
        yield {
            **{name: row[name] for name in copied},
            "tile": key.tile,
            "year": key.year,
            "date": "" if pd.isna(date) else date.strftime("%Y-%m-%d"),
            "in_map": row["scene_id"] in in_map,
            "catalog_digest": record.digest,
        }
