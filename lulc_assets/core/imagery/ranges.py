"""One byte range of a remote file: from an HTTP server or an S3 bucket.

What belongs here: the request, what makes its answer count, and what is tried again. What
does not: caching and merging of ranges (``remote``).
"""

import atexit
import os
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import stamina
import urllib3.exceptions

from lulc_assets.core.errors import HrefRefused, ImageryUnreachable, UnreadableRaster
from lulc_assets.core.imagery.href import redacted, shown
from lulc_assets.core.imagery.session import GuardedSession
from lulc_assets.core.imagery.signing import Signer

ATTEMPTS = 5
"""Requests for one range before it is given up; a scene fails with its first range."""

WAIT_FIRST_S, WAIT_MAX_S = 0.5, 20.0
LONGEST_RETRY_AFTER_S = 60.0
"""A server that asks to wait longer is not waited for."""

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 15, 30
REQUEST_LIMIT_S = 120.0
"""For one answer as a whole: a server that drips bytes never runs into the read timeout."""

TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
GONE = (404, 410, 416)
"""Answers that say something of the file; every other refusal says something of the server."""

_HEADERS = {"User-Agent": "lulc-assets", "Accept-Encoding": "identity", "Accept": "*/*"}
_PIECE_BYTES = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class RangeSource(Protocol):
    """A file of which ranges can be had.

    Attributes:
        name: scene and place, for messages.
    """

    name: str

    @property
    def size(self) -> int:
        """Bytes of the whole file; known after the first fetch."""

    def fetch(self, start: int, stop: int) -> bytes:
        """Bytes ``start`` to ``stop``, fewer only at the end of the file.

        Raises:
            SceneError: they cannot be had; the message names the scene.
        """


class _TryAgain(Exception):
    """A failure that may pass, and how long the server asks to wait for it."""

    def __init__(self, message: str, after_s: float | None = None):
        super().__init__(message)
        self.after_s = after_s


class HttpRanges:
    """Ranges of a file on an HTTP server."""

    def __init__(self, href: str, scene_id: str, *, private: bool, signer: Signer | None = None):
        """Nothing is asked yet.

        Args:
            href: unsigned URL.
            scene_id: for messages.
            private: whether the host may have a private address.
            signer: asked for a signature before each request.
        """
        self._href = href
        self.name = f"scene {scene_id}: {shown(href)}"
        self._private = private
        self._signer = signer
        self.size = 0
        self._version: tuple[int, str] | None = None
        self._environment: dict[str, Any] | None = None

    def fetch(self, start: int, stop: int) -> bytes:
        """See :class:`RangeSource`."""
        try:
            for attempt in stamina.retry_context(
                on=_backoff,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=WAIT_FIRST_S,
                wait_max=WAIT_MAX_S,
                wait_jitter=WAIT_FIRST_S,
            ):
                with attempt:
                    return self._once(start, stop)
        except _TryAgain as error:
            raise ImageryUnreachable(f"{self.name}: {error}; given up") from error
        raise AssertionError("unreachable: retries end with an error")

    def _once(self, start: int, stop: int) -> bytes:
        href = self._signer.sign(self._href) if self._signer else self._href
        # Prepared by hand: a session would look for proxies and ~/.netrc at every request,
        # which costs more than the request on a near server, and no credentials of the user
        # are any business of a catalogue's host.
        headers = {**_HEADERS, "Range": f"bytes={start}-{stop - 1}"}
        prepared = requests.Request("GET", href, headers=headers).prepare()
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        try:
            with _session(self._private).send(
                prepared, stream=True, timeout=timeout, **self._proxies()
            ) as answer:
                if self._is_whole_file(answer, start, stop):
                    return self._accept(answer, 0, stop)
                self._require_partial(answer)
                return self._body(answer, start, stop)
        except HrefRefused as error:
            raise HrefRefused(f"{self.name}: {error}") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The message of a connection error may hold the signed URL: only its class is told.
            raise _TryAgain(f"the connection failed ({type(error).__name__})") from error

    def _proxies(self) -> dict[str, Any]:
        """Proxy and certificate settings of the environment, looked up once per file."""
        if self._environment is None:
            session = _session(self._private)
            found = session.merge_environment_settings(self._href, {}, True, None, None)
            self._environment = {
                "proxies": found["proxies"], "verify": found["verify"], "cert": found["cert"]
            }  # fmt: skip
        return self._environment

    def _require_partial(self, answer: requests.Response) -> None:
        code = answer.status_code
        if code in (401, 403) and self._signer is not None:
            self._signer.forget(self._href)
            raise _TryAgain(f"the signature was refused (HTTP {code})")
        if code in TRANSIENT:
            raise _TryAgain(f"the server answers HTTP {code}", _retry_after(answer))
        if code == requests.codes.ok:
            raise UnreadableRaster(f"{self.name}: the server ignores byte ranges")
        if code in GONE:
            raise UnreadableRaster(f"{self.name}: the server answers HTTP {code}")
        if code != requests.codes.partial:
            raise ImageryUnreachable(f"{self.name}: the server answers HTTP {code}")

    def _body(self, answer: requests.Response, start: int, stop: int) -> bytes:
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        if match is None:
            raise _TryAgain("the server does not say which range it sends")
        first, last, size = (int(part) for part in match.groups())
        if (first, last) != (start, min(stop, size) - 1):
            raise _TryAgain(f"bytes {start}-{stop - 1} were asked for, {first}-{last} are sent")
        return self._accept(answer, size, last - first + 1)

    def _is_whole_file(self, answer: requests.Response, start: int, stop: int) -> bool:
        # A file that is shorter than the first range may come whole (RFC 9110, 14.2).
        length = answer.headers.get("Content-Length", "")
        whole = answer.status_code == requests.codes.ok and start == 0
        return whole and length.isdigit() and 0 < int(length) <= stop

    def _accept(self, answer: requests.Response, size: int, count: int) -> bytes:
        """The body, if it has ``count`` bytes; a whole file (size 0) says its own length."""
        if not size:
            size = count = int(answer.headers["Content-Length"])
        version = size, answer.headers.get("ETag", "")
        if self._version is None:
            self._version, self.size = version, size
        elif self._version != version:
            raise ImageryUnreachable(f"{self.name}: the file was replaced while it was being read")
        data = _read(answer, count + 1)
        if len(data) != count:
            arrived = len(data) if len(data) < count else "more"
            raise _TryAgain(f"{count} bytes are promised, {arrived} arrived")
        return data


