"""Signatures for hrefs, made just before reading and never stored.

What belongs here: services that turn an href into one that may be read for a while. What
does not: reading (``remote``). A recipe names its service; the signed href lives only in
the request.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from urllib3 import Retry

from lulc_assets.core.errors import HrefRefused, ImageryUnreachable, UnreadableRaster
from lulc_assets.core.imagery.href import bare, redacted, shown
from lulc_assets.core.imagery.session import GuardedSession
from lulc_assets.core.scene.recipe import SceneRecipe

PLANETARY_COMPUTER_TOKENS = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
"""Source: Planetary Computer documentation, "Using tokens for data access"."""

_AZURE_BLOBS = ".blob.core.windows.net"
ITEM_SIGNER = "item"
"""Name, in a recipe, of the signer that asks the item again."""

_MARGIN_S = 300.0
_LEAST_S = 60.0
"""A token that was just given is good for so long, where only our clock says otherwise."""
_TIMEOUT_S = 30
_ATTEMPTS = 4
_RETRIED = Retry(_ATTEMPTS - 1, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504))


class Signer(Protocol):
    """Makes an href readable."""

    def sign(self, href: str) -> str:
        """The href with its signature; unchanged where it needs none."""

    def forget(self, href: str) -> None:
        """Make the next signature of such an href again: the last one was refused."""


@dataclass(frozen=True)
class _Token:
    """A token, and until when it is used by this process' monotonic clock."""

    text: str
    good_until_s: float


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
            ImageryUnreachable: the service gives no token.
        """
        container = self._container(href)
        if container is None:
            return href
        with self._lock:
            token = self._tokens.get(container)
            if token is None or token.good_until_s <= time.monotonic():
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
            good_s = _lifetime_s(expiry.astimezone(UTC), answer) - _MARGIN_S
            return _Token(str(fields["token"]), time.monotonic() + good_s)
        except (
            requests.RequestException, ValueError, KeyError, TypeError, OverflowError
        ) as error:  # fmt: skip
            raise ImageryUnreachable(
                f"no signature for {'/'.join(container)}: {url} answered {redacted(str(error))}"
            ) from error


def _lifetime_s(expiry: datetime, answer: requests.Response) -> float:
    """Seconds from now to the expiry, by the server's clock where it tells its time."""
    try:
        now = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        # By our clock, which may be wrong: what was just given is good for a while.
        return max((expiry - datetime.now(UTC)).total_seconds(), _MARGIN_S + _LEAST_S)
    return (expiry - now).total_seconds()


@dataclass
class ItemSigner:
    """Signatures that a provider writes into its items: the item is asked again for them.

    Stored hrefs have no signature, and the one that an item had would have run out.

    Attributes:
        item_href: place of the item's document.
        session: how it is asked.
    """

    item_href: str
    session: requests.Session
    _signed: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign(self, href: str) -> str:
        """The href as the item writes it now.

        Raises:
            ImageryUnreachable: the item cannot be had.
            UnreadableRaster: it does not name the file any more.
        """
        with self._lock:
            if not self._signed:
                self._signed = {bare(found): found for found in self._ask()}
            signed = self._signed.get(bare(href))
        if signed is None:
            raise UnreadableRaster(f"{shown(self.item_href)} does not name {shown(href)} any more")
        return signed

    def forget(self, href: str) -> None:
        """Ask the item again for the next signature."""
        with self._lock:
            self._signed = {}

    def _ask(self) -> Iterator[str]:
        try:
            answer = self.session.get(self.item_href, timeout=_TIMEOUT_S)
            answer.raise_for_status()
            item: Any = answer.json()
            for asset in item["assets"].values():
                yield str(asset["href"])
        except HrefRefused:
            raise
        except (
            requests.RequestException, ValueError, KeyError, TypeError, AttributeError
        ) as error:  # fmt: skip
            raise ImageryUnreachable(
                f"no signature: item {shown(self.item_href)} answered {redacted(str(error))}"
            ) from error


def signer_of_recipe(recipe: SceneRecipe) -> Signer | None:
    """Who signs the hrefs of a recipe; None where nobody has to."""
    if recipe.signer == ITEM_SIGNER:
        return _item_signer(recipe.item_href, recipe.private_network)
    return signer_of(recipe.signer)


@lru_cache(maxsize=512)
def _item_signer(item_href: str, private: bool) -> ItemSigner:
    return ItemSigner(item_href, GuardedSession(allow_private=private, retries=_RETRIED))


@lru_cache(maxsize=8)
def signer_of(name: str) -> Signer | None:
    """The signing service that a recipe names, one per process; None for the empty name."""
    if not name:
        return None
    if name == "planetary_computer":
        return PlanetaryComputerSigner()
    raise UnreadableRaster(f"no service signs hrefs under the name {name!r}")
