"""What each addressee has not been told yet, and the log of what they were.

What belongs here: the difference between alerts as they are and as they were told. What does
not: telling (``delivery``), which alerts concern a zone (``zones``).

The log is a file of JSON lines that only grows. Each line is about one notice to one address:
``sending`` before anything leaves, then ``sent``, ``refused`` (surely not delivered) or
``uncertain`` (no answer came). What is ``sending`` or ``uncertain`` at its end may have
arrived: it is told again, and not as new.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.alerts.zones import AlertZone
from lulc_assets.core.errors import ProductCorrupt

MAYBE_DELIVERED = ("sending", "uncertain", "sent")
STATES = (*MAYBE_DELIVERED, "refused")

_RANKS = {"withdrawn": -1, "rejected": 0, "possible": 1, "likely": 2, "confirmed": 3}


@dataclass(frozen=True)
class Notice:
    """One thing to tell one address.

    Attributes:
        zone: name of the zone.
        channel: ``webhook`` or ``email``.
        address: of the addressee.
        alert_id: of the alert.
        kind: ``new``; ``raised`` or ``lowered`` to another step; ``rejected``; or
            ``withdrawn``: the scenes that showed it are gone, or it became part of another.
        step: what it is now; ``withdrawn`` when it exists no longer.
        was: step that was told last; empty: none.
        number: how many different things were told of the alert before.
        repeat: an earlier try may have arrived.
        properties: of the alert, as in the table.
        geometry: in EPSG:4326; None for a withdrawn alert.
        reason: why it was judged again, for a reader.
    """

    zone: str
    channel: str
    address: str
    alert_id: str
    kind: str
    step: str
    was: str = ""
    number: int = 0
    repeat: bool = False
    properties: dict[str, Any] = field(default_factory=dict)
    geometry: shapely.Geometry | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """The same for each try to tell the same thing."""
        told = (self.zone, self.channel, self.address, self.alert_id, self.step, self.number)
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def feature(self) -> dict[str, Any]:
        """As a GeoJSON feature."""
        geometry = None if self.geometry is None else shapely.geometry.mapping(self.geometry)
        about = {"kind": self.kind, "repeat": self.repeat, "was": self.was, "zone": self.zone}
        if self.reason:
            about["reason"] = self.reason
        properties = {**self.properties, **about, "alert_id": self.alert_id, "step": self.step}
        return {"type": "Feature", "id": self.alert_id, "geometry": geometry,
                "properties": properties}  # fmt: skip


class NoticeLog:
    """The log of what was told.

    Args:
        path: JSON lines; made when the first is written.

    Raises:
        ProductCorrupt: a line that is not the last cannot be read. A broken last line was
            being written when the power failed, and is left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._states: dict[str, str] = {}
        self._told: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        self._whole = sum(map(len, lines))
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                self._take(entry)
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    self._whole -= len(line)
                    break
                raise ProductCorrupt(
                    f"{path}, line {number}: not a line of a log of notices ({error})"
                ) from error

    def state(self, notice: Notice) -> str | None:
        """How the last try to tell a notice ended."""
        return self._states.get(notice.key)

    def told(self, zone: str, channel: str, address: str) -> dict[str, list[str]]:
        """Alert → steps that an address was told, or may have been, in their order."""
        found: dict[str, list[str]] = {}
        for (*whom, alert_id), steps in self._told.items():
            if tuple(whom) == (zone, channel, address):
                arrived = [step for key, step in steps if self._states[key] in MAYBE_DELIVERED]
                if arrived:
                    found[alert_id] = arrived
        return found

    def settled(self, zone: str, channel: str, address: str, alert_id: str) -> bool:
        """Whether the last thing told of an alert has surely arrived."""
        steps = self._told[zone, channel, address, alert_id]
        return self._states[steps[-1][0]] == "sent"

    def append(self, notices: Iterable[Notice], state: str, scene_date: str) -> None:
        """Write a line for each notice, safe on disk when this returns."""
        with self.path.open("a", encoding="utf-8") as log:
            if log.tell() > self._whole:
                log.truncate(self._whole)
            if self._whole and not self._ends_with_newline():
                log.write("\n")
            for notice in notices:
                entry = {
                    "key": notice.key, "state": state, "zone": notice.zone,
                    "channel": notice.channel, "address": notice.address,
                    "alert_id": notice.alert_id, "step": notice.step, "kind": notice.kind,
                    "scenes_until": scene_date,
                }  # fmt: skip
                log.write(json.dumps(entry, sort_keys=True) + "\n")
                self._take(entry)
            log.flush()
            os.fsync(log.fileno())
            self._whole = log.tell()

    def _ends_with_newline(self) -> bool:
        with self.path.open("rb") as log:
            log.seek(-1, os.SEEK_END)
            return log.read(1) == b"\n"

    def _take(self, entry: dict[str, Any]) -> None:
        key, state = entry["key"], entry["state"]
        if state not in STATES:
            raise ValueError(f"state {state!r} is not known")
        whom = (entry["zone"], entry["channel"], entry["address"], entry["alert_id"])
        steps = self._told.setdefault(whom, [])
        if all(known != key for known, _ in steps):
            steps.append((key, entry["step"]))
        # Nothing takes back that it has arrived, not even a later refusal.
        if self._states.get(key) != "sent":
            self._states[key] = state


