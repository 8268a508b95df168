"""What the service may do at most, and whom it answers.

What belongs here: limits, with their reasons. What does not: where they are kept (``app``,
``upload``, ``places``).
"""

import ipaddress
from dataclasses import dataclass

from lulc_assets.core.errors import InvalidProject

API_KEY_VARIABLE = "LULC_API_KEY"
"""Environment variable with the key that requests must carry in the header ``X-API-Key``."""


@dataclass(frozen=True)
class ServiceSettings:
    """Limits of a service.

    Attributes:
        api_key: that requests must carry; empty: none. Without one only loopback is served.
        workers: images that are predicted at once. One: an engine uses all threads by itself.
        waiting: requests that may wait for a worker; more are answered 429 at once.
        uploads: bodies that are received at once; more are answered 429.
        max_upload_mb: longest body.
        upload_limit_s: for a body as a whole: a client that hangs is answered 408.
        max_pixels: largest image; a Sentinel-2 tile has 10,980² = 120 million.
        max_side_px: longest side.
        window_px: side of the windows that run through the network, halo included. All have this
            one shape, so that an engine compiles once.
        kept: results that stay for download; the oldest is removed.
        items: folders and URLs below which STAC items may be named, beside public hosts.
    """

    api_key: str = ""
    workers: int = 1
    waiting: int = 4
    uploads: int = 8
    max_upload_mb: int = 512
    upload_limit_s: float = 120.0
    max_pixels: int = 130_000_000
    max_side_px: int = 16_384
    window_px: int = 512
    kept: int = 32
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("workers", "uploads", "max_upload_mb", "max_pixels", "max_side_px", "kept"):
            if getattr(self, name) < 1:
                raise ValueError(f"service: {name} must be at least 1")
        if self.waiting < 0 or self.upload_limit_s <= 0 or self.window_px < 64:
            raise ValueError("service: waiting, upload_limit_s or window_px is too small")


def require_guarded(host: str, settings: ServiceSettings) -> None:
    """Refuse to listen beyond this machine without a key.

    Raises:
        InvalidProject: the address is not of loopback, and there is no key.
    """
    if is_loopback(host) or settings.api_key:
        return
    raise InvalidProject(
        f"the service would listen on {host} for everybody: set {API_KEY_VARIABLE} to a key that "
        "requests must carry, or leave out --host"
    )


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
