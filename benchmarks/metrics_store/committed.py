"""Catalogues, maps and reports of many tiles and years, committed without imagery.

What belongs here: records and files as the steps leave them, with figures drawn at random. What
does not: collecting and timing them.
"""

from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.catalog.table import make_table
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.legend_class import LegendClass
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.metrics.tables import metric_rows, write_metrics
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record, StoredFile
from lulc_assets.defs.from_products import DATA_VERSION
from lulc_assets.project import load_project
from lulc_assets.steps.candidates import store_candidates
from lulc_assets.steps.metrics import METRIC_FILE
from lulc_assets.steps.product import Product
from lulc_assets.steps.products import ACCURACY_AREA_REPORT, ANNUAL_MAP, SCENE_CATALOG
from lulc_assets.steps.properties import (
    CatalogProperties,
    MapProperties,
    PredictedRow,
    ReportProperties,
)
from lulc_assets.steps.report import headline
from lulc_assets.steps.workbench import Made, Workbench

SECONDS = 90.0
"""That making each product is said to have taken."""

_PROJECT = """\
name = "Metrics of {count} tiles"

[catalog]
location = "catalog.json"

[labels]
path = "labels.gpkg"
class_column = "class"
crosswalk = "karra-10"

[training]
tiles = ["{first}"]
years = [2022]
"""


def open_project(folder: Path, tiles: list[str]) -> Workbench:
    """Write a project of some tiles, and open it."""
    windows = "".join(f"\n[tiles.{tile}]\nwindow = [1000, 2000, 24, 40]\n" for tile in tiles)
    text = _PROJECT.format(count=len(tiles), first=tiles[0]) + windows
    (folder / "project.toml").write_text(text)
    return Workbench.of(load_project(folder / "project.toml"))


def commit_map(
    instance: dg.DagsterInstance, work: Workbench, key: TileYear, candidates: int, used: int
) -> None:
    """Commit catalogue, map and report of a tile and year, and tell the instance.

    Args:
        instance: gets an event of each.
        work: where to.
        key: of the map.
        candidates: scenes of the catalogue.
        used: of them in the map.
    """
    rng = np.random.default_rng([key.year, *key.tile.encode()])
    names = [f"S2_{key.tile}_{key.year}_{number:03d}" for number in range(candidates)]
    catalog = _catalog(work, key, names, rng)
    mapped = _map(work, key, names[:used])
    for product, record in (
        (SCENE_CATALOG, catalog),
        (ANNUAL_MAP, mapped),
        (ACCURACY_AREA_REPORT, _report(work, key, mapped, rng)),
    ):
        _tell(instance, product, key, record)


def _catalog(
    work: Workbench, key: TileYear, names: list[str], rng: np.random.Generator
) -> Record[CatalogProperties]:
    rows = [
        {
            "scene_id": name, "datetime": f"{key.year}-{1 + at % 12:02d}-10T10:00:00Z",
            "provider": "simulated", "baseline": "05.09", "level": "L2A", "offset": "proven",
            "cloud_cover_pct": float(cloud), "clear_pct": 100 - float(cloud), "nodata_pct": 0.0,
            "quarter": 1 + at % 12 // 3, "selected": False, "reason": "not wanted", "order": None,
            "recipe_json": "", "geometry": None,
        }
        for at, (name, cloud) in enumerate(zip(names, rng.uniform(0, 90, len(names)), strict=True))
    ]  # fmt: skip

    def build(scratch: Path) -> Made[CatalogProperties]:
        path = store_candidates(work, scratch / "candidates.parquet", make_table(rows))
        return Made({path.name: path}, CatalogProperties(len(rows), 0, (), key.title))

    return work.step(SCENE_CATALOG, key).make({"scenes": names}, build)


def _map(work: Workbench, key: TileYear, names: list[str]) -> Record[MapProperties]:
    file = StoredFile("none", "0" * 64, 0)
    properties = MapProperties(
        predictions=tuple(
            PredictedRow(name, "0", f"{key.year}-06-10", name, file, file, file) for name in names
        ),
        datatakes=len(names),
        failed_scenes={},
        class_pixels={"trees": 900, "no_data": 60},
        no_data_pct=6.25,
        mask_overruled_pixels=0,
        sieved_pixels=0,
        observations_median=12.0,
        bundle="by hand",
        taught=work.legend.names,
        grid=work.grid(key.tile),
        legend=work.legend.digest,
        rule=VoteRule.of(CompositeSettings(), work.legend),
    )
    # As the step does, which reads the predictions alone.
    return work.step(ANNUAL_MAP, key).make({"scenes": names}, lambda _: Made({}, properties))


def _report(
    work: Workbench, key: TileYear, mapped: Record[MapProperties], rng: np.random.Generator
) -> Record[ReportProperties]:
    matrix = rng.integers(0, 9, (len(work.legend.land),) * 2)
    report = AccuracyReport(
        scope="tile", key=key.tile, year=key.year, design="stratified", verdict="estimated",
        verdict_reason="", n_units=int(matrix.sum()), n_unusable=3, total_area_ha=46.0,
        no_data_area_ha=1.0, overall=_share(rng), agreement=0.9,
        classes=tuple(_class(one, rng) for one in work.legend.land), matrix=matrix,
        proportions=None, warnings=(), design_effect=1.5,
    )  # fmt: skip
    table = metric_rows(
        report, map_digest=mapped.digest, sample_digest="by hand", model_digest="by hand"
    )
    # Without the pictures of a report, which nobody collects.
    return work.step(ACCURACY_AREA_REPORT, key).make(
        {"map": mapped.digest},
        lambda scratch: Made(
            {METRIC_FILE: write_metrics(scratch / METRIC_FILE, table)}, headline(report)
        ),
    )


def _share(rng: np.random.Generator) -> Estimate:
    value = float(rng.uniform(0.5, 0.9))
    return Estimate(value, 0.02, value - 0.04, value + 0.04, 100)


def _class(one: LegendClass, rng: np.random.Generator) -> ClassFigures:
    area = Estimate(4.0, 1.0, 2.0, 6.0, 100)
    return ClassFigures(
        code=one.code, name=one.name, title=one.title, color=one.color, mapped_area_ha=5.0,
        area_ha=area, users=_share(rng), producers=_share(rng), f1=_share(rng),
    )  # fmt: skip


def _tell(
    instance: dg.DagsterInstance,
    product: Product[TileYear, Any],
    key: TileYear,
    record: Record[Any],
) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            product.asset,
            partition=key.partition,
            metadata={"seconds": SECONDS},
            tags={DATA_VERSION: record.digest},
        )
    )
