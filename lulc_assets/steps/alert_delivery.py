"""Telling addressees of a committed year of alerts.

What belongs here: from a record, the project's zones and the log to messages sent. What does not:
what is due and how it is sent (``core/alerts``). Nothing is committed: what was told is kept in
the log, in the project's folder, whatever becomes of the store.
"""

from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.alerts.delivery import Delivery, deliver
from lulc_assets.core.alerts.notices import Notice, NoticeLog, due_notices
from lulc_assets.core.alerts.zones import AlertZone, read_alert_zones
from lulc_assets.core.errors import InvalidZones
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.alerts import read_alert_table
from lulc_assets.steps.properties import AlertProperties
from lulc_assets.steps.workbench import Workbench

LOG = "log.jsonl"
OUTBOX = "outbox"


@dataclass(frozen=True)
class Told:
    """What was due, and what became of it.

    Attributes:
        due: notices.
        delivery: None when it was only looked at.
    """

    due: tuple[Notice, ...]
    delivery: Delivery | None


def zones_of(work: Workbench) -> tuple[AlertZone, ...]:
    """The zones of the project; empty where it has none.

    Raises:
        InvalidZones, MissingCrs: see ``core/alerts/zones``.
    """
    section = work.project.delivery
    if not section.zones:
        return ()
    path = Path(work.project.path_of(section.zones))
    return read_alert_zones(path, section.layer, work.legend)


def tell(
    work: Workbench, key: TileYear, record: Record[AlertProperties], *, look_only: bool = False
) -> Told:
    """Tell everybody what they were not told yet.

    Args:
        work: whose project has the zones.
        key: of the alerts.
        record: of them.
        look_only: say what is due, write and send nothing.

    Raises:
        InvalidZones: the project has no zones, or the file of zones is wrong.
        ProductCorrupt: the log cannot be read.
    """
    section = work.project.delivery
    zones = zones_of(work)
    if not zones:
        raise InvalidZones(
            "no receiver of alerts is named: name a file of zones in the project file, [delivery] "
            'zones = "zones.gpkg"'
        )
    alerts = read_alert_table(work, record)
    if alerts is None:
        return Told((), None)
    folder = Path(work.project.path_of(section.folder))
    if not look_only:
        folder.mkdir(parents=True, exist_ok=True)
    log = NoticeLog(folder / LOG)
    gone = record.properties.withdrawn_scenes
    reason = f"judged again without withdrawn scenes {', '.join(gone)}" if gone else ""
    prefix = f"{key.tile}-{key.year}"
    due = tuple(due_notices(alerts, zones, log, key=prefix, reason=reason))
    if look_only:
        return Told(due, None)
    sent = deliver(
        due,
        log,
        folder / OUTBOX,
        scene_date=record.properties.scenes_until,
        private_network=section.private_network,
        post=section.post,
    )
    return Told(due, sent)
