"""Zones and their addressees: who is told of which alerts.

What belongs here: reading and checking zones, which alerts concern one. What does not: what
was told before (``notices``), telling (``delivery``).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Transformer

from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.errors import InvalidZones, MissingCrs
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.tables.vector_file import read_vector

STEPS = ("possible", "likely", "confirmed")
_MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class AlertZone:
    """A zone and who wants to know of alerts in it.

    Attributes:
        name: unique.
        geometry: polygonal, in EPSG:4326.
        webhook: ``http`` or ``https`` address that a notice is posted to; empty: none.
        email: address that a message is written for; empty: none.
        min_step: alerts are told from this step on.
        min_area_ha: of an alert inside the zone.
        to_classes: names of classes whose gain is told; empty: all.
    """

    name: str
    geometry: shapely.Geometry
    webhook: str = ""
    email: str = ""
    min_step: Step = Step.CONFIRMED
    min_area_ha: float = 0.0
    to_classes: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """Channel and address of each addressee."""
        given = (("webhook", self.webhook), ("email", self.email))
        return tuple((channel, address) for channel, address in given if address)

    @property
    def slug(self) -> str:
        """The name as part of file names."""
        return slug_of(self.name)

    def concerned(self, alerts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """The alerts that lie in the zone with at least ``min_area_ha``, whatever their step.

        A column ``zone_ha`` says how much of each lies in it.
        """
        forward = Transformer.from_crs(4326, alerts.crs, always_xy=True).transform
        here = shapely.transform(self.geometry, forward, interleaved=False)
        hit = alerts[alerts.intersects(here)]
        inside = hit.geometry.intersection(here).area / hit.geometry.area * hit["area_ha"]
        hit = hit.assign(zone_ha=inside.round(4))
        kept = hit["zone_ha"] >= max(self.min_area_ha, 1e-4)
        if self.to_classes:
            kept &= hit["to_class"].isin(self.to_classes)
        return hit[kept]


def slug_of(name: str) -> str:
    """A zone's name as part of file names: any name, no path."""
    return _SLUG.sub("-", name.lower()).strip("-") or "zone"


def read_alert_zones(
    path: Path, layer: str | None = None, legend: Legend = KARRA_10
) -> tuple[AlertZone, ...]:
    """Read zones with their addressees.

    Args:
        path: any vector file that GDAL reads, or GeoParquet, with the columns ``name``,
            ``webhook`` and ``email`` (one of them filled), and if need be ``min_step``,
            ``min_area_ha`` and ``to_classes`` (names with commas between).
        layer: of a file with several.
        legend: whose classes may be named.

    Raises:
        InvalidZones: no zone, a name twice or missing, a zone without an address, an address
            that is none, no polygon, or a value that is not known; names the zone.
        MissingCrs: the file does not say its coordinate reference system.
    """
    frame = read_vector(path, layer, InvalidZones)
    if frame.crs is None:
        raise MissingCrs(f"{path}: zones without a coordinate reference system")
    if "name" not in frame.columns or frame.empty:
        raise InvalidZones(f"{path}: zones of alerts need a column name and at least one row")
    frame = frame.to_crs(4326)
    zones = tuple(
        _zone(path, number, row, legend) for number, row in enumerate(frame.itertuples(), 1)
    )
    slugs = [zone.slug for zone in zones]
    for zone in zones:
        if slugs.count(zone.slug) > 1:
            raise InvalidZones(
                f"{path}: zone {zone.name!r} is named twice, or differs from another only in "
                f"signs "
                f"(files of both would be called {zone.slug})"
            )
    return zones


def _zone(path: Path, number: int, row: object, legend: Legend) -> AlertZone:
    name = _text(row, "name")
    if not name:
        raise InvalidZones(f"{path}: zone {number} has no name")
    where = f"{path}: zone {name!r}"
    geometry = getattr(row, "geometry", None)
    if geometry is None or geometry.is_empty or geometry.geom_type not in (
        "Polygon", "MultiPolygon"
    ):  # fmt: skip
        raise InvalidZones(f"{where} is not a polygon")
    if not geometry.is_valid:
        raise InvalidZones(f"{where}: {shapely.is_valid_reason(geometry)}; repair its outline")
    webhook, email = _text(row, "webhook"), _text(row, "email")
    if not webhook and not email:
        raise InvalidZones(
            f"{where} has no address: fill its column webhook or email, or remove the zone"
        )
    if webhook and not _is_web_address(webhook):
        raise InvalidZones(f"{where}: webhook {webhook!r} is not an http or https address")
    if email and not _MAIL.fullmatch(email):
        raise InvalidZones(f"{where}: email {email!r} is not an e-mail address")
    step = _text(row, "min_step") or "confirmed"
    if step not in STEPS:
        raise InvalidZones(f"{where}: min_step {step!r} is not one of {', '.join(STEPS)}")
    names = tuple(n.strip() for n in _text(row, "to_classes").split(",") if n.strip())
    unknown = [n for n in names if n not in legend.names]
    if unknown:
        raise InvalidZones(
            f"{where}: to_classes {', '.join(unknown)} not in the legend "
            f"({', '.join(legend.names)})"
        )
    area = _text(row, "min_area_ha") or "0"
    try:
        least = float(area)
    except ValueError as error:
        raise InvalidZones(f"{where}: min_area_ha {area!r} is not a number") from error
    return AlertZone(name, geometry, webhook, email, Step[step.upper()], least, names)


def _text(row: object, column: str) -> str:
    value = getattr(row, column, None)
    return "" if value is None or pd.isna(value) else str(value).strip()


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False
