"""Whether the stored digital numbers still hold the radiometric offset.

What belongs here: one rule a kind of provider, from metadata alone. What does not:
evidence from the pixels (``core/imagery/offset_evidence``).

Since baseline 04.00 (25 January 2022) ESA stores DN = 10000 · reflectance + 1000
(Sentinel-2 Products Specification Document, RADIO_ADD_OFFSET and BOA_ADD_OFFSET).
Providers differ in whether they take it out again and in where they say so. Dates are not
a guide: old years were reprocessed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lulc_assets.core.catalog.product import is_unofficial_baseline, parse_baseline
from lulc_assets.core.errors import OffsetUndecidable

FIRST_BASELINE_WITH_OFFSET = (4, 0)
OFFSET_DN = -1000
"""What must be added to a DN that still holds the offset."""


class OffsetDecision(NamedTuple):
    """What the metadata say.

    Attributes:
        offset_dn: what must be added to the stored DN.
        reason: why, in a sentence.
        needs_proof: no baseline explains the offset; the pixels must show it.
        is_open: the metadata say nothing: the pixels must show whether it is 0 or
            ``OFFSET_DN``.
    """

    offset_dn: float
    reason: str
    needs_proof: bool = False
    is_open: bool = False


OffsetRule = Callable[[Mapping[str, Any], str, Sequence[str]], OffsetDecision]
"""``rule(item, baseline, asset names of the six bands)`` → decision.

Raises OffsetUndecidable when the item does not say enough, or contradicts itself.
"""


def offset_none(item: Mapping[str, Any], baseline: str, assets: Sequence[str]) -> OffsetDecision:
    """The product never had an offset (HLS)."""
    return OffsetDecision(0, "the product stores reflectance without an offset")


def offset_kept(item: Mapping[str, Any], baseline: str, assets: Sequence[str]) -> OffsetDecision:
    """The provider serves the pixels as ESA made them: the baseline decides."""
    _require_no_other_flag(item)
    if is_unofficial_baseline(baseline):
        return _without_baseline(item, baseline, assets)
    if _has_offset(item, baseline):
        reason = f"baseline {baseline} stores DN + 1000 and the provider keeps it"
        return OffsetDecision(OFFSET_DN, reason)
    return OffsetDecision(0, f"baseline {baseline} is before 04.00: no offset in the pixels")


def offset_flagged(
    flag: str, item: Mapping[str, Any], baseline: str, assets: Sequence[str]
) -> OffsetDecision:
    """A property tells whether the provider took the offset out (Earth Search v0 and v1).

    ``raster:bands`` is not asked: it states the offset also where it was taken out.
    """
    applied = item["properties"].get(flag)
    if is_unofficial_baseline(baseline) and applied is not True:
        return _open_to_pixels(baseline)
    if applied is True:
        return OffsetDecision(0, f"{flag} is true: the provider took the offset of {baseline} out")
    if not _has_offset(item, baseline):
        return OffsetDecision(0, f"baseline {baseline} is before 04.00: no offset in the pixels")
    if applied is False:
        return OffsetDecision(
            OFFSET_DN, f"{flag} is false and baseline {baseline} stores DN + 1000"
        )
    raise OffsetUndecidable(
        f"item {item['id']}: baseline {baseline} has an offset and {flag!r} is missing, so it is "
        "unknown whether the pixels still hold it"
    )


def offset_stated(item: Mapping[str, Any], baseline: str, assets: Sequence[str]) -> OffsetDecision:
    """Each asset states offset and scale (Earth Search Collection 1, CDSE, stactools).

    The offset in DN is offset / scale. Where the baseline is known the two must agree;
    an offset that no baseline explains needs proof from the pixels.
    """
    stated = {name: _stated_dn(item, name) for name in assets}
    values = set(stated.values())
    if is_unofficial_baseline(baseline) and values == {None}:
        return _open_to_pixels(baseline)
    if len(values) != 1 or None in values:
        raise OffsetUndecidable(
            f"item {item['id']}: its assets must state one offset and scale for all bands, "
            f"but state (in DN) {stated}"
        )
    offset_dn = values.pop()
    assert offset_dn is not None
    if offset_dn not in (0, OFFSET_DN):
        reason = (
            f"all bands state an offset of {offset_dn} DN, which no baseline explains "
            f"(this one is {baseline or 'unknown'}): honoured only if the pixels show it"
        )
        return OffsetDecision(offset_dn, reason, needs_proof=True)
    parsed = parse_baseline(baseline)
    if parsed is not None and (parsed >= FIRST_BASELINE_WITH_OFFSET) != (offset_dn == OFFSET_DN):
        raise OffsetUndecidable(
            f"item {item['id']}: its bands state an offset of {offset_dn} DN, but baseline "
            f"{baseline} says otherwise"
        )
    return OffsetDecision(offset_dn, f"all bands state an offset of {offset_dn} DN")


def offset_rescaled(item: Mapping[str, Any], scale: float, assets: Sequence[str]) -> OffsetDecision:
    """The bands state a scale that is not the dialect's: somebody computed the numbers again.

    No baseline says anything of such numbers. What is stated counts; a scale without an
    offset means an offset of 0 (STAC raster extension).
    """
    stated = {stated_scaling(item["assets"][name])[0] or 0.0 for name in assets}
    if len(stated) != 1:
        raise OffsetUndecidable(
            f"item {item['id']}: its assets must state one offset for all bands, but state "
            f"{sorted(stated)}"
        )
    offset = stated.pop()
    reason = f"all bands state a scale of {scale:g} and an offset of {offset:g}"
    return OffsetDecision(offset / scale, reason)


def _without_baseline(
    item: Mapping[str, Any], baseline: str, assets: Sequence[str]
) -> OffsetDecision:
    """What the item states; else the pixels decide."""
    if assets and all(_stated_dn(item, name) is not None for name in assets):
        return offset_stated(item, baseline, assets)
    return _open_to_pixels(baseline)


def _open_to_pixels(baseline: str) -> OffsetDecision:
    reason = (
        f"{baseline} is not a baseline of ESA's and the item states no offset: the pixels decide"
    )
    return OffsetDecision(0, reason, needs_proof=True, is_open=True)


def _require_no_other_flag(item: Mapping[str, Any]) -> None:
    """Refuse an item that says in another provider's words that the offset was taken out."""
    for name, value in item["properties"].items():
        if str(name).endswith(":boa_offset_applied") and value is True:
            raise OffsetUndecidable(
                f"item {item['id']}: {name} is true, which this dialect does not know; name the "
                "dialect in which the item is written"
            )


