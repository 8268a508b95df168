"""What a Sentinel-2 product name says.

What belongs here: parsing the names that ESA gives to products, datatakes and
datastrips, and NASA to HLS granules. What does not: STAC.

Source: Sentinel-2 Products Specification Document, "Product naming convention":
``S2A_MSIL2A_20190101T000001_N0212_R116_T58UFF_20201007T214659``; HLS Product User Guide
v2.0, section 6.3: ``HLS.S30.T19LDD.2022166T144741.v2.0``.
"""

import re
from dataclasses import dataclass

_PRODUCT = re.compile(
    r"(?P<mission>S2[A-D])_MSI(?P<level>L1C|L2A)_(?P<start>\d{8}T\d{6})"
    r"(?:_N(?P<baseline>\d{4}))?(?:_R(?P<orbit>\d{3}))?_T(?P<tile>\d{2}[A-Z]{3})"
    r"(?:_(?P<stamp>\d{8}T\d{6}))?"
)
_HLS = re.compile(
    r"HLS\.(?P<product>[SL]30)\.T(?P<tile>\d{2}[A-Z]{3})\.(?P<start>\d{7}T\d{6})"
    r"(?:\.v(?P<version>[\d.]+\d))?"
)
_DATATAKE = re.compile(r"GS2[A-D]_(?P<start>\d{8}T\d{6})_")
_DATASTRIP = re.compile(r"_S(?P<start>\d{8}T\d{6})(?:_|$)")
_BASELINE = re.compile(r"\d{2}\.\d{2}")

FIRST_UNOFFICIAL_MAJOR = 90
"""ESA's baselines end at 05.xx today; Sen2Cor outside ESA's ground segment writes 99.99 (also
CDSE for the products that it made itself, 99.33 and others are seen)."""


@dataclass(frozen=True)
class ProductName:
    """The parts of a product name; empty where the name has none.

    Attributes:
        platform: ``sentinel-2a`` …, or ``hls-s30``, ``hls-l30``.
        level: ``L1C`` or ``L2A``.
        datatake_start: start of the datatake, ``YYYYMMDDTHHMMSS``, the same for all tiles;
            of HLS the day of the year instead of month and day.
        baseline: processing baseline, ``02.12``.
        relative_orbit: three digits.
        tile: MGRS square.
        stamp: the discriminator at the end, usually the time of generation.
    """

    platform: str
    level: str
    datatake_start: str
    baseline: str
    relative_orbit: str
    tile: str
    stamp: str


def parse_product_name(text: str) -> ProductName | None:
    """The parts of the product name that ``text`` begins with, or None."""
    match = _PRODUCT.match(text)
    if match is None:
        return _parse_hls_name(text)
    digits = match["baseline"] or ""
    return ProductName(
        platform=f"sentinel-{match['mission'][1:].lower()}",
        level=match["level"],
        datatake_start=match["start"],
        baseline=f"{digits[:2]}.{digits[2:]}" if digits else "",
        relative_orbit=match["orbit"] or "",
        tile=match["tile"],
        stamp=match["stamp"] or "",
    )


def _parse_hls_name(text: str) -> ProductName | None:
    match = _HLS.match(text)
    if match is None:
        return None
    return ProductName(
        platform=f"hls-{match['product'].lower()}",
        level="L2A",
        datatake_start=match["start"],
        baseline="",
        relative_orbit="",
        tile=match["tile"],
        stamp=match["version"] or "",
    )


def datatake_start(datatake_id: str) -> str:
    """Start of a datatake from its id, e.g. ``GS2A_20190101T000001_018417_N02.12``; or empty."""
    match = _DATATAKE.match(datatake_id)
    return match["start"] if match else ""


def datastrip_start(datastrip_id: str) -> str:
    """Start of sensing from a datastrip id (its ``_S…`` part), or empty."""
    match = _DATASTRIP.search(datastrip_id)
    return match["start"] if match else ""


def parse_baseline(text: str) -> tuple[int, int] | None:
    """``05.09`` → (5, 9), to compare baselines; None when it is not a baseline of ESA's."""
    if not _BASELINE.fullmatch(text) or is_unofficial_baseline(text):
        return None
    major, minor = text.split(".")
    return int(major), int(minor)


def is_unofficial_baseline(text: str) -> bool:
    """Whether a baseline has the right form and says nothing: ``99.99``, ``00.00``."""
    if not _BASELINE.fullmatch(text):
        return False
    return int(text[:2]) >= FIRST_UNOFFICIAL_MAJOR or text == "00.00"
