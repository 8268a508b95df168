"""Which places a raster or a catalogue may be read from.

What belongs here: resolving an item's hrefs and refusing those that an item has no
business to name. An item is somebody else's text: through a VRT string or a ``/vsi``
path GDAL would read any file or internal port of this machine. What does not: opening.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from lulc_assets.core.errors import HrefRefused

_REMOTE = ("http", "https", "s3")
_SECRET = re.compile(
    r"^x-(amz|goog)-|^aws|^googleaccessid$|signature|token|secret|password|passwd|credential|"
    r"api[-_]?key|^(key|sig|se|sp|sv|sr|st|ske|sks|skt|skoid|sktid|skv|auth|authorization|expires|"
    r"policy|key-pair-id|subscription-key|session|jwt|pat|user|pw|pwd)$"
)
"""Names of query parameters that hold, or belong to, a secret: AWS, Google and Azure
signatures, CloudFront's, and keys and tokens as services name them."""

_URL = re.compile(r"(?:https?|s3)://[^\s'\"<>]+")
_QUERY = re.compile(r"\?[^\s'\"<>()]*=[^\s'\"<>()]*")


@dataclass(frozen=True)
class HrefPolicy:
    """What the hrefs of one catalogue may point to.

    Attributes:
        root: the catalogue that the user named: a URL, or the path of its JSON file.
            Local hrefs must stay in the folder of a local catalogue; a remote catalogue
            may name no local file.
        allow_private: whether private and loopback addresses may be read. The host of
            ``root`` itself always may: the user named it.
        allow_hosts: hosts and buckets that the user allows beside those of the provider.
    """

    root: str
    allow_private: bool = False
    allow_hosts: tuple[str, ...] = ()

    def resolve(self, href: str, base: str, hosts: Sequence[str] = ()) -> str:
        """Absolute form of an href found in the document at ``base``, or a refusal.

        Args:
            href: as written.
            base: path or URL of the document that holds it.
            hosts: the only hosts and buckets that the provider uses, ``*`` at the beginning
                allowed; empty: any public one.

        Raises:
            HrefRefused: the place is not allowed.
        """
        check_href(href)
        absolute = join_href(href, without_user(base))
        if not is_remote(absolute):
            return self._inside_root(absolute, href)
        if self.is_private(absolute) and not self._is_trusted(absolute):
            raise HrefRefused(
                f"{shown(absolute)!r} points to a private address; allow private addresses only "
                "for a catalogue that you trust"
            )
        if hosts and not self._is_trusted(absolute):
            self._require_listed(absolute, (*hosts, *self.allow_hosts))
        return absolute

    def is_private(self, url: str) -> bool:
        """Whether a URL names a private address as it is written (names are not resolved)."""
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and is_private_host(parts.hostname or "")

    def _is_trusted(self, url: str) -> bool:
        """Whether the user vouches for the host: named it, or allowed private ones."""
        host = urlsplit(url).hostname or ""
        if self.is_private(url) and self.allow_private:
            return True
        return is_remote(self.root) and host == (urlsplit(self.root).hostname or "")

    def _require_listed(self, url: str, hosts: Sequence[str]) -> None:
        host = urlsplit(url).hostname or ""
        if not any(fnmatchcase(host, pattern) for pattern in hosts):
            raise HrefRefused(
                f"{shown(url)!r}: host {host!r} is not one of this provider's "
                f"({', '.join(hosts)}); add it to the allowed hosts if you trust it"
            )

    def _inside_root(self, path: str, href: str) -> str:
        if is_remote(self.root):
            raise HrefRefused(
                f"{href!r}: the catalogue {shown(self.root)!r} may not name local files"
            )
        folder = local_path(self.root).resolve().parent
        resolved = local_path(path).resolve()
        if not resolved.is_relative_to(folder):
            raise HrefRefused(f"{href!r} leads out of the catalogue's folder {str(folder)!r}")
        return str(resolved)


def check_href(href: str) -> str:
    """Return the href if its form is harmless: a path, ``file``, ``http(s)`` or ``s3``.

    Raises:
        HrefRefused: a VRT or other XML or JSON text, a ``/vsi`` path, another scheme,
            a control character, or nothing at all.
    """
    name = repr(shown(href))[:200]
    text = unquote(href)
    if not href.strip() or any(ord(character) < 32 for character in text):
        raise HrefRefused(f"href {name} is empty or holds control characters")
    if text.lstrip()[:1] in "<{" or "/vsi" in text.lower():
        raise HrefRefused(f"href {name} is a GDAL text or virtual path, not a file")
    parts = urlsplit(href)
    if parts.scheme and parts.scheme not in (*_REMOTE, "file"):
        raise HrefRefused(f"href {name}: scheme {parts.scheme!r} is not http, https, s3 or file")
    if parts.scheme in _REMOTE and (not parts.netloc or "@" in parts.netloc):
        raise HrefRefused(f"href {name} has no host, or holds a user name")
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise HrefRefused(f"href {name} names a file of another machine")
    return href


def shown(href: str) -> str:
    """An href as it may be printed: without user name, password, query and fragment."""
    return bare(href)


def bare(href: str) -> str:
    """An href without what may be secret in it; local paths stay as they are."""
    if not is_remote(href):
        return href
    parts = urlsplit(href)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def without_user(url: str) -> str:
    """A URL without user name and password, its query kept."""
    if not is_remote(url):
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def without_secrets(href: str) -> str:
    """An href as it may be stored: a query that holds no secret stays, a signature does not.

    Of a presigned query nothing is of use without the signature: all of it goes.
    """
    if not is_remote(href):
        return href
    query = urlsplit(href).query
    names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    return bare(href) if any(map(_SECRET.search, names)) else without_user(href)


def redacted(text: str) -> str:
    """A message of somebody else's, without user names, passwords and queries of URLs."""
    return _QUERY.sub("", _URL.sub(lambda found: bare(found.group()), text))


def is_remote(href: str) -> bool:
    """Whether an href needs the network."""
    return urlsplit(href).scheme in _REMOTE


def local_path(href: str) -> Path:
    """The path of a local href (``file`` URLs are decoded)."""
    parts = urlsplit(href)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(href)


def join_href(href: str, base: str) -> str:
    """Absolute form of ``href`` as found in the document ``base`` (no check of the place)."""
    if urlsplit(href).scheme:
        return href
    if is_remote(base):
        return _join_s3(base, href) if base.startswith("s3://") else urljoin(base, href)
    path = Path(href)
    return str(path if path.is_absolute() else local_path(base).resolve().parent / path)


def _join_s3(base: str, href: str) -> str:
    # urljoin leaves relative references of unknown schemes alone.
    return "s3" + urljoin("http" + base.removeprefix("s3"), href).removeprefix("http")


def is_private_host(host: str) -> bool:
    """Whether a host is written as an address, or a name, that is not public.

    Names are not resolved here (``remote`` looks at the address it is connected to).
    ``inet_aton`` knows the short forms that curl accepts as
    addresses too: ``127.1``, ``0x7f000001``, ``2130706433``.
    """
    name = host.lower().rstrip(".")
    if name in ("", "localhost") or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        pass
    try:
        return not ipaddress.ip_address(socket.inet_aton(name)).is_global
    except OSError:
        return False