class S3Ranges:
    """Ranges of an object in an S3 bucket, through obstore.

    Credentials come from where boto3 finds them (environment, profile, instance); without
    any, requests are not signed. The region comes from ``AWS_REGION`` or the profile.
    """

    def __init__(self, href: str, scene_id: str, *, endpoint: str = ""):
        """Nothing is asked yet.

        Raises:
            HrefRefused: the bucket's name is none.
        """
        from obstore.store import S3Store  # only where S3 is used

        parts = urlsplit(href)
        if not _BUCKET.fullmatch(parts.netloc):
            raise HrefRefused(f"scene {scene_id}: {href!r} names no S3 bucket")
        self.name = f"scene {scene_id}: {href}"
        self._key = parts.path.lstrip("/")
        options: Any = {"virtual_hosted_style_request": False}
        if endpoint:
            options["endpoint"] = endpoint
        self._store = S3Store(
            parts.netloc,
            config=options,
            client_options={"allow_http": True, "timeout": f"{int(REQUEST_LIMIT_S)}s"},
            retry_config={"max_retries": ATTEMPTS - 1},
            **_s3_credentials(),
        )
        self.size = 0

    def fetch(self, start: int, stop: int) -> bytes:
        """See :class:`RangeSource`."""
        from obstore.exceptions import BaseError, NotFoundError  # only where S3 is used

        try:
            if not self.size:
                self.size = int(self._store.head(self._key)["size"])
            stop = min(stop, self.size)
            data = bytes(self._store.get_range(self._key, start=start, end=stop))
        except (BaseError, OSError) as error:
            reason = redacted(str(error).splitlines()[0])[:200]
            is_gone = isinstance(error, NotFoundError | FileNotFoundError)
            kind = UnreadableRaster if is_gone else ImageryUnreachable
            raise kind(f"{self.name}: {type(error).__name__}: {reason}") from error
        if len(data) != stop - start:
            raise ImageryUnreachable(
                f"{self.name}: {stop - start} bytes were asked for, {len(data)} arrived"
            )
        return data


@lru_cache(maxsize=1)
def _s3_credentials() -> dict[str, Any]:
    from boto3.session import Session  # only where S3 is used
    from obstore.auth.boto3 import Boto3CredentialProvider

    session = Session()
    if session.get_credentials() is None:
        return {"skip_signature": True}
    return {"credential_provider": Boto3CredentialProvider(session)}


def _read(answer: requests.Response, most: int) -> bytes:
    """The body up to ``most`` bytes; urllib3 raises where it is shorter than its length."""
    ends_at = time.monotonic() + REQUEST_LIMIT_S
    pieces, left = [], most
    while left and (piece := answer.raw.read(min(_PIECE_BYTES, left), decode_content=False)):
        pieces.append(piece)
        left -= len(piece)
        if time.monotonic() > ends_at:
            raise _TryAgain(f"the answer takes longer than {REQUEST_LIMIT_S:g} s")
    return b"".join(pieces)


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds that the server asks to wait (a number or a date), None where it does not."""
    text = answer.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        moment = None if text.isdigit() else parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return float(text)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _backoff(error: Exception) -> bool | float:
    """Whether, and if the server says so after how long, an attempt is repeated."""
    if not isinstance(error, _TryAgain):
        return False
    if error.after_s is None:
        return True
    return error.after_s if error.after_s <= LONGEST_RETRY_AFTER_S else False


@lru_cache(maxsize=2)
def _session(private: bool) -> GuardedSession:
    """The process' session: connections are kept open between ranges, files and scenes."""
    session = GuardedSession(allow_private=private)
    atexit.register(session.close)
    return session


os.register_at_fork(after_in_child=_session.cache_clear)
os.register_at_fork(after_in_child=_s3_credentials.cache_clear)
