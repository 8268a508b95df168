"""Units of a sample with their mapped and their true year of change.

What belongs here: from the files of a sample to the arrays that ``tolerance`` takes. What does
not: the estimators.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from lulc_assets.core.change.tolerance import ChangeAccuracy, accuracy_by_tolerance
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.sampling.fieldwork import SealedKey, read_key
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.tables.csv_file import read_csv

_FIRST, _LAST = 1985, 2100
"""Years that anybody could have meant."""

Years = npt.NDArray[np.int64]


def judge_years(drawn: Path, labels: Path, year_map: Path) -> dict[str, ChangeAccuracy]:
    """Accuracy of the year of change by tolerance, from a stratified or simple sample.

    Args:
        drawn: folder of the sample, with its sealed key.
        labels: CSV with the columns ``unit_id`` and ``year_of_change`` (first year whose map
            should show it; empty or 0: no change). Every unit has a row.
        year_map: ``year_of_change.tif``, 0 = no lasting change.

    Raises:
        InvalidSample: a unit without a row or outside the map, a year that is none, or a design
            other than stratified or simple.
    """
    key = read_key(drawn)
    true = _true_years(labels, key)
    return accuracy_by_tolerance(_mapped_years(year_map, key), true, _strata(key))


def _strata(key: SealedKey) -> Strata:
    design = key.design
    if design.design not in ("stratified", "simple_random"):
        raise InvalidSample(
            f"{key.folder}: accuracy of the year of change takes a stratified or simple sample, "
            f"not {design.design}"
        )
    if design.design == "simple_random":
        size = float(design.population_pixels or len(key.units))
        return Strata(("all",), np.zeros(len(key.units), np.int64), np.array([size]), np.zeros(1))
    names = tuple(design.stratum_pixels)
    of_unit = np.array([names.index(name) for name in key.units["stratum"]], np.int64)
    sizes = np.array([design.stratum_pixels[name] for name in names], np.float64)
    return Strata(names, of_unit, sizes, np.zeros(len(names)))


def _mapped_years(path: Path, key: SealedKey) -> Years:
    with_grid = open_map(path)
    forward = Transformer.from_crs(4326, with_grid.grid.epsg, always_xy=True)
    xs, ys = forward.transform(key.units["lon"].to_numpy(), key.units["lat"].to_numpy())
    grid = with_grid.grid
    cols = np.floor((np.asarray(xs) - grid.x0) / grid.pixel_m).astype(np.int64)
    rows = np.floor((grid.y0 - np.asarray(ys)) / grid.pixel_m).astype(np.int64)
    outside = (rows < 0) | (rows >= grid.height) | (cols < 0) | (cols >= grid.width)
    if outside.any():
        unit = key.units["unit_id"].iloc[int(np.flatnonzero(outside)[0])]
        raise InvalidSample(f"{path}: unit {unit} lies outside the map; give the map of its tile")
    found: Years = read_raster(path)[rows, cols].astype(np.int64)
    return found


def _true_years(path: Path, key: SealedKey) -> Years:
    frame = read_csv(path).frame()
    missing = [name for name in ("unit_id", "year_of_change") if name not in frame]
    if missing:
        raise InvalidSample(f"{path}: column {' and '.join(missing)} is missing")
    told: dict[str, int] = {}
    for unit, text in zip(frame["unit_id"].astype(str), frame["year_of_change"], strict=True):
        year = str(text).strip()
        if year in ("", "nan", "None"):
            year = "0"
        if not (year.isdecimal() and (int(year) == 0 or _FIRST <= int(year) <= _LAST)):
            raise InvalidSample(f"{path}: unit {unit} has the year of change {year!r}; write a "
                                "year, or nothing where nothing changed")  # fmt: skip
        told[unit] = int(year)
    units = key.units["unit_id"].astype(str)
    without = [unit for unit in units if unit not in told]
    if without:
        raise InvalidSample(
            f"{path}: {len(without)} units have no row, {without[0]} first; every unit that was "
            "drawn counts, even where nothing changed"
        )
    return np.array([told[unit] for unit in units], np.int64)
