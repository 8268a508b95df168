"""Telling addressees: files for each zone, and webhooks posted with retries.

What belongs here: what leaves the house, and in which order it is logged. What does not:
what there is to tell (``notices``).

A receiver is told of an alert as new once. Before a post its notices are logged as
``sending``; a post that surely failed (a refusal, 429 among them) is logged as such and may be
told as new again; one of which nobody knows (no answer, 5xx) is told again as a repeat, with
the same ``Idempotency-Key``.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from itertools import groupby
from pathlib import Path

import requests
import stamina

from lulc_assets.core.alerts.notices import Notice, NoticeLog
from lulc_assets.core.alerts.zones import slug_of
from lulc_assets.core.errors import AlertsNotDelivered, HrefRefused
from lulc_assets.core.imagery.href import shown
from lulc_assets.core.imagery.session import GuardedSession
from lulc_assets.core.whole_files import whole_file

ATTEMPTS = 5
WAIT_FIRST_S = 1.0
WAIT_MAX_S = 60.0
LONGEST_RETRY_AFTER_S = 120.0
"""A receiver that asks to wait longer is tried again with the next scene."""
TIMEOUT_S = 20.0

_TOO_MANY = 429


@dataclass(frozen=True)
class Delivery:
    """What became of the notices.

    Attributes:
        sent: notices that arrived or lie in their file.
        failed: address → why its notices did not arrive.
        files: that were written.
    """

    sent: tuple[Notice, ...]
    failed: dict[str, str]
    files: tuple[Path, ...]


class _TryAgain(Exception):
    """A post that may succeed later."""

    def __init__(self, message: str, *, uncertain: bool, after_s: float | None = None):
        super().__init__(message)
        self.uncertain, self.after_s = uncertain, after_s


def deliver(
    notices: Sequence[Notice],
    log: NoticeLog,
    outbox: Path,
    *,
    scene_date: str,
    private_network: bool = False,
    post: bool = True,
) -> Delivery:
    """Write the files of each zone, post to its webhook, and log both.

    Args:
        notices: see ``notices.due_notices``.
        log: is written before and after each post.
        outbox: gets ``<zone>/<key>.json`` for webhooks and ``<zone>/<key>.eml`` for e-mail.
        scene_date: last date of the alerts, for the log.
        private_network: whether a webhook may have a private address.
        post: whether webhooks are posted to; without it their files alone are written, which
            somebody else delivers.

    Returns:
        What was sent and what was not; a receiver that fails stops no other.
    """
    sent: list[Notice] = []
    failed: dict[str, str] = {}
    files: list[Path] = []
    ordered = sorted(notices, key=_whom)
    for (zone, channel, address), group in groupby(ordered, key=_whom):
        batch = tuple(group)
        folder = outbox / slug_of(zone)
        folder.mkdir(parents=True, exist_ok=True)
        files.append(_write(batch, folder, channel))
        log.append(batch, "sending", scene_date)
        if channel == "webhook" and post:
            try:
                _post(batch, address, log, scene_date, private_network)
            except AlertsNotDelivered as error:
                failed[address] = str(error)
                continue
        log.append(batch, "sent", scene_date)
        sent += batch
    return Delivery(tuple(sent), failed, tuple(files))


def batch_key(batch: Sequence[Notice]) -> str:
    """The same for each try to deliver the same notices."""
    return hashlib.sha256("".join(notice.key for notice in batch).encode()).hexdigest()


def _whom(notice: Notice) -> tuple[str, str, str]:
    return notice.zone, notice.channel, notice.address


def _body(batch: Sequence[Notice]) -> dict[str, object]:
    return {
        "type": "FeatureCollection",
        "zone": batch[0].zone,
        "features": [notice.feature() for notice in batch],
    }


def _write(batch: Sequence[Notice], folder: Path, channel: str) -> Path:
    name = batch_key(batch)[:16]
    if channel == "webhook":
        path = folder / f"{name}.json"
        text = json.dumps(_body(batch), sort_keys=True, indent=1)
        with whole_file(path) as part:
            part.write_text(text, encoding="utf-8")
        return path
    path = folder / f"{name}.eml"
    with whole_file(path) as part:
        part.write_bytes(_message(batch).as_bytes(policy=SMTP))
    return path


def _message(batch: Sequence[Notice]) -> EmailMessage:
    """A message that any mail program can send; one line an alert."""
    message = EmailMessage()
    message["To"] = batch[0].address
    message["Subject"] = f"Land-cover alerts in {batch[0].zone}: {len(batch)}"
    message["X-Idempotency-Key"] = batch_key(batch)
    lines = []
    for notice in batch:
        about = notice.properties
        change = f"{about.get('from_class', '?')} to {about.get('to_class', '?')}"
        area = f"{about.get('area_ha', 0):.2f} ha" if about else "no longer shown"
        again = " (repeat)" if notice.repeat else ""
        why = f"; {notice.reason}" if notice.reason else ""
        lines.append(
            f"{notice.kind}{again}: {notice.alert_id}, {notice.step}, {change}, {area}{why}"
        )
    message.set_content("\n".join(lines) + "\n")
    message.add_attachment(
        json.dumps(_body(batch), sort_keys=True).encode(),
        maintype="application",
        subtype="geo+json",
        filename="alerts.geojson",
    )
    return message


def _post(
    batch: Sequence[Notice], address: str, log: NoticeLog, scene_date: str, private: bool
) -> None:
    """Post until it is accepted.

    Raises:
        AlertsNotDelivered: it was not; the log says whether it may have arrived.
    """
    tried = list(batch)
    try:
        with GuardedSession(allow_private=private) as session:
            for attempt in stamina.retry_context(
                on=_backoff, attempts=ATTEMPTS, timeout=None, wait_initial=WAIT_FIRST_S,
                wait_max=WAIT_MAX_S, wait_jitter=WAIT_FIRST_S,
            ):  # fmt: skip
                with attempt:
                    try:
                        _once(session, tried, address, batch_key(batch))
                    except _TryAgain as error:
                        if error.uncertain:
                            log.append(batch, "uncertain", scene_date)
                            tried = [replace(notice, repeat=True) for notice in tried]
                        else:
                            _log_refused(tried, log, scene_date)
                        raise
    except _TryAgain as error:
        raise AlertsNotDelivered(
            f"webhook {shown(address)} of zone {batch[0].zone}: {error}; tried {ATTEMPTS} times. "
            "Its alerts are sent again with the next scene"
        ) from error


def _log_refused(tried: Sequence[Notice], log: NoticeLog, scene_date: str) -> None:
    """What no try before may have brought is known not to have arrived."""
    log.append([notice for notice in tried if not notice.repeat], "refused", scene_date)


def _once(session: requests.Session, batch: Sequence[Notice], address: str, key: str) -> None:
    headers = {"Idempotency-Key": key, "Content-Type": "application/geo+json"}
    body = json.dumps(_body(batch), sort_keys=True).encode()
    try:
        answer = session.post(
            address, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except HrefRefused as error:
        raise _TryAgain(str(error), uncertain=False, after_s=float("inf")) from error
    except requests.ConnectTimeout as error:
        raise _TryAgain("no connection within the time limit", uncertain=False) from error
    except requests.RequestException as error:
        raise _TryAgain(
            f"the connection failed ({type(error).__name__})", uncertain=True
        ) from error
    if answer.ok and not answer.is_redirect:
        return
    code = answer.status_code
    if code == _TOO_MANY:
        raise _TryAgain("it answers HTTP 429", uncertain=False, after_s=_retry_after(answer))
    if code >= requests.codes.server_error:
        raise _TryAgain(f"it answers HTTP {code}", uncertain=True, after_s=_retry_after(answer))
    raise _TryAgain(f"it answers HTTP {code}", uncertain=False, after_s=float("inf"))


def _retry_after(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _backoff(error: Exception) -> bool | float:
    """Whether, and if the receiver says so after how long, a post is repeated."""
    if not isinstance(error, _TryAgain):
        return False
    if error.after_s is None:
        return True
    return error.after_s if error.after_s <= LONGEST_RETRY_AFTER_S else False
