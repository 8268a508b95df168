"""Pictures inside event metadata: small enough for the event log.

What belongs here: PNG of a product → Markdown that the Dagster UI shows.
"""

import base64
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePath
from typing import Any

import dagster as dg
from PIL import Image

_LONGEST_PX = 800
_QUALITY = 80
_WEBP_METHOD = 2
"""Half the time of the default, and 3 % more bytes."""

_SHOWN_AT_ONCE = 1_000
"""The UI shows shorter Markdown in the table itself, and longer one after a click."""

_PREVIEW_PX = (96, 80, 64, 48, 32)
_PREVIEW_QUALITY = 40
_PREVIEWED = ("map", "prediction", "areas", "scenes")
"""Pictures by how much they tell at the size of a stamp."""


def picture_metadata(pngs: Mapping[str, bytes]) -> dict[str, dg.MetadataValue[Any]]:
    """``picture_`` and the name → Markdown with the picture inside, about 50 kB each.

    Before them ``preview``, a stamp of the one that tells most, which the UI shows without a click.
    """
    stems = {
        PurePath(name).stem: Image.open(BytesIO(png)).convert("RGB")
        for name, png in sorted(pngs.items())
    }
    found: dict[str, dg.MetadataValue[Any]] = {
        f"picture_{stem}": dg.MetadataValue.md(_inlined(stem, picture, _LONGEST_PX, _QUALITY))
        for stem, picture in stems.items()
    }
    stamp = _preview(stems)
    return {"preview": dg.MetadataValue.md(stamp), **found} if stamp else found


def _preview(stems: Mapping[str, Image.Image]) -> str:
    """The largest stamp that the UI shows at once; empty: there is no picture, or none fits."""
    for stem in [*(s for s in _PREVIEWED if s in stems), *stems][:1]:
        for px in _PREVIEW_PX:
            text = _inlined("preview", stems[stem], px, _PREVIEW_QUALITY)
            if len(text) < _SHOWN_AT_ONCE:
                return text
    return ""


def _inlined(title: str, picture: Image.Image, longest_px: int, quality: int) -> str:
    image = picture.copy()
    image.thumbnail((longest_px, longest_px))
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=_WEBP_METHOD)
    return f"![{title}](data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()})"
