"""Whether the stored digital numbers still hold the radiometric offset.

What belongs here: one rule a kind of provider, from metadata alone. What does not:
evidence from the pixels.

Since baseline 04.00 (25 January 2022) ESA stores DN = 10000 · reflectance + 1000
(Sentinel-2 Products Specification Document, RADIO_ADD_OFFSET and BOA_ADD_OFFSET).
Providers differ in whether they take it out again and in where they say so. Dates are no
guide: old years were reprocessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lulc_assets.core.catalog.product import parse_baseline
from lulc_assets.core.errors import OffsetUndecidable

FIRST_BASELINE_WITH_OFFSET = (4, 0)
OFFSET_DN = -1000
"""What must be added to a DN that still holds the offset."""

OffsetRule = Callable[[Mapping[str, Any], str, Sequence[str]], tuple[int, str]]
"""``rule(item, baseline, asset names of the six bands)`` → (offset in DN, why).

Raises OffsetUndecidable when the item does not say enough.
"""


def offset_kept(item: Mapping[str, Any], baseline: str, assets: Sequence[str]) -> tuple[int, str]:
    """The provider serves the pixels as ESA made them: the baseline decides."""
    if _has_offset(item, baseline):
        return OFFSET_DN, f"baseline {baseline} stores DN + 1000 and the provider keeps it"
    return 0, f"baseline {baseline} is before 04.00: no offset in the pixels"


def offset_flagged(
    flag: str, item: Mapping[str, Any], baseline: str, assets: Sequence[str]
) -> tuple[int, str]:
    """A property tells whether the provider took the offset out (Earth Search v0 and v1).

    ``raster:bands`` is not asked: it states the offset also where it was taken out.
    """
    if not _has_offset(item, baseline):
        return 0, f"baseline {baseline} is before 04.00: no offset in the pixels"
    applied = item["properties"].get(flag)
    if applied is True:
        return 0, f"{flag} is true: the provider took the offset of {baseline} out"
    if applied is False:
        return OFFSET_DN, f"{flag} is false and baseline {baseline} stores DN + 1000"
    raise OffsetUndecidable(
        f"item {item['id']}: baseline {baseline} has an offset and {flag!r} is missing, so it is "
        "unknown whether the pixels still hold it"
    )


def offset_stated(item: Mapping[str, Any], baseline: str, assets: Sequence[str]) -> tuple[int, str]:
    """Each asset states offset and scale in ``raster:bands`` (Earth Search Collection 1)."""
    stated = {name: _stated_dn(item, name) for name in assets}
    values = set(stated.values())
    if len(values) != 1 or None in values:
        raise OffsetUndecidable(
            f"item {item['id']}: raster:bands must state one offset and scale for all bands, "
            f"but state {stated}"
        )
    offset_dn = values.pop()
    assert offset_dn is not None
    if offset_dn not in (0, OFFSET_DN):
        raise OffsetUndecidable(
            f"item {item['id']}: raster:bands state an offset of {offset_dn} DN; only 0 and "
            f"{OFFSET_DN} are known"
        )
    return offset_dn, f"raster:bands state an offset of {offset_dn} DN for all bands"


def _has_offset(item: Mapping[str, Any], baseline: str) -> bool:
    parsed = parse_baseline(baseline)
    if parsed is None:
        raise OffsetUndecidable(
            f"item {item['id']}: processing baseline {baseline!r} is missing or not of the form "
            "'05.09', so the offset cannot be decided"
        )
    return parsed >= FIRST_BASELINE_WITH_OFFSET


def _stated_dn(item: Mapping[str, Any], asset: str) -> int | None:
    bands = item["assets"][asset].get("raster:bands") or [{}]
    offset, scale = bands[0].get("offset"), bands[0].get("scale")
    if offset is None or not scale:
        return None
    return round(float(offset) / float(scale))
