"""Change and alerts as tables for SQL: one row per transition and grade, one per alert.

What belongs here: the schemas. What does not: change itself (``core/change``, ``core/alerts``).
"""

import pandera.pandas as pa

from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.change.grades import Grade

_TILE = r"^\d{2}[A-Z]{3}$"
_DATE = r"^(\d{4}-\d{2}-\d{2})?$"


def _name() -> pa.Column:
    return pa.Column(str, pa.Check.str_length(min_value=1))


def _hectares() -> pa.Column:
    return pa.Column("float64", pa.Check.ge(0))


def _day() -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(_DATE))


CHANGE_SCHEMA = pa.DataFrameSchema(
    {
        "tile": pa.Column(str, pa.Check.str_matches(_TILE)),
        "year": pa.Column("int64", pa.Check.ge(2016)),
        "from_class": _name(),
        "to_class": _name(),
        "grade": pa.Column(
            str, pa.Check.isin([g.name.lower() for g in Grade if g is not Grade.NONE])
        ),
        "pixels": pa.Column("int64", pa.Check.ge(1)),
        "area_ha": _hectares(),
        "change_digest": _name(),
        "model_digest": _name(),
    },
    unique=["tile", "year", "from_class", "to_class", "grade"],
    strict=True,
    ordered=True,
    name="change table",
)
"""One row per transition and grade of a change map, on the tile's whole grid; ``year`` is the
later one."""

ALERT_SCHEMA = pa.DataFrameSchema(
    {
        "tile": pa.Column(str, pa.Check.str_matches(_TILE)),
        "year": pa.Column("int64", pa.Check.ge(2016)),
        "alert_id": _name(),
        "step": pa.Column(str, pa.Check.isin([s.name.lower() for s in Step if s is not Step.NONE])),
        "from_class": pa.Column(str),
        "to_class": pa.Column(str),
        "area_ha": _hectares(),
        "confirmed_ha": _hectares(),
        "probability": pa.Column("float64", pa.Check.in_range(0, 1)),
        "first_on": _day(),
        "possible_on": _day(),
        "likely_on": _day(),
        "confirmed_on": _day(),
        "rejected_on": _day(),
        "alerts_digest": _name(),
    },
    unique=["alert_id"],
    strict=True,
    ordered=True,
    name="alert table",
)
"""One row per alert; a date that did not come is empty."""