def due_notices(
    alerts: gpd.GeoDataFrame,
    zones: Sequence[AlertZone],
    log: NoticeLog,
    *,
    key: str,
    reason: str = "",
) -> list[Notice]:
    """What is to be told now: nothing that was, and nothing of which nobody was told.

    An alert is told first when it reaches the zone's step; from then on each further step,
    its rejection and its end.

    Args:
        alerts: see ``polygons.alert_polygons``.
        zones: with their addressees.
        log: of what was told.
        key: tile and year of the alerts, which their ids begin with.
        reason: why former alerts were judged again: "scene … was withdrawn".
    """
    found: list[Notice] = []
    everywhere = alerts.to_crs(4326).set_index("alert_id")
    for zone in zones:
        concerned = zone.concerned(alerts).set_index("alert_id")
        for channel, address in zone.addresses:
            told = log.told(zone.name, channel, address)
            for alert_id in sorted({*concerned.index, *told}):
                if not alert_id.startswith(f"{key}-"):
                    continue
                before = told.get(alert_id, [])
                step = _step_now(alert_id, concerned, everywhere)
                settled = bool(before) and log.settled(zone.name, channel, address, alert_id)
                if before and before[-1] == step and settled:
                    continue
                repeat = bool(before) and before[-1] == step
                earlier = before[:-1] if repeat else before
                if not earlier and _RANKS[step] < zone.min_step:
                    continue
                found.append(
                    Notice(
                        zone=zone.name,
                        channel=channel,
                        address=address,
                        alert_id=alert_id,
                        kind=_kind(step, earlier),
                        step=step,
                        was=earlier[-1] if earlier else "",
                        number=len(earlier),
                        repeat=repeat,
                        properties=_properties(alert_id, concerned, everywhere),
                        geometry=everywhere.geometry.get(alert_id),
                        reason=reason if _kind(step, earlier) not in ("new", "raised") else "",
                    )
                )
    return found


def _step_now(alert_id: str, concerned: gpd.GeoDataFrame, everywhere: gpd.GeoDataFrame) -> str:
    for table in (concerned, everywhere):
        if alert_id in table.index:
            return str(table.at[alert_id, "step"])
    return "withdrawn"


def _kind(step: str, earlier: Sequence[str]) -> str:
    if step in ("rejected", "withdrawn"):
        return step
    if not earlier or _RANKS[earlier[-1]] <= Step.NONE:
        return "new" if not earlier else "raised"
    return "raised" if _RANKS[step] > _RANKS[earlier[-1]] else "lowered"


def _properties(
    alert_id: str, concerned: gpd.GeoDataFrame, everywhere: gpd.GeoDataFrame
) -> dict[str, Any]:
    for table in (concerned, everywhere):
        if alert_id in table.index:
            row = table.drop(columns="geometry").loc[alert_id].to_dict()
            return {name: plain_value(value) for name, value in row.items()}
    return {}


def plain_value(value: Any) -> Any:
    """A value of a table as JSON has it."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
