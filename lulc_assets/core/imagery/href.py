"""Which places a raster or a catalogue may be read from.

What belongs here: resolving an item's hrefs and refusing those that an item has no
business to name. An item is somebody else's text: through a VRT string or a ``/vsi``
path GDAL would read any file or internal port of this machine. What does not: opening.
"""

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from lulc_assets.core.errors import HrefRefused

_REMOTE = ("http", "https", "s3")


@dataclass(frozen=True)
class HrefPolicy:
    """What the hrefs of one catalogue may point to.

    Attributes:
        root: the catalogue that the user named: a URL, or the path of its JSON file.
            Local hrefs must stay in the folder of a local catalogue; a remote catalogue
            may name no local file.
        allow_private: whether private and loopback addresses may be read. The host of
            ``root`` itself always may: the user named it.
    """

    root: str
    allow_private: bool = False

    def resolve(self, href: str, base: str) -> str:
        """Absolute form of an href found in the document at ``base``, or a refusal.

        Raises:
            HrefRefused: the place is not allowed.
        """
        check_href(href)
        absolute = join_href(href, base)
        if is_remote(absolute):
            if not self.allow_private:
                self._refuse_private(absolute)
            return absolute
        return self._inside_root(absolute, href)

    def _refuse_private(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "s3":
            return
        host = parts.hostname or ""
        if is_remote(self.root) and host == (urlsplit(self.root).hostname or ""):
            return
        if _is_private(host):
            raise HrefRefused(
                f"{url!r} points to a private address; allow private addresses only for a "
                "catalogue that you trust"
            )

    def _inside_root(self, path: str, href: str) -> str:
        if is_remote(self.root):
            raise HrefRefused(f"{href!r}: the catalogue {self.root!r} may not name local files")
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
    shown = repr(href)[:200]
    text = unquote(href)
    if not href.strip() or any(ord(character) < 32 for character in text):
        raise HrefRefused(f"href {shown} is empty or holds control characters")
    if text.lstrip()[:1] in "<{" or "/vsi" in text.lower():
        raise HrefRefused(f"href {shown} is a GDAL text or virtual path, not a file")
    parts = urlsplit(href)
    if parts.scheme and parts.scheme not in (*_REMOTE, "file"):
        raise HrefRefused(f"href {shown}: scheme {parts.scheme!r} is not http, https, s3 or file")
    if parts.scheme in _REMOTE and (not parts.netloc or "@" in parts.netloc):
        raise HrefRefused(f"href {shown} has no host, or holds a user name")
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise HrefRefused(f"href {shown} names a file of another machine")
    return href


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


def _is_private(host: str) -> bool:
    """Whether a host is written as an address, or a name, that is not public.

    Names are not resolved here. ``inet_aton`` knows the short forms that curl accepts as
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
