"""What a reader wants to know before any figure: where, when, from what, whose, how to cite.

What belongs here: those facts of a page in words, a first paragraph made of its figures, and its
tables as CSV. What does not: figures themselves (``report_views``), markup.
"""

import csv
import io
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pyproj import Transformer

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.figures.formats import (
    NOT_MAPPED,
    format_area_ha,
    format_count,
    format_level,
    format_share,
    format_share_interval,
    has_interval,
    lower_first,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.pages.content import SceneRow

_SHORT = 12
"""Letters of a digest that people copy."""
_KM2_PER_HA = 0.01


def view_about(
    *,
    title: str,
    year: int,
    grid: PixelGrid | None,
    scenes: Sequence[SceneRow],
    provenance: Mapping[str, str],
    project: str,
    licence: str,
    told: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, str]]:
    """Terms and sentences of the box "About this map"; facts that are not known are left out."""
    facts = []
    if grid is not None:
        facts.append(("Where", _where(grid)))
    used = sorted(row.date for row in scenes if row.selected and row.date)
    when = f"The year {year}"
    if used:
        when += f", seen by Sentinel-2 on {format_count(len(set(used)), 'date')}"
        when += f" from {used[0]} to {used[-1]}" if used[0] != used[-1] else f", {used[0]}"
    facts.append(("When", f"{when}."))
    model = provenance.get("Model bundle", "")
    if model:
        facts.append(("Model", f"Bundle {model[:_SHORT]}; its full digest is under Provenance."))
    facts += told.items()
    facts.append(("Licence", licence or "Not stated by the project."))
    version = provenance.get("Annual map", "")
    facts.append(("Cite as", _citation(title, year, project, version, licence)))
    return [{"term": term, "text": text} for term, text in facts]


def _where(grid: PixelGrid) -> str:
    left, bottom, right, top = grid.bounds
    degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    west, south, east, north = degrees.transform_bounds(left, bottom, right, top)
    middle = degrees.transform((left + right) / 2, (bottom + top) / 2)
    across = f"{(right - left) / 1000:.4g} km × {(top - bottom) / 1000:.4g} km"
    return (
        f"{across} around {_latitude(middle[1])}, {_longitude(middle[0])} "
        f"({_latitude(south)} to {_latitude(north)}, {_longitude(west)} to {_longitude(east)}), "
        f"EPSG:{grid.epsg}, pixels of {grid.pixel_m:g} m."
    )


def _latitude(value: float) -> str:
    return f"{abs(value):.3f}°\u00a0{'N' if value >= 0 else 'S'}"


def _longitude(value: float) -> str:
    return f"{abs(value):.3f}°\u00a0{'E' if value >= 0 else 'W'}"


def _citation(title: str, year: int, project: str, version: str, licence: str) -> str:
    parts = [project, f"Land cover of {title}, {year}, from Sentinel-2"]
    if version:
        parts.append(f"version {version[:_SHORT]}")
    if licence:
        parts.append(licence)
    return ". ".join(part for part in parts if part) + "."


def plain_words(report: AccuracyReport) -> str:
    """The first paragraph: what covers the area and how far to trust the map, without terms."""
    mapped = report.total_area_ha - report.no_data_area_ha
    rows = sorted(report.classes, key=lambda c: (-c.mapped_area_ha, c.code))
    leading = [row for row in rows if row.mapped_area_ha > 0][:3]
    if mapped <= 0 or not leading:
        return "The map has no data here."
    shares = [
        f"{lower_first(row.title)} ({format_share(row.mapped_area_ha / mapped)})" for row in leading
    ]
    area = f"{format_area_ha(mapped)} ({mapped * _KM2_PER_HA:,.1f}\u00a0km²)"
    verb = "class is" if len(shares) == 1 else "classes are"
    text = f"The map counts {area}. Its largest {verb} {_joined(shares)}."
    if report.no_data_area_ha > 0:
        missing = format_share(report.no_data_area_ha / report.total_area_ha)
        text += f" {missing} of the area has no data."
    overall = report.overall
    if report.verdict != "estimated" or overall is None or not has_interval(overall):
        return f"{text} How accurate the map is has not been estimated; see below why."
    return (
        f"{text} The map is right on about {format_share(overall.value)} of the area; with "
        f"{format_level(report.level)} confidence, on {format_share_interval(overall)}."
    )


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def view_downloads(report: AccuracyReport, scenes: Sequence[SceneRow]) -> list[dict[str, str]]:
    """The page's tables as CSV files inside the page, with plain names."""
    stem = f"{report.key}_{report.year}"
    tables = [("Classes", f"classes_{stem}.csv", _classes(report))]
    if report.matrix.any():
        tables.append(("Map against reference", f"confusion_{stem}.csv", _confusion(report)))
    if scenes:
        tables.append(("Scenes", f"scenes_{stem}.csv", _scenes(scenes)))
    return [
        {"title": f"{title} (CSV)", "name": name, "uri": csv_uri(rows)}
        for title, name, rows in tables
    ]


def _classes(report: AccuracyReport) -> list[list[Any]]:
    head = ["class", "mapped_ha"]
    measures = ("area_ha", "users", "producers", "f1")
    for measure in measures:
        name = measure.removesuffix("_ha")
        unit = "_ha" if measure == "area_ha" else ""
        head += [f"{name}{unit}", f"{name}_ci_low{unit}", f"{name}_ci_high{unit}"]
    rows: list[list[Any]] = [head]
    for one in report.classes:
        row: list[Any] = [one.title, one.mapped_area_ha if one.taught else NOT_MAPPED]
        for measure in measures:
            estimate = getattr(one, measure)
            row += (
                ["", "", ""]
                if estimate is None
                else [estimate.value, estimate.ci_low, estimate.ci_high]
            )
        rows.append(row)
    return rows


def _confusion(report: AccuracyReport) -> list[list[Any]]:
    titles = [one.title for one in report.classes]
    rows: list[list[Any]] = [["map / reference", *titles]]
    rows += [
        [title, *(int(count) for count in line)]
        for title, line in zip(titles, report.matrix, strict=False)
    ]
    return rows


def _scenes(scenes: Sequence[SceneRow]) -> list[list[Any]]:
    rows: list[list[Any]] = [["scene_id", "date", "clear_pct", "selected", "reason"]]
    rows += [[s.scene_id, s.date, s.clear_pct, s.selected, s.reason] for s in scenes]
    return rows


def csv_uri(rows: Sequence[Sequence[Any]]) -> str:
    """A table as a ``data:`` address of a CSV file that spreadsheets open without running it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [[_cell(value) for value in row] for row in rows]
    )
    # The byte order mark tells spreadsheets that it is UTF-8.
    return "data:text/csv;base64," + b64encode(text.getvalue().encode("utf-8-sig")).decode()


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is kept as text."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    if isinstance(value, float) and math.isnan(value):  # cannot be estimated
        return ""
    return value
