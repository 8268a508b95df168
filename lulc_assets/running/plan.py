"""Which jobs take a project from nothing to its pages, and in which order.

What belongs here: the list of jobs of any project. What does not: running them (``runs.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.change.odds import MOST_CLASSES
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.store.keys import Key, RegionYear, TileYear, Whole
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.project import Project
from lulc_assets.steps import products as of
from lulc_assets.steps.product import Product

ProductOf = tuple[Product[Any, Any], Key]


@dataclass(frozen=True)
class JobRun:
    """A job to run.

    Attributes:
        job: name.
        title: what people read meanwhile.
        partition: key, or None.
        products: that it makes, each of its key; all must be whole for it to be skipped.
        files: other files that it makes.
        needs: products of earlier jobs without which it cannot begin.
    """

    job: str
    title: str
    partition: str | None = None
    products: Sequence[ProductOf] = ()
    files: Sequence[Path] = ()
    needs: Sequence[ProductOf] = ()


def plan_jobs(project: Project, years: Sequence[int]) -> list[JobRun]:
    """Every job that takes a project from nothing to its pages.

    Args:
        project: whose tiles and regions.
        years: to map.
    """
    trained = [TileYear(*key) for key in project.training_partitions()]
    maps = [TileYear(tile, year) for tile in project.tiles for year in years]
    regions = [RegionYear(region, year) for region in project.regions for year in years]
    seasonal = maps if project.composite.windows() else []
    data = (of.REFERENCE_LABELS, of.SCENE_CATALOG, of.TRAINING_CHIPS)
    chain = (of.SCENE_CATALOG, of.SCENE_PREDICTIONS, of.ANNUAL_MAP, of.ACCURACY_AREA_REPORT)
    bundle: list[ProductOf] = [(of.MODEL_BUNDLE, Whole())]
    return [
        *(_partitioned("training_data", "Labels, scenes and chips of", data, k) for k in trained),
        _train(trained),
        *_train_patches(project),
        *(
            _partitioned("reference", "Reference sample of", (of.REFERENCE_SAMPLE,), key)
            for key in regions
        ),
        *(_partitioned("map_tile_year", "Predict and map", chain, k, bundle) for k in maps),
        *(
            _partitioned("seasons", "Seasons of", (of.SEASONAL_MAPS,), k, [(of.ANNUAL_MAP, k)])
            for k in seasonal
        ),
        *_change(project, trained, maps),
        *(
            _partitioned("region", "Report on", (of.REGION_REPORT,), k, _maps_of(project, k))
            for k in regions
        ),
        _metrics(project),
    ]


def _train(trained: Sequence[TileYear]) -> JobRun:
    model = (of.LULC_MODEL, of.MODEL_EVALUATION, of.MODEL_BUNDLE)
    return JobRun(
        "train",
        "Train the model, judge it, promote it",
        products=[(product, Whole()) for product in model],
        needs=[(of.TRAINING_CHIPS, key) for key in trained],
    )


def _train_patches(project: Project) -> list[JobRun]:
    """The patch classifier of a project that has patches."""
    if project.patches is None:
        return []
    line = (of.PATCH_CLASSIFIER, of.PATCH_EVALUATION, of.PATCH_BUNDLE)
    made = [(product, Whole()) for product in line]
    return [JobRun("train_patches", "Train the patch classifier, judge it, promote it", None, made)]


def _change(
    project: Project, trained: Sequence[TileYear], maps: Sequence[TileYear]
) -> list[JobRun]:
    """Change of every mapped year that follows another one, alerts of the latest of them."""
    followed = [key for key in maps if key.year > FIRST_YEAR and key.former in maps]
    if not followed or len(project.legend().land) > MOST_CLASSES:
        return []
    latest = max(key.year for key in followed)
    evidence: list[ProductOf] = [(of.CHANGE_EVIDENCE, Whole())]
    learnt: list[ProductOf] = [(of.ANNUAL_MAP, key) for key in trained if key in maps]
    return [
        JobRun("evidence", "Evidence of change", products=evidence, needs=learnt),
        *(
            _partitioned("change", "Change of", (of.CHANGE_MAP,), key,
                         [*evidence, (of.ANNUAL_MAP, key), (of.ANNUAL_MAP, key.former)])
            for key in followed
        ),
        *(
            _partitioned("alerts", "Alerts of", (of.CHANGE_ALERTS,), key,
                         [*evidence, (of.SCENE_PREDICTIONS, key), (of.ANNUAL_MAP, key.former)])
            for key in followed
            if key.year == latest
        ),
    ]  # fmt: skip


def _metrics(project: Project) -> JobRun:
    index = Path(project.path_of(project.pages)) / "index.html"
    return JobRun(
        "metrics",
        "Metrics database and pages",
        products=[(of.METRIC_TABLES, Whole()), (of.REPORT_PAGES, Whole())],
        files=[index, Path(project.path_of(project.metrics))],
    )


def _maps_of(project: Project, key: RegionYear) -> list[ProductOf]:
    tiles = project.regions[key.region].tiles
    return [(of.ANNUAL_MAP, TileYear(tile, key.year)) for tile in tiles]


def _partitioned(
    job: str,
    title: str,
    products: tuple[Product[Any, Any], ...],
    key: TileYear | RegionYear,
    needs: Sequence[ProductOf] = (),
) -> JobRun:
    made = [(product, key) for product in products]
    return JobRun(job, f"{title} {key.title}", key.partition, made, needs=needs)


def only(jobs: Sequence[JobRun], names: Sequence[str]) -> list[JobRun]:
    """The jobs with some names, all of them where none is given.

    Raises:
        InvalidProject: the project has no such job.
    """
    known = dict.fromkeys(job.job for job in jobs)
    for name in names:
        if name not in known:
            raise InvalidProject(f"no job is called {name!r}; this project has {', '.join(known)}")
    return [job for job in jobs if not names or job.job in names]
