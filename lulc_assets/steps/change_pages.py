"""The page of change of a tile × year, taken from committed records.

What belongs here: records → the content of the page. What does not: which pages there are
(``pages``), markup and wording (``core/pages/change_page``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lulc_assets.core.pages.change_page import ChangePage, ChangeRow, YearlyChange, YearOfAlerts
from lulc_assets.core.pages.content import Link, PageFigure
from lulc_assets.core.pages.rendering import render_change_page
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.alerts import read_alert_table
from lulc_assets.steps.products import CHANGE_ALERTS, CHANGE_MAP
from lulc_assets.steps.properties import AlertProperties, ChangeProperties, PagesProperties
from lulc_assets.steps.workbench import Step, Workbench

_CHANGE_CAPTION = (
    "Full colours: what ground has become, where the dates of both years show it. Pale: the map "
    "of the year before."
)
_TRANSITIONS_CAPTION = (
    "Maps also differ where one of them is wrong; the dark parts are what the dates show."
)
_ALERTS_CAPTION = (
    "Possible, likely and confirmed change since last year’s map, by the scenes so far; blue is "
    "what was rejected again."
)


@dataclass(frozen=True)
class ChangeRecords:
    """The records behind a page of change; at least one of them has something to show."""

    key: TileYear
    change: Record[ChangeProperties] | None
    alerts: Record[AlertProperties] | None

    @property
    def shows(self) -> bool:
        """Whether there is anything but statements."""
        return any(r is not None and not r.properties.reason for r in (self.change, self.alerts))


def changes_of(
    step: Step[Whole, PagesProperties], tiles: Iterable[TileYear]
) -> dict[TileYear, ChangeRecords]:
    """Where something is known of change; every record that is there is an input of the pages."""
    found = {
        key: ChangeRecords(key, step.find(CHANGE_MAP, key), step.find(CHANGE_ALERTS, key))
        for key in tiles
    }
    return {key: records for key, records in found.items() if records.shows}


def change_page(work: Workbench, records: ChangeRecords, links: Sequence[Link]) -> str:
    """The HTML of the change of a tile × year."""
    key = records.key
    return render_change_page(
        ChangePage(
            tile=key.tile,
            year=key.year,
            place=work.project.tiles[key.tile].place,
            legend=work.legend,
            figures=_figures(work, records),
            change=None if records.change is None else _yearly(work, records.change),
            alerts=None if records.alerts is None else _alerts(work, records.alerts),
            statements=[
                f"{what}: {record.properties.reason}."
                for what, record in (("Change map", records.change), ("Alerts", records.alerts))
                if record is not None and record.properties.reason
            ],
            provenance={
                name: digest
                for record in (records.change, records.alerts)
                if record is not None
                for name, digest in {record.product: record.digest, **record.inputs}.items()
            },
            links=links,
            attribution=work.project.attribution,
        )
    )


def _figures(work: Workbench, records: ChangeRecords) -> list[PageFigure]:
    shown = (
        (records.change, "change.png", "What changed", _CHANGE_CAPTION),
        (records.change, "transitions.png", "From what to what", _TRANSITIONS_CAPTION),
        (records.alerts, "alerts.png", "Alerts", _ALERTS_CAPTION),
    )
    return [
        PageFigure(title, work.open(record, name).read_bytes(), caption)
        for record, name, title, caption in shown
        if record is not None and name in record.files
    ]


def _yearly(work: Workbench, record: Record[ChangeProperties]) -> YearlyChange | None:
    found = record.properties
    if found.reason:
        return None
    titles = {known.name: known.title for known in work.legend.classes}
    return YearlyChange(
        grades=found.grades,
        differing_pixels=found.differing_pixels,
        transitions=[
            ChangeRow(f"{titles[t.from_class]} → {titles[t.to_class]}", t.pixels)
            for t in found.transitions
        ],
        stories=found.stories,
        permanence=found.permanence,
        pixel_ha=found.grid.pixel_ha,
        dates=found.dates,
    )


def _alerts(work: Workbench, record: Record[AlertProperties]) -> YearOfAlerts | None:
    table, found = read_alert_table(work, record), record.properties
    if table is None:
        return None
    return YearOfAlerts(table, found.scenes_until, found.dates, found.withdrawn_scenes)
