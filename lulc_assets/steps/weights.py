"""Class weights fitted on gold labels, from the sums that annual maps keep.

What belongs here: gathering gold pixels of committed products, fitting, and what would
change. Nothing is committed: weights are a decision, and belong into the project file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from rasterio.features import rasterize

from lulc_assets.core.compositing.fit import Fit, GoldVotes, fit_weights, merge_groups
from lulc_assets.core.compositing.gold import count_changes, values_at, votes_at
from lulc_assets.core.compositing.seasons import season_parts
from lulc_assets.core.compositing.settings import DEFAULT_WEIGHTS_256, CompositeSettings
from lulc_assets.core.errors import InvalidProduct, InvalidProject, NoLabels
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.schema import GOLD
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.legend import Legend
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.maps import kept_parts
from lulc_assets.steps.products import ANNUAL_MAP, REFERENCE_LABELS
from lulc_assets.steps.properties import MapProperties
from lulc_assets.steps.workbench import Workbench

Partition = tuple[str, int]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FittedWeights:
    """What a fit found, and what it would change.

    Attributes:
        fit: the chosen weights by group.
        groups: name of each group: ``year``, or the seasons.
        reference: (groups, land) int64, the weights to begin from.
        changes: (land + 1, land + 1) pixels from code to code, between the maps of the present
            weights and of the fitted ones, over all partitions.
        partitions: whose gold labels and sums were used.
    """

    fit: Fit
    groups: tuple[str, ...]
    reference: I64
    changes: I64
    partitions: tuple[Partition, ...]

    @property
    def changed_share(self) -> float:
        """Share of the mapped pixels whose class would change, 0–1."""
        mapped = int(self.changes[1:].sum())
        return 1 - int(np.trace(self.changes[1:, 1:])) / mapped if mapped else 0.0


def fit_project_weights(
    work: Workbench, partitions: Sequence[Partition] = (), *, by_season: bool = False
) -> FittedWeights:
    """Fit the weights of a project on the gold labels of some of its maps.

    Args:
        work: the project.
        partitions: tile and year; empty: all training partitions that have an annual map.
        by_season: choose weights for each season instead of for the year.

    Raises:
        NoLabels: there are too few gold windows.
        InvalidProject: the strategy is not the weighted mode, or there are no seasons, or
            they overlap.
        InvalidProduct: a map keeps other parts of the year than the project has now.
        ProductNotFound: a map or its labels are missing.
    """
    settings = work.project.composite
    if settings.strategy != "weighted_mode":
        raise InvalidProject(f"strategy {settings.strategy} has no class weights")
    chosen = tuple(partitions) or tuple(
        (tile, year)
        for tile, year in work.project.training_partitions()
        if work.find(ANNUAL_MAP, TileYear(tile, year)) is not None
    )
    groups = _groups(settings, by_season)
    numbers: dict[tuple[str, str], int] = {}
    gold = [_gold_votes(work, *key, list(groups.values()), numbers) for key in chosen]
    if not gold:
        raise NoLabels("no training partition has an annual map; make the maps first")
    reference = np.stack([_default_weights(work.legend)] * len(groups))
    joined = GoldVotes(
        np.concatenate([one.votes for one in gold]),
        np.concatenate([one.truth for one in gold]),
        np.concatenate([one.window for one in gold]),
    )
    fit = fit_weights(joined, reference)
    changes = _changes(work, chosen, fit.weights, list(groups.values()))
    return FittedWeights(fit, tuple(groups), reference, changes, chosen)


def _default_weights(legend: Legend) -> I64:
    """The default weights of land, not those of the project: they may be fitted ones."""
    settings = CompositeSettings(weights_256=dict(DEFAULT_WEIGHTS_256))
    return settings.weight_table(legend=legend)[1 : len(legend.land) + 1]


def _groups(settings: CompositeSettings, by_season: bool) -> Mapping[str, list[int]]:
    """Name → numbers of the parts of the year that get the same weights."""
    names = [part.name for part in settings.parts()]
    if not by_season:
        return {"year": list(range(len(names)))}
    groups = {
        season.name: [
            names.index(part.name)
            for parts in season_parts(season, settings.parts())
            for part in parts
        ]
        for season in settings.windows()
    }
    if sorted(part for parts in groups.values() for part in parts) != list(range(len(names))):
        raise InvalidProject(
            "weights by season need seasons that cover the year and do not overlap; set "
            '[composite] seasons, for example "quarters"'
        )
    return groups


def _sums_of(work: Workbench, tile: str, year: int) -> dict[str, Path]:
    return sums_of(work, work.read(ANNUAL_MAP, TileYear(tile, year)))


def sums_of(work: Workbench, record: Record[MapProperties]) -> dict[str, Path]:
    """The kept sums of a map, in the order of the parts of the project's year.

    Raises:
        InvalidProduct: it keeps other parts than the project has now, or none.
    """
    parts = work.project.composite.parts()
    kept = kept_parts(record)
    if set(kept) != {part.name for part in parts}:
        raise InvalidProduct(
            f"{record.product} keeps sums of {', '.join(kept) or 'no parts'}, the project has "
            f"{', '.join(part.name for part in parts)} ([composite] seasons); make it again"
        )
    return {part.name: work.open(record, kept[part.name]) for part in parts}


def _gold_votes(
    work: Workbench,
    tile: str,
    year: int,
    groups: Sequence[Sequence[int]],
    numbers: dict[tuple[str, str], int],
) -> GoldVotes:
    """Votes, labels and windows of a tile and year; ``numbers`` gets those of new windows.

    A window has one number in all years: the same ground a year later is not new ground, and
    must be left out together with itself.
    """
    labels, grid = work.read(REFERENCE_LABELS, TileYear(tile, year)), work.grid(tile)
    truth = read_raster(work.open(labels, "gold.tif"))
    table = read_label_table(work.open(labels, "labels.parquet"))
    windows = window_numbers(table, grid, tile, numbers)
    chosen = (truth > 0) & (truth <= len(work.legend.land)) & (windows >= 0)
    sums, composite = _sums_of(work, tile, year), work.project.composite
    votes = votes_at(sums, grid, composite, chosen, work.legend)
    return GoldVotes(
        merge_groups(votes, groups),
        values_at(truth, grid, chosen),
        values_at(windows, grid, chosen),
    )


def window_numbers(
    labels: gpd.GeoDataFrame,
    grid: PixelGrid,
    tile: str,
    numbers: dict[tuple[str, str], int],
    role: str = GOLD,
) -> npt.NDArray[np.int32]:
    """Number of the labelled window of each pixel, -1 outside; a polygon without one is its own.

    Args:
        labels: table of a tile and year.
        grid: of the result.
        tile: that the windows are of.
        numbers: tile and window → its number; gets those of new windows.
        role: of the polygons.
    """
    chosen = labels[labels["role"] == role]
    if chosen.empty:
        return np.full(grid.shape, -1, np.int32)
    names = chosen["window_id"].where(chosen["window_id"] != "", chosen["label_id"])
    shapes = [
        (geometry, numbers.setdefault((tile, name), len(numbers)))
        for geometry, name in zip(chosen.geometry, names, strict=True)
    ]
    burnt: npt.NDArray[np.int32] = rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, fill=-1, dtype="int32"
    )
    return burnt


def _changes(
    work: Workbench, partitions: Sequence[Partition], weights: I64, groups: Sequence[Sequence[int]]
) -> I64:
    """Pixels from code to code between the present and the fitted weights."""
    settings, legend = work.project.composite, work.legend
    land = len(legend.land)
    names = [part.name for part in settings.parts()]
    before = {name: settings.weight_table(name, legend) for name in names}
    after = {name: before[name].copy() for name in names}
    for number, group in enumerate(groups):
        for part in group:
            after[names[part]][1 : land + 1] = weights[number]
    return sum(
        (
            count_changes(_sums_of(work, *key), work.grid(key[0]), settings, before, after, legend)
            for key in partitions
        ),
        start=np.zeros((land + 1, land + 1), np.int64),
    )
