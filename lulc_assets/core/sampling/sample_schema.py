"""What the units of a reference sample must look like, alone and beside their design.

What belongs here: the schema and the checks against the design. What does not: the sample's
type and file (``sample.py``) and reading what interpreters deliver (``ingest.py``).
"""

import geopandas
import numpy as np
import pandas as pd
import pandera.pandas as pa

from lulc_assets.core.errors import InvalidGeometry, InvalidSample, MissingCrs
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE
from lulc_assets.core.legend_rules import MOST_CLASSES
from lulc_assets.core.sampling.design import SampleDesign

_SIZES_DIFFER = 0.02
"""Relative difference of a stratum's size and Σ 1 / π that rounding can explain, and
a pixel more."""
_EQUAL = 1e-6
"""Relative spread of inclusion probabilities that still counts as equal."""

SAMPLE_SCHEMA = pa.DataFrameSchema(
    {
        "unit_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "x": pa.Column(float, pa.Check(np.isfinite, name="finite")),
        "y": pa.Column(float, pa.Check(np.isfinite, name="finite")),
        "class_code": pa.Column("uint8", pa.Check.in_range(0, MOST_CLASSES)),
        "stratum": pa.Column(str),
        "inclusion_probability": pa.Column(
            float, pa.Check.in_range(0.0, 1.0, include_min=False), nullable=True
        ),
        "primary_unit": pa.Column(str, pa.Check.str_length(min_value=1), required=False),
        "driver": pa.Column(str, required=False),
        "geometry": pa.Column("geometry"),
    },
    strict=True,
    unique=["x", "y"],
    name="reference sample",
)
"""Units of a sample; ``class_code`` 0 = no interpreter could name the class.

``primary_unit`` names what a unit was drawn with and stands only in samples of the design
"cluster" (the window) and in systematic ones of several lattices (the random start).
``driver`` is why a unit lost the class that the response design names, empty where nobody said so;
it stands only in samples whose response design has drivers.
"""


def check_units(units: geopandas.GeoDataFrame, source: str) -> None:
    """Refuse units that break the schema.

    Raises:
        MissingCrs: the frame has no CRS.
        InvalidGeometry: a geometry is not a point.
        InvalidSample: anything else; the message names unit, column and value.
    """
    if units.crs is None:
        raise MissingCrs(f"{source}: no coordinate reference system; set it on the units")
    no_point = (units.geom_type != "Point") | units.geometry.is_empty
    if no_point.any():
        unit = units.loc[no_point].iloc[0]
        raise InvalidGeometry(
            f"{source}, unit {unit['unit_id']!r}: geometry is {unit.geometry}, not a point"
        )
    try:
        SAMPLE_SCHEMA.validate(units, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise InvalidSample(_explain(error, units, source)) from error


def _explain(error: pa.errors.SchemaErrors, units: geopandas.GeoDataFrame, source: str) -> str:
    """The first schema failures in words: unit, column, value."""
    parts = []
    for case in error.failure_cases.head(5).itertuples():
        known = case.index is not None and not pd.isna(case.index) and "unit_id" in units
        unit = f"unit {units['unit_id'].loc[int(case.index)]!r}: " if known else ""
        parts.append(f"{unit}{case.column} = {case.failure_case!r} fails {case.check}")
    more = len(error.failure_cases) - len(parts)
    return f"{source}: {'; '.join(parts)}" + (f"; and {more} more" if more > 0 else "")


def check_design(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    """Refuse units that contradict their design.

    Raises:
        InvalidSample: they do; the message names what.
    """
    _check_drivers(units, design)
    if not design.is_probability:
        return
    if design.sample_size is not None and design.sample_size != len(units):
        raise InvalidSample(
            f"the design says {design.sample_size} units were drawn, {len(units)} are here; a "
            "unit that nobody could interpret stays in the sample without a class"
        )
    chances = units["inclusion_probability"]
    if chances.isna().any():
        unit = units.loc[chances.isna(), "unit_id"].iloc[0]
        raise InvalidSample(
            f"unit {unit!r} of a {design.design} sample has no inclusion probability"
        )
    if design.needs_primary_units:
        _check_primary_units(units, design)
    if design.design != "cluster":
        _check_equal_chances(units, design)
    _check_sizes(units, design)
    missing = set(units["stratum"]) - set(design.stratum_pixels)
    if design.needs_strata and design.stratum_pixels and missing:
        raise InvalidSample(f"the design lacks the size of stratum {sorted(missing)[0]!r}")


def _check_drivers(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    """Refuse answers that the response design does not allow."""
    if "driver" not in units:
        return
    allowed = () if design.response is None else design.response.drivers
    strange = ~units["driver"].isin(["", *allowed])
    if strange.any():
        unit = units.loc[strange].iloc[0]
        raise InvalidSample(
            f"unit {unit['unit_id']!r}: driver {unit['driver']!r} is not in the response design, "
            f"which has {', '.join(allowed) or 'none'}"
        )


def _check_sizes(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    """Refuse chances that contradict the sizes: units of a stratum stand for all of it."""
    stands_for = 1.0 / units["inclusion_probability"]
    if design.design == "stratified" and design.stratum_pixels:
        sums, sizes = stands_for.groupby(units["stratum"]).sum(), design.stratum_pixels
        found = [(f"stratum {n!r}", sums[n], sizes[n]) for n in sums.index if n in sizes]
    elif design.design == "simple_random" and design.population_pixels:
        found = [("the population", float(stands_for.sum()), design.population_pixels)]
    else:
        return
    for what, total, size in found:
        if abs(total - size) > _SIZES_DIFFER * size + 1:
            raise InvalidSample(
                f"the units of {what} stand for {total:,.0f} pixels by their inclusion "
                f"probabilities, the design says {size:,}: one of the two is wrong"
            )


def _check_primary_units(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    if "primary_unit" not in units:
        what = "the random start" if design.is_replicated else "the window"
        raise InvalidSample(
            f"a {design.design} sample needs the column primary_unit, {what} of each unit"
        )
    found = units["primary_unit"].nunique()
    if design.is_replicated and not MIN_UNITS_FOR_VARIANCE <= found <= design.starts:
        raise InvalidSample(
            f"the design says {design.starts} starts, the column primary_unit names {found}; give "
            "each unit the start of its lattice"
        )


def _check_equal_chances(units: geopandas.GeoDataFrame, design: SampleDesign) -> None:
    # In the other designs all units form one group, whatever their stratum says.
    groups = units["stratum"] if design.design == "stratified" else units["stratum"].str[:0]
    for name, group in units["inclusion_probability"].groupby(groups):
        if group.max() - group.min() > _EQUAL * group.max():
            where = f"in stratum {name!r}" if design.design == "stratified" else ""
            raise InvalidSample(
                f"inclusion probabilities of a {design.design} sample must be equal {where}; "
                f"they are {group.min():g} to {group.max():g}"
            )
