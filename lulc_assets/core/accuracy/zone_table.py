"""Areas by zone as a table: one row per zone and class, stored with the reports behind it.

What belongs here: rows, and the JSON that a product keeps. What does not: finding the areas
(``zones.py``), printing (``commands``), pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.accuracy.zones import ZoneAreas
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.estimation.estimate import Estimate


@dataclass(frozen=True)
class ZoneRow:
    """A class in a zone.

    Attributes:
        zone: name.
        cross: value of the crossing layer, or None.
        class_name: of the legend.
        title: printed name of the class.
        color: ``#rrggbb``.
        mapped_ha: counted on the map.
        area_ha: estimated from the sample; None where the zone holds too few units.
        units: of the sample in the zone.
        verdict: of the zone, see ``AccuracyReport``.
    """

    zone: str
    cross: int | None
    class_name: str
    title: str
    color: str
    mapped_ha: float
    area_ha: Estimate | None
    units: int
    verdict: str


def zone_rows(areas: Sequence[ZoneAreas]) -> Iterator[ZoneRow]:
    """A row per class that a zone shows or may hold."""
    for one in areas:
        for figures in one.report.classes:
            area = figures.area_ha
            if figures.mapped_area_ha == 0 and (area is None or not area.value):
                continue
            yield ZoneRow(
                one.zone,
                one.cross,
                figures.name,
                figures.title,
                figures.color,
                figures.mapped_area_ha,
                area,
                one.report.n_units,
                one.report.verdict,
            )


@dataclass(frozen=True)
class ZoneTable:
    """Areas of all zones of a region, and what was said about zones that lack some."""

    areas: tuple[ZoneAreas, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; :meth:`from_dict` reverses it."""
        return {
            "zones": [
                {"zone": one.zone, "cross": one.cross, "report": one.report.to_dict()}
                for one in self.areas
            ],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ZoneTable":
        """Rebuild from :meth:`to_dict`.

        Raises:
            InvalidProduct: a field is missing.
        """
        try:
            areas = tuple(
                ZoneAreas(row["zone"], row["cross"], AccuracyReport.from_dict(row["report"]))
                for row in data["zones"]
            )
            return cls(areas, tuple(data["notes"]))
        except KeyError as error:
            raise InvalidProduct(
                f"areas by zone lack {error}: materialize region_report again"
            ) from error
