"""HTTP sessions that go only where they may: checked after resolution, no foreign redirect.

What belongs here: the guard between a URL that somebody else wrote and the network. What
does not: which URLs may be written (``href``), or what is fetched (``remote``, catalogue).

A name that looks public may resolve to a private address, and may do so only the second
time it is asked. So the address is checked on the connected socket, before the first byte
is sent. Behind a proxy the proxy connects; then the name is resolved here beforehand.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection

from lulc_assets.core.errors import HrefRefused
from lulc_assets.core.imagery.href import shown

NO_RETRY = Retry(0, read=False)
"""For callers that retry by themselves."""

POOL_SIZE = 16
"""Connections to one host that are kept open."""

MOST_DOCUMENT_BYTES = 64 * 2**20
"""Longest document that is read, unpacked; a page of 200 items has up to 15 MB."""

DOCUMENT_LIMIT_S = 300.0
"""For one document as a whole: a server that drips bytes never runs into a read timeout."""

_PIECE_BYTES = 1 << 16

_Check = Callable[[str, str], None]
"""``check(host, address)`` raises HrefRefused."""


class GuardedSession(requests.Session):
    """A session that refuses private addresses, redirects to other hosts and endless answers.

    Args:
        trusted: hosts that may be private, because the user named them.
        allow_private: whether all hosts may be.
        retries: what is tried again, and how often.
    """

    def __init__(
        self,
        *,
        trusted: Collection[str] = (),
        allow_private: bool = False,
        retries: Retry = NO_RETRY,
    ):
        super().__init__()

        def check(host: str, address: str) -> None:
            if not allow_private and host not in trusted:
                require_public(host, address)

        adapter = _GuardedAdapter(check, max_retries=retries, pool_maxsize=POOL_SIZE)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As in requests; what is not streamed is read up to a limit, packed or not.

        Raises:
            requests.exceptions.ContentDecodingError: the document is longer, or takes longer.
        """
        if kwargs.get("stream"):
            return super().send(request, **kwargs)
        answer = super().send(request, **{**kwargs, "stream": True})
        try:
            answer._content = _read_document(answer)
        finally:
            answer.close()
        return answer

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where a redirect leads, on the same host; never from https to http.

        Raises:
            HrefRefused: it leads to another host.
        """
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        source, goal = urlsplit(resp.url), urlsplit(urljoin(resp.url, target))
        if goal.hostname != source.hostname or (source.scheme, goal.scheme) == ("https", "http"):
            resp.close()
            raise HrefRefused(
                f"{shown(resp.url)!r} redirects to {goal.scheme}://{goal.hostname}; redirects to "
                "other hosts are not followed"
            )
        return target


def _read_document(answer: requests.Response) -> bytes:
    ends_at = time.monotonic() + DOCUMENT_LIMIT_S
    pieces, size = [], 0
    for piece in answer.iter_content(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_DOCUMENT_BYTES or time.monotonic() > ends_at:
            raise requests.exceptions.ContentDecodingError(
                f"{shown(answer.url)} answers with more than {MOST_DOCUMENT_BYTES / 2**20:.0f} MB, "
                f"or for longer than {DOCUMENT_LIMIT_S:.0f} s"
            )
    return b"".join(pieces)


def require_public(host: str, address: str) -> None:
    """Refuse a host that resolved to a private address.

    Raises:
        HrefRefused: the address is private, loopback, link-local or otherwise not global.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    if not (mapped or found).is_global:
        raise HrefRefused(
            f"host {host!r} resolves to the private address {address}; allow private addresses "
            "only for a catalogue that you trust"
        )


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, check: _Check, **options: Any):
        self._check = check
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._check)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if select_proxy(request.url, kwargs.get("proxies")):
            host = urlsplit(request.url).hostname or ""
            for address in _addresses(host):
                self._check(host, address)
        return super().send(request, *args, **kwargs)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return set()  # only the proxy can resolve it


def _pool_classes(check: _Check) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools whose connections check the address that they are connected to."""

    class GuardedHTTP(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, check)

    class GuardedHTTPS(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, check)

    class GuardedHTTPPool(HTTPConnectionPool):
        ConnectionCls = GuardedHTTP

    class GuardedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHTTPS

    return {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}


def _checked(connected: socket.socket, host: str, check: _Check) -> socket.socket:
    try:
        check(host, connected.getpeername()[0])
    except BaseException:
        connected.close()
        raise
    return connected
