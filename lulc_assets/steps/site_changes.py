"""Change and alerts as the map page shows them.

What belongs here: from committed records to layers and tables. What does not: alerts as shapes
(``site_outlines``), pages of change (``change_pages``).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from lulc_assets.core.alerts.pixels import LAYERS as ALERT_LAYERS
from lulc_assets.core.change.layers import LAYERS as CHANGE_LAYERS
from lulc_assets.core.pages.site import SiteAlerts, SiteChange, SiteFile, SiteTransition, SiteYearly
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record, StoredFile
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.steps.change_pages import ChangeRecords
from lulc_assets.steps.page_parts import page_name
from lulc_assets.steps.products import CHANGE_ALERTS, CHANGE_MAP
from lulc_assets.steps.properties import AlertProperties, ChangeProperties
from lulc_assets.steps.workbench import Workbench


def site_file(work: Workbench, entry: StoredFile) -> SiteFile:
    """A file of the store under the address that it has in a site."""
    return SiteFile(work.store.fetch(entry.key, entry.sha256), f"data/{entry.key}")


def committed_changes(work: Workbench, tiles: Sequence[str]) -> list[ChangeRecords]:
    """Where something is known of change: a year may have alerts before it has a map."""
    years = range(FIRST_YEAR, datetime.now(UTC).year + 1)
    keys = [TileYear(tile, year) for tile in tiles for year in years]
    found = (
        ChangeRecords(key, work.find(CHANGE_MAP, key), work.find(CHANGE_ALERTS, key))
        for key in keys
    )
    return [records for records in found if records.shows]


def site_change(work: Workbench, records: ChangeRecords) -> SiteChange:
    """What the page shows of the change of a tile and year."""
    key = records.key
    return SiteChange(
        tile=key.tile,
        year=key.year,
        report=page_name(key, "change_"),
        yearly=None if records.change is None else _yearly(work, key, records.change),
        alerts=None if records.alerts is None else _alerts(work, key, records.alerts),
    )


def _yearly(work: Workbench, key: TileYear, record: Record[ChangeProperties]) -> SiteYearly | None:
    found = record.properties
    if found.reason or found.grid != work.grid(key.tile):
        return None
    pixel_ha = found.grid.pixel_ha
    return SiteYearly(
        {name: site_file(work, record.files[f"{name}.tif"]) for name in CHANGE_LAYERS},
        [
            SiteTransition(
                t.from_class,
                t.to_class,
                {grade: round(pixels * pixel_ha, 4) for grade, pixels in t.pixels.items()},
            )
            for t in found.transitions
        ],
    )


def _alerts(work: Workbench, key: TileYear, record: Record[AlertProperties]) -> SiteAlerts | None:
    found = record.properties
    if found.reason or found.grid != work.grid(key.tile):
        return None
    return SiteAlerts(
        {name: site_file(work, record.files[f"{name}.tif"]) for name in ALERT_LAYERS},
        found.scenes_until,
        found.alerts,
        found.area_ha,
    )
