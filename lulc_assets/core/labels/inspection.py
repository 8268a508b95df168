"""A label file looked over before it enters a project.

What belongs here: everything that the asset would say about a file, and what it would
refuse, gathered in one account. What does not: making anything of the labels.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from lulc_assets.core.errors import LabelLeak, OverlappingLabels
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.gold import GoldReport, burn_gold
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.source import LabelSource, ReadReport, read_labels
from lulc_assets.core.labels.table import summarise_labels, to_grid_crs

LARGEST_PX = 12_000
"""Side of the area that is burnt for a look: about a tile."""


@dataclass(frozen=True)
class LabelInspection:
    """What is in a label file.

    Attributes:
        read: the account of its reading.
        summary: polygons and area by class and role, see ``summarise_labels``.
        burnt: of each role that occurs; empty where the file spans too large an area.
        gold: how annotators agree; None without annotators.
        problems: what the asset would refuse, one sentence each.
        notes: what it would say without refusing.
    """

    read: ReadReport
    summary: pd.DataFrame
    burnt: tuple[BurnReport, ...]
    gold: GoldReport | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def inspect_labels(source: LabelSource, grid: PixelGrid | None = None) -> LabelInspection:
    """Read a vector file, mend it in memory, burn it, and gather what there is to say.

    Args:
        source: the file and how to read it.
        grid: to burn on; None: a 10 m UTM grid around the labels.

    Raises:
        LabelError: the file cannot be understood at all (missing, no CRS, unknown class,
            points instead of polygons).
    """
    read = read_labels(replace(source, repair=True))
    problems = [
        f"{m.label_id}: {m.problem}" + (", no area left" if m.dropped else "")
        for m in read.report.mended
        if not source.repair
    ]
    notes = []
    place = grid or _grid_around(read.table)
    burnt: list[BurnReport] = []
    gold = None
    if max(place.shape) > LARGEST_PX:
        notes.append(
            f"the labels span {place.height} × {place.width} px: too far to burn here; name a tile"
        )
    else:
        gold = _burn_roles(read.table, place, source, burnt, problems)
    here = to_grid_crs(read.table, place)
    notes += _notes(read.report, burnt)
    return LabelInspection(
        read.report, summarise_labels(here), tuple(burnt), gold, tuple(problems), tuple(notes)
    )


def _grid_around(labels: gpd.GeoDataFrame) -> PixelGrid:
    crs = labels.estimate_utm_crs()
    left, bottom, right, top = labels.to_crs(crs).total_bounds
    x0, y0 = np.floor(left / 10) * 10, np.ceil(top / 10) * 10
    height, width = int(np.ceil((y0 - bottom) / 10)), int(np.ceil((right - x0) / 10))
    return PixelGrid(crs.to_epsg(), float(x0), float(y0), max(1, height), max(1, width))


def _burn_roles(
    labels: gpd.GeoDataFrame,
    grid: PixelGrid,
    source: LabelSource,
    burnt: list[BurnReport],
    problems: list[str],
) -> GoldReport | None:
    """Burn each role by the source's rules; fills ``burnt`` and ``problems``."""
    gold = None
    rules = BurnRules.of(source)
    for role in sorted(labels["role"].unique()):
        try:
            if role == GOLD and source.annotator_column is not None:
                _, report, gold = burn_gold(labels, grid, rules, source.min_annotators)
            else:
                _, report = burn_labels(labels, grid, role, rules)
        except (LabelLeak, OverlappingLabels) as error:
            problems.append(str(error))
            lenient = replace(rules, overlaps="smaller_wins", leaks="clear")
            _, report = burn_labels(labels, grid, role, lenient)
        burnt.append(report)
    return gold


def _notes(read: ReadReport, burnt: list[BurnReport]) -> list[str]:
    said = []
    if read.without_class:
        said.append(f"{read.without_class} polygons have no class of ours and stay unlabelled")
    said += [f"{n} polygons of {r} classes stay unlabelled" for r, n in read.not_accepted.items()]
    for report in burnt:
        if report.vanished:
            said.append(f"{report.vanished} {report.role} polygons hold no 10 m pixel centre")
        if report.conflict_pixels:
            said.append(f"{report.conflict_pixels} {report.role} pixels are claimed by two classes")
        if report.role == TRAIN and report.leaked_pixels:
            said.append(f"{report.leaked_pixels} training pixels lie on kept-back ground")
    return said
