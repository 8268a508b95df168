"""Areas by district on the pages of regions and on the map page.

What belongs here: rows of the table in words. What does not: areas (``core/accuracy``), files for
download (``core/exporting``), markup.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lulc_assets.core.figures.formats import (
    format_area_estimate,
    format_area_ha,
    format_count,
    format_level,
    format_share,
)
from lulc_assets.core.pages.about import csv_uri
from lulc_assets.core.pages.content import PageZones

if TYPE_CHECKING:  # they load the estimators
    from lulc_assets.core.accuracy.zone_table import ZoneRow
    from lulc_assets.core.accuracy.zones import ZoneAreas

_GEOPACKAGE = "application/geopackage+sqlite3"


def view_zones(zones: PageZones | None) -> dict[str, Any] | None:
    """The section of a region page; None: the project has no districts."""
    if zones is None:
        return None
    estimated = any(one.report.verdict == "estimated" for one in zones.table.areas)
    return {
        "zones": [zone_facts(one) for one in zones.table.areas],
        "notes": list(zones.table.notes),
        "estimated": estimated,
        "level": format_level(zones.table.areas[0].report.level),
    }


def zone_facts(one: "ZoneAreas") -> dict[str, Any]:
    """A district: its name, size, verdict, and a row per class."""
    from lulc_assets.core.accuracy.zone_table import zone_rows

    total = sum(figures.mapped_area_ha for figures in one.report.classes)
    units = format_count(one.report.n_units, "unit")
    estimated = one.report.verdict == "estimated"
    return {
        "name": one.zone,
        "area": format_area_ha(total),
        "said": f"{units} of the sample." if estimated else one.report.verdict_reason,
        "rows": [_row(row, total) for row in zone_rows([one])],
    }


def _row(row: "ZoneRow", total_ha: float) -> dict[str, str]:
    return {
        "title": row.title,
        "color": row.color,
        "mapped": format_area_ha(row.mapped_ha),
        "share": format_share(row.mapped_ha / total_ha),
        "estimated": format_area_estimate(row.area_ha),
    }


def zone_downloads(zones: PageZones | None, stem: str) -> list[dict[str, str]]:
    """The table as CSV, and with outlines as GeoPackage, inside the page."""
    if zones is None:
        return []
    from lulc_assets.core.exporting.zones import zone_frame, zone_package

    frame = zone_frame(zones.table)
    rows: Sequence[Sequence[Any]] = [list(frame.columns), *frame.to_numpy().tolist()]
    package = b64encode(zone_package(zones.shapes, zones.table)).decode()
    return [
        {
            "title": "Districts (CSV)",
            "name": f"districts_{stem}.csv",
            "uri": csv_uri(rows),
        },
        {
            "title": "Districts (GeoPackage)",
            "name": f"districts_{stem}.gpkg",
            "uri": f"data:{_GEOPACKAGE};base64,{package}",
        },
    ]
