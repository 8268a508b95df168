"""What each map was made from, as tables for SQL: one row per map, one per candidate scene.

What belongs here: the schemas. What does not: figures of accuracy and area (``tables``).
"""

import pandera.pandas as pa

_TILE = r"^\d{2}[A-Z]{3}$"
_DATE = r"^(\d{4}-\d{2}-\d{2})?$"


def _whole() -> pa.Column:
    return pa.Column("int64", pa.Check.ge(0))


def _per_cent(*, nullable: bool = False) -> pa.Column:
    return pa.Column("float64", pa.Check.in_range(0, 100), nullable=nullable)


MAP_SCHEMA = pa.DataFrameSchema(
    {
        "tile": pa.Column(str, pa.Check.str_matches(_TILE)),
        "year": pa.Column("int64", pa.Check.ge(2015)),
        "scenes": _whole(),
        "datatakes": _whole(),
        "failed_scenes": _whole(),
        "newest_date": pa.Column(str, pa.Check.str_matches(_DATE)),
        "observations_median": pa.Column("float64", pa.Check.ge(0)),
        "no_data_pct": _per_cent(),
        "mask_overruled_pixels": _whole(),
        "sieved_pixels": _whole(),
        "map_digest": pa.Column(str, pa.Check.str_length(min_value=1)),
        "model_digest": pa.Column(str, pa.Check.str_length(min_value=1)),
    },
    unique=["tile", "year"],
    strict=True,
    ordered=True,
    name="map table",
)
"""One row per tile × year with a map."""

SCENE_SCHEMA = pa.DataFrameSchema(
    {
        "tile": pa.Column(str, pa.Check.str_matches(_TILE)),
        "year": pa.Column("int64", pa.Check.ge(2015)),
        "scene_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, pa.Check.str_matches(_DATE)),
        "provider": pa.Column(str),
        "baseline": pa.Column(str),
        "level": pa.Column(str),
        "offset": pa.Column(str),
        "cloud_cover_pct": _per_cent(nullable=True),
        "clear_pct": _per_cent(nullable=True),
        "nodata_pct": _per_cent(nullable=True),
        "selected": pa.Column("bool"),
        "in_map": pa.Column("bool"),
        "reason": pa.Column(str),
        "catalog_digest": pa.Column(str, pa.Check.str_length(min_value=1)),
    },
    unique=["tile", "year", "scene_id"],
    strict=True,
    ordered=True,
    name="scene table",
)
"""One row per candidate scene of a tile × year with a report; an unknown date is empty."""
