"""Tables of areas as people keep them: CSV files of class (or stratum) and hectares.

What belongs here: reading them, their unit, and whether they fit the map. What does not: counts
(``count_files.py``) and estimating (``counts.py``).
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.tables.csv_file import read_csv
from lulc_assets.core.tables.numbers import is_number
from lulc_assets.core.tables.totals import check_sum, find_total, is_called_total

_EARTH_HA = 51.0e9
"""Surface of the Earth: an area above it is in another unit."""
_SAME_AREA = 0.005
"""Relative difference of two sums of areas that rounding and pixel areas can explain."""
_OTHER_UNITS = (
    (r"km\W*(2|²)|sq\w*\W*km|square\W*kilomet", "km²; 1 km² is 100 ha"),
    (r"(?<!k)m\W*(2|²)|sq\w*\W*m\b|square\W*met", "m²; 10,000 m² are 1 ha"),
    (r"pixel|\bpx\b|_px\b|\bcount|_count", "pixels; a 10 m pixel is 0.01 ha, a 30 m one 0.09 ha"),
    (r"acre", "acres; 1 acre is 0.404686 ha"),
    (r"\b(m|k)ha\b|_(m|k)ha\b|million", "multiples of hectares"),
    (r"share|proportion|fraction|percent|%", "shares; multiply them with the area of the map"),
)
"""Spellings in the title of a column of areas, and the unit that they mean."""
_HECTARES = re.compile(r"(^|[\W_])ha($|[\W_])|hectare")


def read_areas(path: Path, classes: Collection[str] = ()) -> dict[str, float]:
    """Read a CSV of areas in hectares: class (or stratum), area; a line of titles is optional.

    Args:
        path: of the file.
        classes: that are known to be none of the totals.

    Raises:
        InvalidSample: not readable, a class twice, a negative or missing area, titles that
            name another unit, or a sum beyond the surface of the Earth.
    """
    table = read_csv(path)
    lines = table.lines
    column = 1
    if lines and len(lines[0]) > 1 and not is_number(lines[0][1]):
        column = _column_of_hectares(path, lines[0])
        lines = lines[1:]
    if not lines:
        raise InvalidSample(f"{path}: no areas; write lines of class and area in hectares")
    texts = [line[column] if len(line) > column else "" for line in lines]
    areas: dict[str, float] = {}
    for line, text, area in zip(lines, texts, table.numbers(texts, [column]), strict=True):
        if area is None or not area >= 0 or math.isinf(area):
            raise InvalidSample(
                f"{path}: area of class {line[0]!r} is {text!r}; give hectares ≥ 0 as a plain "
                "number"
            )
        if line[0] in areas:
            raise InvalidSample(f"{path}: class {line[0]!r} occurs more than once")
        areas[line[0]] = area
    areas = _without_total(path, areas, classes)
    total = sum(areas.values())
    if not 0 < total < _EARTH_HA:
        raise InvalidSample(
            f"{path}: areas sum to {total:g} ha; the Earth has {_EARTH_HA:.2g} ha. Give hectares"
        )
    return areas


def _without_total(
    path: Path, areas: Mapping[str, float], classes: Collection[str]
) -> dict[str, float]:
    """Areas but for totals, by name or, where no class has the name, by being the sum."""
    left = dict(areas)
    for name in [name for name in areas if is_called_total(name) and name not in classes]:
        claimed = left.pop(name)
        check_sum(claimed, list(left.values()), f"{path}: area {name!r}")
    total = find_total(left, classes) if classes else None
    return {name: area for name, area in left.items() if name != total}


def check_total(areas: Mapping[str, float], map_area_ha: float, source: str) -> None:
    """Refuse areas whose sum is not that of the map.

    Raises:
        InvalidSample: the sums differ; the message says what unit would explain it.
    """
    total = sum(areas.values())
    ratio = total / map_area_ha
    if abs(ratio - 1.0) <= _SAME_AREA:
        return
    known = {"m²": 1e4, "km²": 0.01, "10 m pixels": 100.0, "30 m pixels": 1 / 0.09, "acres": 2.471}
    near = [unit for unit, factor in known.items() if abs(ratio / factor - 1.0) <= 0.02]
    hint = f"; they look like {near[0]}" if near else ""
    raise InvalidSample(
        f"{source}: areas sum to {total:,.6g} but the map has {map_area_ha:,.6g} ha{hint}. "
        "Give the mapped areas of this map in hectares"
    )


def _column_of_hectares(path: Path, titles: Sequence[str]) -> int:
    """The column of areas: the second, or of more than two the one that says hectares.

    Raises:
        InvalidSample: none or several of them say so, or the second names another unit.
    """
    if len(titles) > 2:
        said = [i for i, title in enumerate(titles) if i and _HECTARES.search(title.lower())]
        if len(said) == 1:
            return said[0]
        raise InvalidSample(
            f"{path}: columns are {', '.join(titles)}; which is the area? Give class and area_ha"
        )
    for spelling, unit in _OTHER_UNITS:
        if re.search(spelling, titles[1].lower()):
            raise InvalidSample(
                f"{path}: column {titles[1]!r} is in {unit}. Convert it to hectares"
            )
    return 1


def suspect_shares(areas: Mapping[str, float]) -> str:
    """A warning where areas look like shares of the map, else nothing."""
    total = sum(areas.values())
    for whole, what in ((1.0, "shares"), (100.0, "shares in percent")):
        if abs(total / whole - 1.0) <= _SAME_AREA:
            return (
                f"The areas sum to {whole:g}, as {what} of a map do: accuracies are right, but "
                f"what is printed as hectares are {what}."
            )
    return ""