def stated_scaling(asset: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Offset and scale that an asset states, None where it does not state a number.

    Raster extension 1.x (``raster:bands``), 2.x (``raster:offset`` on the asset), and STAC
    1.1 ``bands`` are understood.
    """
    for holder, prefix in (
        (_first(asset.get("raster:bands")), ""),
        (_first(asset.get("bands")), "raster:"),
        (asset, "raster:"),
    ):
        offset = _number(holder.get(f"{prefix}offset"))
        scale = _number(holder.get(f"{prefix}scale"))
        if offset is not None or scale is not None:
            return offset, scale
    return None, None


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usable and math.isfinite(value) else None  # type: ignore[arg-type]


def _first(bands: object) -> Mapping[str, Any]:
    first = bands[0] if isinstance(bands, list) and bands else None
    return first if isinstance(first, Mapping) else {}


def _has_offset(item: Mapping[str, Any], baseline: str) -> bool:
    parsed = parse_baseline(baseline)
    if parsed is None:
        raise OffsetUndecidable(
            f"item {item['id']}: processing baseline {baseline!r} is missing or not of the form "
            "'05.09', so the offset cannot be decided"
        )
    return parsed >= FIRST_BASELINE_WITH_OFFSET


def _stated_dn(item: Mapping[str, Any], asset: str) -> int | None:
    offset, scale = stated_scaling(item["assets"][asset])
    if offset is None or not scale or not math.isfinite(offset / scale):
        return None
    return round(offset / scale)
