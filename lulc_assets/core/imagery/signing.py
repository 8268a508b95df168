"""Signatures for hrefs, made just before reading and never stored.

What belongs here: services that turn an href into one that may be read for a while. What
does not: reading (``remote``). A recipe names its service; the signed href lives only in
the request.
"""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

import requests
from urllib3 import Retry

from lulc_assets.core.errors import UnreadableRaster
from lulc_assets.core.imagery.session import GuardedSession

PLANETARY_COMPUTER_TOKENS = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
"""Source: Planetary Computer documentation, "Using tokens for data access"."""

_AZURE_BLOBS = ".blob.core.windows.net"
_MARGIN = timedelta(minutes=5)
_TIMEOUT_S = 30
_ATTEMPTS = 4
_RETRIED = Retry(_ATTEMPTS - 1, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504))


class Signer(Protocol):
    """Makes an href readable."""

    def sign(self, href: str) -> str:
        """The href with its signature; unchanged where it needs none."""

    def forget(self, href: str) -> None:
        """Make the next signature of such an href anew: the last one was refused."""


@dataclass(frozen=True)
class _Token:
    text: str
    expires_at: datetime


@dataclass
class PlanetaryComputerSigner:
    """Shared access signatures of Planetary Computer, one a storage container.

    Attributes:
        endpoint: address of the token service.
        session: how it is asked.
        blobs: end of the host names that need a signature.
    """

    endpoint: str = PLANETARY_COMPUTER_TOKENS
    session: requests.Session = field(default_factory=lambda: GuardedSession(retries=_RETRIED))
    blobs: str = _AZURE_BLOBS
    _tokens: dict[tuple[str, str], _Token] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign(self, href: str) -> str:
        """The href with a token of its container; other hosts' hrefs stay as they are.

        Raises:
            UnreadableRaster: the service gives no token.
        """
        container = self._container(href)
        if container is None:
            return href
        with self._lock:
            token = self._tokens.get(container)
            if token is None or token.expires_at - _MARGIN <= datetime.now(UTC):
                token = self._tokens[container] = self._ask(container)
        return f"{href}{'&' if urlsplit(href).query else '?'}{token.text}"

    def forget(self, href: str) -> None:
        """Drop the token of the href's container."""
        container = self._container(href)
        if container is not None:
            with self._lock:
                self._tokens.pop(container, None)

    def _container(self, href: str) -> tuple[str, str] | None:
        parts = urlsplit(href)
        host = parts.hostname or ""
        container = parts.path.lstrip("/").partition("/")[0]
        if not host.endswith(self.blobs) or not container:
            return None
        return host.removesuffix(self.blobs), container

    def _ask(self, container: tuple[str, str]) -> _Token:
        url = "/".join((self.endpoint, *container))
        try:
            answer = self.session.get(url, timeout=_TIMEOUT_S)
            answer.raise_for_status()
            fields = answer.json()
            expiry = datetime.fromisoformat(fields["msft:expiry"])
            return _Token(str(fields["token"]), expiry.astimezone(UTC))
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise UnreadableRaster(
                f"no signature for {'/'.join(container)}: {url} answered {error}"
            ) from error


@lru_cache(maxsize=8)
def signer_of(name: str) -> Signer | None:
    """The signing service that a recipe names, one a process; None for the empty name."""
    if not name:
        return None
    if name == "planetary_computer":
        return PlanetaryComputerSigner()
    raise UnreadableRaster(f"no service signs hrefs under the name {name!r}")
