"""From the candidates table to the scenes of a page.

What belongs here: reading the columns that a page shows. What does not: choosing scenes
(``core/catalog``) or making their quick looks (``quicklook.py``).
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lulc_assets.core.pages.content import SceneRow

if TYPE_CHECKING:
    import pandas as pd


def list_scenes(
    candidates: "pd.DataFrame", thumbnails: Mapping[str, bytes]
) -> tuple[SceneRow, ...]:
    """The scenes of a page in the order of the table.

    Args:
        candidates: columns ``scene_id, datetime, clear_pct, selected, reason``; a date or
            a clear share may be missing.
        thumbnails: scene id → PNG or JPEG bytes; scenes without one show none.
    """
    return tuple(
        SceneRow(
            scene_id=str(row["scene_id"]),
            date="" if _is_missing(row["datetime"]) else row["datetime"].strftime("%Y-%m-%d"),
            clear_pct=None if _is_missing(row["clear_pct"]) else float(row["clear_pct"]),
            selected=bool(row["selected"]),
            reason=str(row["reason"]),
            thumbnail=thumbnails.get(str(row["scene_id"])),
        )
        for row in candidates.to_dict("records")
    )


def _is_missing(value: object) -> bool:
    """None, NaN, NA or NaT."""
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or (
        isinstance(value, float) and math.isnan(value)
    )  # fmt: skip
