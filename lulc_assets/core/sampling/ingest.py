"""Reading the points that interpreters labelled, with the file that says how they were drawn.

What belongs here: vector file + design file → :class:`ReferenceSample`, with errors that
name file, unit and value. What does not: the sample's own types (``sample.py``).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.crosswalks import Crosswalk, as_key, find_crosswalk
from lulc_assets.core.errors import InvalidGeometry, InvalidSample, MissingCrs, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.answers import (
    DRIVER_COLUMN,
    driver_codes,
    named_drivers,
    refuse_kept,
)
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units
from lulc_assets.core.tables.text_file import read_utf8
from lulc_assets.core.tables.vector_file import read_vector

_COLUMNS = ("unit_id", "inclusion_probability", "stratum", "primary_unit", DRIVER_COLUMN)
_DBF_NAME = 10


def ingest_sample(
    points_path: Path,
    design_path: Path,
    *,
    layer: str | None = None,
    class_column: str = "reference_class",
    crosswalk: str = "",
    legend: Legend = KARRA_10,
) -> ReferenceSample:
    """Read and validate a labelled reference sample.

    The vector file has Point geometries and the columns ``unit_id``, the class column,
    ``inclusion_probability`` (not needed where the design is "none"), ``stratum`` (only
    where it is "stratified", or "cluster" with strata) and ``primary_unit`` (only where it
    is "cluster": the window, or "systematic" with several starts: the start); where the response
    design has drivers, ``driver`` is read too; other columns are dropped. The design file is a
    JSON object with at least ``design``; see :class:`SampleDesign`. A unit whose class is missing
    could not be interpreted and gets class code 0, as does one whose crosswalk target is
    no data.

    Args:
        points_path: any vector file that GDAL reads, or GeoParquet.
        design_path: JSON.
        layer: of a file with several.
        class_column: holds names or codes of the crosswalk's vocabulary.
        crosswalk: its name in ``core/crosswalks``; empty: the classes are the legend's own.
        legend: of the maps that the sample judges.

    Raises:
        InvalidSample: a file is missing or unreadable, a column or the design is missing,
            units or points repeat, or a number is out of its range.
        MissingCrs: the vector file has no CRS.
        InvalidGeometry: a geometry is missing, empty or not a point.
        UnknownClass: a class is not in the crosswalk.
    """
    source = str(points_path)
    design = _read_design(design_path)
    frame = read_vector(points_path, layer, InvalidSample)
    if frame.crs is None:
        raise MissingCrs(f"{source}: no coordinate reference system; assign one and save it again")
    frame = _named_in_full(frame, [*_COLUMNS, class_column], points_path)
    _require_columns(frame, class_column, design, source)
    frame["geometry"] = _single_points(frame.geometry)
    ids = frame["unit_id"].map(as_key)
    _require_points(frame, ids, source)
    probability: Any = np.nan
    if design.is_probability:
        probability = _probabilities(frame, ids, source)
    translation = find_crosswalk(crosswalk, legend)
    if design.response is not None:
        design.response.check_classes([c.name for c in legend.land], str(design_path))
    classes = _translate(frame[class_column], ids, translation, source)
    units = geopandas.GeoDataFrame(
        {
            "unit_id": ids,
            "class_code": classes,
            "stratum": frame["stratum"].map(as_key) if design.needs_strata else "",
            "inclusion_probability": probability,
            **(
                {"primary_unit": frame["primary_unit"].map(as_key)}
                if design.needs_primary_units
                else {}
            ),
            **_drivers(frame, ids, classes, design, legend, source),
        },
        geometry=geopandas.points_from_xy(frame.geometry.x, frame.geometry.y),
        crs=frame.crs,
    )
    _refuse_repeats(units, source)
    try:
        return ReferenceSample(arrange_units(units), design)
    except InvalidSample as error:
        raise InvalidSample(f"{source}: {error}") from error


def _read_design(path: Path) -> SampleDesign:
    try:
        data = json.loads(read_utf8(path, InvalidSample, "design file"))
    except FileNotFoundError:
        raise InvalidSample(
            f"{path}: no design file. Write how the units were drawn, at least "
            '{"design": "none"}: without it no area and no interval can be estimated'
        ) from None
    except InvalidSample:
        raise
    except (OSError, ValueError) as error:
        raise InvalidSample(f"{path}: not a JSON file: {error}") from error
    if not isinstance(data, dict):
        raise InvalidSample(f"{path}: must hold a JSON object, not {type(data).__name__}")
    return SampleDesign.from_dict(data, str(path))


def _named_in_full(
    frame: geopandas.GeoDataFrame, columns: Sequence[str], path: Path
) -> geopandas.GeoDataFrame:
    """The columns under their own names: a .dbf cuts names to ten bytes, programs change case."""
    names = {str(c).casefold(): str(c) for c in frame.columns}
    found = {}
    for column in columns:
        held = names.get(column.casefold())
        if held is None and path.suffix.lower() == ".shp":
            held = names.get(column.casefold()[:_DBF_NAME])
        if held is not None and column not in frame.columns:
            found[held] = column
    return frame.rename(columns=found)


def _single_points(geometries: geopandas.GeoSeries) -> geopandas.GeoSeries:
    """Points, also where each is the only one of a MultiPoint."""
    return geometries.map(
        lambda one: one.geoms[0] if one is not None and one.geom_type == "MultiPoint"
        and len(one.geoms) == 1 else one
    )  # fmt: skip


def _require_columns(
    frame: geopandas.GeoDataFrame, class_column: str, design: SampleDesign, source: str
) -> None:
    needed = ["unit_id", class_column]
    if design.is_probability:
        needed.append("inclusion_probability")
    if design.needs_strata:
        needed.append("stratum")
    if design.needs_primary_units:
        needed.append("primary_unit")
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise InvalidSample(
            f"{source}: no column {', '.join(missing)}; a {design.design} sample needs "
            f"{', '.join(needed)}, and the file has "
            f"{', '.join(str(c) for c in frame.columns if c != frame.geometry.name)}"
        )
    if len(frame) == 0:
        raise InvalidSample(f"{source}: no units")


def _require_points(frame: geopandas.GeoDataFrame, ids: pd.Series, source: str) -> None:
    bad = frame.geometry.isna() | frame.geometry.is_empty | (frame.geom_type != "Point")
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InvalidGeometry(
            f"{source}, unit {ids.iloc[first]!r}: geometry is {frame.geometry.iloc[first]}, "
            "not a point; give each unit one point"
        )


def _probabilities(
    frame: geopandas.GeoDataFrame, ids: pd.Series, source: str
) -> npt.NDArray[np.float64]:
    numbers = pd.to_numeric(frame["inclusion_probability"], errors="coerce")
    bad = ~((numbers > 0) & (numbers <= 1))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InvalidSample(
            f"{source}, unit {ids.iloc[first]!r}: inclusion_probability is "
            f"{frame['inclusion_probability'].iloc[first]!r}; it must be above 0 and at most 1"
        )
    return numbers.to_numpy(dtype=np.float64)


def _translate(
    values: pd.Series, ids: pd.Series, crosswalk: Crosswalk, source: str
) -> npt.NDArray[np.uint8]:
    named = values.notna() & (values != "")
    codes = np.zeros(len(values), dtype=np.uint8)
    try:
        codes[named.to_numpy()] = crosswalk.translate(values[named])
    except UnknownClass as error:
        for unit, value in zip(ids[named], values[named], strict=True):
            if not crosswalk.knows(value):
                raise UnknownClass(f"{source}, unit {unit!r}: {error}") from error
        raise
    return codes


def _drivers(
    frame: geopandas.GeoDataFrame,
    ids: pd.Series,
    classes: npt.NDArray[np.uint8],
    design: SampleDesign,
    legend: Legend,
    source: str,
) -> dict[str, Any]:
    response = design.response
    if response is None or not response.drivers or DRIVER_COLUMN not in frame:
        return {}
    codes = driver_codes(frame[DRIVER_COLUMN], ids, response, source)
    refuse_kept(pd.Series(classes, ids), pd.Series(codes, ids), response, legend, source)
    return {DRIVER_COLUMN: named_drivers(codes, response)}


def _refuse_repeats(units: geopandas.GeoDataFrame, source: str) -> None:
    twice = units["unit_id"].duplicated()
    if twice.any():
        unit = units.loc[twice, "unit_id"].iloc[0]
        raise InvalidSample(f"{source}: unit id {unit!r} occurs more than once")
    places = pd.DataFrame({"x": units.geometry.x, "y": units.geometry.y})
    again = places.duplicated(keep=False)
    if again.any():
        pair = units.loc[again, "unit_id"].iloc[:2].tolist()
        place = places[again].iloc[0]
        raise InvalidSample(
            f"{source}: units lie on one point ({place['x']}, {place['y']}), e.g. "
            f"{' and '.join(map(repr, pair))}; each unit counts once"
        )
