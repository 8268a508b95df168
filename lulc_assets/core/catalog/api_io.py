"""Talking to a STAC server: guarded, patient for a while, and paging to the very end.

What belongs here: HTTP manners towards catalogues. What does not: what is asked, or what an
item means.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from pystac import Link
from pystac_client.stac_api_io import StacApiIO
from requests.auth import HTTPBasicAuth
from urllib3 import Retry

from lulc_assets.core.errors import CatalogError
from lulc_assets.core.imagery.href import shown
from lulc_assets.core.imagery.session import GuardedSession

TIMEOUT_S = 60
RETRIES = 3
BACKOFF_S = 1.0
TRANSIENT = (408, 429, 500, 502, 503, 504)
LONGEST_RETRY_AFTER_S = 60.0

MAX_EMPTY_PAGES = 5
"""A server may send empty pages with a next link (it filters after it cut pages), but not
for ever."""


class PatientApiIO(StacApiIO):
    """Reads from one catalogue; its own host may be private, because the user named it.

    Links that lead to private addresses, and redirects to other hosts, are refused.
    """

    def __init__(self, catalog: str, *, allow_private: bool = False):
        super().__init__(max_retries=None, timeout=TIMEOUT_S)
        parts = urlsplit(catalog)
        host = parts.hostname
        self.session = GuardedSession(
            trusted=(host,) if host else (),
            allow_private=allow_private,
            retries=_CappedRetry(
                RETRIES,
                backoff_factor=BACKOFF_S,
                status_forcelist=TRANSIENT,
                allowed_methods=None,
            ),
        )

        if host and parts.username:
            self.session.auth = _HostAuth(
                host, unquote(parts.username), unquote(parts.password or "")
            )

    def get_pages(
        self, url: str, method: str | None = None, parameters: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Pages with something in them, to the last one that a next link leads to.

        Raises:
            CatalogError: paging goes in a circle, or only empty pages come any more.
        """
        page = self._page(self.read_json(url, method=method, parameters=parameters), url)
        followed: set[str] = set()
        empty = 0
        while True:
            if page.get("features") or page.get("collections"):
                empty = 0
                yield page
            else:
                empty += 1
            link = _next_link(page)
            if link is None:
                return
            key = json.dumps(link, sort_keys=True)
            if key in followed:
                where = shown(str(link.get("href")))
                raise CatalogError(f"{shown(url)}: paging goes in a circle at {where!r}")
            if empty > MAX_EMPTY_PAGES:
                raise CatalogError(
                    f"{shown(url)}: {empty} empty pages one after the other, each with a next "
                    "link; the search is incomplete and was given up"
                )
            followed.add(key)
            page = self._page(self.read_json(Link.from_dict(link), parameters=parameters), url)

    def _page(self, page: Any, url: str) -> dict[str, Any]:
        if not isinstance(page, dict):
            raise CatalogError(f"{shown(url)}: a page of the search is not a JSON object")
        return page


class _HostAuth(HTTPBasicAuth):
    """User name and password for one host, and for no other that a link names."""

    def __init__(self, host: str, username: str, password: str):
        super().__init__(username, password)
        self._host = host

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if urlsplit(request.url or "").hostname == self._host:
            return super().__call__(request)  # type: ignore[no-untyped-call]
        return request


class _CappedRetry(Retry):
    """Does not sleep for an hour because a server says so."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_RETRY_AFTER_S)


def _next_link(page: dict[str, Any]) -> dict[str, Any] | None:
    links = page.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "next" and link.get("href"):
            return link
    return None
