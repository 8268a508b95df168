"""Which committed records the pages of a tile are rendered from, and where their files are.

What belongs here: finding them. What does not: what is made of them (``page_parts``), which pages
there are (``pages``).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps.page_parts import DataAddress, TileRecords
from lulc_assets.steps.products import (
    ACCURACY_AREA_REPORT,
    ANNUAL_MAP,
    REFERENCE_LABELS,
    REFERENCE_SAMPLE,
    SCENE_CATALOG,
    SEASONAL_MAPS,
)
from lulc_assets.steps.properties import PagesProperties
from lulc_assets.steps.workbench import Step, Workbench


def dropped_labels(step: Step[Whole, PagesProperties]) -> dict[str, int]:
    """Classes of the label file that lead to no class of the legend, and how many labels."""
    for key in step.work.project.training_partitions():
        record = step.find(REFERENCE_LABELS, TileYear(*key))
        if record is not None:  # each partition reads the whole file
            return dict(record.properties.reading.dropped)
    return {}


def tile_records(
    step: Step[Whole, PagesProperties], key: TileYear, dropped: Mapping[str, int]
) -> TileRecords | None:
    """The records behind the page of a tile and year; None: it has no report."""
    report = step.find(ACCURACY_AREA_REPORT, key)
    if report is None:
        return None
    sample = None
    for region in step.work.project.regions_of(key.tile):
        sample = sample or step.find(REFERENCE_SAMPLE, RegionYear(region, key.year))
    return TileRecords(
        key,
        report,
        step.read(ANNUAL_MAP, key),
        step.read(SCENE_CATALOG, key),
        sample,
        step.find(SEASONAL_MAPS, key),
        dropped,
    )


def beside(work: Workbench, folder: Path) -> DataAddress:
    """Files of a local store, seen from a folder; those of a bucket have no address."""
    store = work.store
    if not isinstance(store, LocalStore):
        return lambda _: None
    root = os.path.relpath(store.root.absolute(), folder.absolute())
    return lambda entry: Path(root, entry.key).as_posix()
