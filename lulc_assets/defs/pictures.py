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


def picture_metadata(pngs: Mapping[str, bytes]) -> dict[str, dg.MetadataValue[Any]]:
    """``picture_`` and the name → Markdown with the picture inside, about 50 kB each."""
    stems = {PurePath(name).stem: png for name, png in sorted(pngs.items())}
    return {
        f"picture_{stem}": dg.MetadataValue.md(f"![{stem}]({_inlined(png)})")
        for stem, png in stems.items()
    }


def _inlined(png: bytes) -> str:
    image = Image.open(BytesIO(png)).convert("RGB")
    image.thumbnail((_LONGEST_PX, _LONGEST_PX))
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
