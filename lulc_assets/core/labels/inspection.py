"""A label file looked over before it enters a project.

What belongs here: everything that the asset would say about a file, and what it would
refuse, gathered in one account. What does not: making anything of the labels.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely

from lulc_assets.core.errors import LabelError, LabelLeak, OverlappingLabels
from lulc_assets.core.grid import EQUAL_AREA_EPSG, PixelGrid
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.gold import GoldReport, burn_gold
from lulc_assets.core.labels.mend import Mended
from lulc_assets.core.labels.places import explain_absence, grid_around
from lulc_assets.core.labels.raster import grid_around_raster, is_raster, read_raster_labels
from lulc_assets.core.labels.reading import read_labels
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.source import LabelSet, LabelSource, ReadReport
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


def inspect_labels(
    source: LabelSource,
    grid: PixelGrid | None = None,
    *,
    tile: str | None = None,
    year: int | None = None,
) -> LabelInspection:
    """Read a label file, mend it in memory, burn it, and gather what there is to say.

    Args:
        source: the file and how to read it; polygons or a GeoTIFF of codes.
        grid: to burn on; None: a 10 m UTM grid around the labels.
        tile: MGRS tile of the grid: only labels of that tile count.
        year: only labels of that year count; None: of every year.

    Raises:
        LabelError: the file cannot be understood at all (missing, no CRS, unknown class,
            points instead of polygons).
    """
    if is_raster(source.path):
        place = grid or grid_around_raster(source.path)
        if max(place.shape) > LARGEST_PX:
            raise LabelError(
                f"{source.path}: spans {place.height:,} × {place.width:,} px, too far to look at "
                "in one piece; name a tile"
            )
        read = read_raster_labels(source, place)
    else:
        read = read_labels(replace(source, repair=True))
    mended = [_tell_mended(m, repaired=source.repair) for m in read.report.mended]
    problems, notes = ([], mended) if source.repair else (mended, [])
    problems += read.report.lost_classes
    here = _labels_here(read.table, source, grid, tile, year, problems, notes)
    burnt: list[BurnReport] = []
    gold = None
    if len(here):
        place = grid or grid_around(here, source.path)
        if max(place.shape) > LARGEST_PX:
            notes.append(
                f"the labels span {place.height} × {place.width} px: too far to burn here; name a "
                "tile"
            )
        else:
            gold = _burn_roles(here, place, source, burnt, problems)
            if not any(sum(report.pixels.values()) for report in burnt):
                problems.append("no 10 m pixel is labelled: every polygon is too small for one")
            else:
                problems += _lost_classes(here, burnt, source)
        here = to_grid_crs(here, place)
    else:
        here = here.to_crs(EQUAL_AREA_EPSG)
    notes += _notes(read, burnt, unit="pixels" if is_raster(source.path) else "polygons")
    return LabelInspection(
        read.report,
        summarise_labels(here, source.legend),
        tuple(burnt),
        gold,
        tuple(problems),
        tuple(notes),
    )


def _labels_here(
    labels: gpd.GeoDataFrame,
    source: LabelSource,
    grid: PixelGrid | None,
    tile: str | None,
    year: int | None,
    problems: list[str],
    notes: list[str],
) -> gpd.GeoDataFrame:
    """Labels of the place and year; fills ``problems`` where none is left, else ``notes``."""
    if labels.empty:
        problems.append("no label is left: the file has none here, or none has a class of ours")
        return labels
    chosen = labels
    for column, wanted in (("tile", tile), ("year", year)):
        if wanted is None or column not in chosen:
            continue
        known = ", ".join(map(str, sorted(chosen[column].unique())))
        chosen = chosen.loc[chosen[column] == wanted]
        if chosen.empty:
            problems.append(f"no label of {column} {wanted}; the file has {known}")
            return chosen
    if grid is None:
        return chosen
    inside = to_grid_crs(chosen, grid).intersects(shapely.box(*grid.bounds)).to_numpy()
    where = f"the area of {tile}" if tile else "the area"
    if not inside.any():
        problems.append(explain_absence(chosen, grid, where))
    elif not inside.all():
        notes.append(f"{int((~inside).sum())} of {len(inside)} polygons lie outside {where}")
    return chosen.loc[inside]


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
                _, report, gold = burn_gold(
                    labels, grid, rules, source.min_annotators, source.legend
                )
            else:
                _, report = burn_labels(labels, grid, role, rules)
        except (LabelLeak, OverlappingLabels) as error:
            problems.append(str(error))
            lenient = replace(rules, overlaps="smaller_wins", leaks="clear")
            _, report = burn_labels(labels, grid, role, lenient)
        burnt.append(report)
    return gold


def _tell_mended(mended: Mended, *, repaired: bool) -> str:
    found = f"{mended.label_id}: {mended.problem}"
    if mended.dropped:
        return f"{found}, no area left; " + (
            "left out" if repaired else "draw it anew or delete it"
        )
    if repaired:
        return f"{found}, repaired; its area changed by {mended.area_change:+.1%}"
    return f"{found}; repair = true (--repair) keeps its polygons, or mend it"


def _lost_classes(
    labels: gpd.GeoDataFrame, burnt: list[BurnReport], source: LabelSource
) -> list[str]:
    """Classes that polygons show and no pixel has, of any role."""
    reached = {code for report in burnt for code, pixels in report.pixels.items() if pixels}
    polygons = labels["class_code"].value_counts(sort=False)
    return [
        f"class {source.legend.by_code(int(code)).name}: its polygons ({number}) label no 10 m "
        "pixel: too small for one, or hidden by others; draw them larger, or delete them"
        for code, number in polygons.sort_index().items()
        if int(code) not in reached
    ]


def _notes(read: LabelSet, burnt: list[BurnReport], unit: str) -> list[str]:
    said = []
    if read.report.without_class:
        said.append(f"{read.report.without_class} {unit} have no class of ours and stay unlabelled")
    for relation, number in read.report.not_accepted.items():
        said.append(f"{number} {unit} of {relation} classes stay unlabelled")
    for report in burnt:
        if report.vanished:
            said.append(f"{report.vanished} {report.role} polygons hold no 10 m pixel centre")
        if report.conflict_pixels:
            said.append(f"{report.conflict_pixels} {report.role} pixels are claimed by two classes")
        if report.role == TRAIN and report.leaked_pixels:
            said.append(f"{report.leaked_pixels} training pixels lie on kept-back ground")
    if len(read.table):
        left, bottom, right, top = read.table.to_crs(4326).total_bounds
        said.append(
            f"the labels lie at longitude {left:.2f} to {right:.2f}, latitude {bottom:.2f} to "
            f"{top:.2f}"
        )
    return said
