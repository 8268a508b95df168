"""What a page may hold from outside: pictures as ``data:`` addresses, and checked links.

What belongs here: the checks that keep a page self-contained and safe. What does not:
escaping of text, which the template engine does everywhere.
"""

import base64
from urllib.parse import urlsplit

from lulc_assets.core.errors import InvalidPage


def check_href(href: str) -> str:
    """Return a link target that is relative or http(s).

    Raises:
        InvalidPage: another scheme (``javascript:``), or a host without a scheme.
    """
    try:
        parts = urlsplit(href.strip())
    except ValueError as error:
        raise InvalidPage(f"link {href!r} is not a valid address: {error}") from error
    web = parts.scheme in ("http", "https") and bool(parts.netloc)
    relative = not parts.scheme and not parts.netloc and bool(href.strip())
    if not (web or relative):
        raise InvalidPage(f"link {href!r} is neither relative nor http(s); give a plain path")
    return href.strip()


def data_uri(image: bytes) -> str:
    """A picture as a ``data:`` address.

    Raises:
        InvalidPage: the bytes are neither PNG nor JPEG.
    """
    if image.startswith(b"\x89PNG\r\n"):
        kind = "png"
    elif image.startswith(b"\xff\xd8\xff"):
        kind = "jpeg"
    else:
        raise InvalidPage(
            f"a picture of {len(image)} bytes starting with {image[:8]!r} is neither PNG nor "
            "JPEG; encode it with core/figures/quicklook.py"
        )
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"
