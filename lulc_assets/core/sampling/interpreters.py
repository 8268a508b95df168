"""What several interpreters said: agreement, kappa, consensus, and what to settle.

What belongs here: reading label files of interpreters against a sealed key, comparing the
interpreters, and making one reference class of their labels. What does not: accuracy of a
map. Kappa compares interpreters here, never map and reference (Pontius and Millones 2011).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.crosswalks import Crosswalk, as_key, find_crosswalk
from lulc_assets.core.errors import InvalidSample, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units
from lulc_assets.core.tables.csv_file import read_csv
from lulc_assets.core.tables.vector_file import read_attributes

_ID_COLUMNS = ("unit_id", "plotid", "plot_id", "pl_plotid", "pl_unit_id")
"""In any case. Collect Earth Online calls a unit a plot, and columns that were uploaded pl_…"""
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv")

Labels = pd.Series
"""Class code (uint8) by unit id; 0 = looked at but not interpretable."""


@dataclass(frozen=True)
class Agreement:
    """How two interpreters agree.

    Attributes:
        first: name.
        second: name.
        n: units that both could name.
        share: on which they agree; NaN without such units.
        kappa: Cohen's 1960 (p_o − p_e) / (1 − p_e); NaN where chance alone agrees always.
    """

    first: str
    second: str
    n: int
    share: float
    kappa: float


@dataclass(frozen=True)
class Consensus:
    """One reference class per unit.

    Attributes:
        codes: by unit id of the key, uint8; 0 where nobody could name it or they disagree.
        disputed: units on which interpreters disagree and that nobody settled: unit_id and
            one column of class names an interpreter.
        pairs: agreement of every two interpreters.
        fleiss: kappa of all of them (Fleiss 1971); NaN with fewer than two.
        unlabelled: units that no interpreter named.
    """

    codes: Labels
    disputed: pd.DataFrame
    pairs: tuple[Agreement, ...]
    fleiss: float
    unlabelled: int


def read_labels(
    path: Path,
    key: SealedKey,
    *,
    class_column: str = "reference_class",
    crosswalk: str = "",
    legend: Legend = KARRA_10,
) -> Labels:
    """Read the labels of one interpreter.

    Args:
        path: CSV, GeoPackage or any vector file; a unit's id is in ``unit_id`` or ``PLOTID``.
        key: of the sample; the file may hold some of its units only.
        class_column: names or codes of the crosswalk's vocabulary; empty = not interpretable.
        crosswalk: its name; empty: the classes are the legend's own.
        legend: of the sample's map.

    Raises:
        InvalidSample: not readable, a column missing, a unit that was not drawn, or one
            that is labelled twice.
        UnknownClass: a class is not in the crosswalk; the message names the unit.
    """
    table = _read_table(path, class_column)
    column = _column_called(table, class_column)
    if column is None:
        raise InvalidSample(
            f"{path}: no column {class_column}; it has {', '.join(map(str, table.columns))}"
        )
    ids = _unit_ids(table, key, path)
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise InvalidSample(
            f"{path}: unit {twice!r} is labelled more than once by one interpreter; keep one line"
        )
    values = table[column]
    named = values.notna() & (values.astype(str) != "")
    codes = np.zeros(len(table), dtype=np.uint8)
    translation = find_crosswalk(crosswalk, legend)
    codes[named.to_numpy()] = _translate(values[named], ids[named], translation, path)
    return pd.Series(codes, index=ids.to_numpy())


def agree(
    labels: Mapping[str, Labels],
    key: SealedKey,
    *,
    settled: Labels | None = None,
    majority: bool = False,
    names: Mapping[int, str],
) -> Consensus:
    """Make one reference class of several interpreters' labels.

    Labels of 0 (not interpretable) do not vote. Interpreters who disagree leave a unit
    without class, on the list of disputed units, unless it was settled or a majority rules.

    Args:
        labels: interpreter → labels.
        key: of the sample.
        settled: classes that a second look decided; they win over all others.
        majority: accept the class that more than half of the votes name.
        names: class code → name, for the list of disputed units.

    Raises:
        InvalidSample: no interpreter.
    """
    if not labels:
        raise InvalidSample("no labels; give the file of at least one interpreter")
    ids = key.units["unit_id"]
    votes = pd.DataFrame(
        {who: said.reindex(ids).fillna(0) for who, said in labels.items()}, index=ids
    )
    votes = votes.astype(np.uint8)
    codes = pd.Series([_vote(row, majority) for row in votes.to_numpy()], index=ids)
    disputed = codes == _DISPUTED
    if settled is not None:
        codes.loc[settled.index] = settled.astype(codes.dtype)
        disputed.loc[settled.index] = False
    listed = votes[disputed].replace({0: ""} | dict(names)).reset_index()
    return Consensus(
        codes=codes.where(codes != _DISPUTED, 0).astype(np.uint8),
        disputed=listed,
        pairs=tuple(
            _pair(a, b, votes[a].to_numpy(), votes[b].to_numpy())
            for a, b in combinations(votes.columns, 2)
        ),
        fleiss=fleiss_kappa(votes.to_numpy()),
        unlabelled=int((votes.to_numpy() == 0).all(axis=1).sum()),
    )


def complete_sample(key: SealedKey, codes: Labels) -> ReferenceSample:
    """The reference sample: the drawn units, their design and the agreed classes.

    Raises:
        InvalidSample: the key contradicts its design.
    """
    units = key.units
    columns = {
        "unit_id": units["unit_id"],
        "class_code": codes.reindex(units["unit_id"]).to_numpy(dtype=np.uint8),
        "stratum": units["stratum"].astype(str),
        "inclusion_probability": units["inclusion_probability"].astype(np.float64),
    }
    if key.design.needs_primary_units:
        columns["primary_unit"] = units["primary_unit"].astype(str)
    points = geopandas.points_from_xy(units["lon"], units["lat"])
    frame = geopandas.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")
    return ReferenceSample(arrange_units(frame), key.design)


def cohen_kappa(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> float:
    """Cohen's kappa of two raters of the same units, shape (n,) each; NaN where undefined."""
    if first.size == 0:
        return float("nan")
    observed = float(np.mean(first == second))
    shares = [np.bincount(rater, minlength=256) / first.size for rater in (first, second)]
    chance = float(np.sum(shares[0] * shares[1]))
    return (observed - chance) / (1.0 - chance) if chance < 1.0 else float("nan")


def fleiss_kappa(votes: npt.NDArray[np.uint8]) -> float:
    """Fleiss' kappa over units that every rater named, shape (n, raters); NaN where undefined."""
    full = votes[(votes > 0).all(axis=1)]
    n, raters = full.shape
    if n == 0 or raters < 2:
        return float("nan")
    counts = np.stack([np.bincount(row, minlength=256) for row in full])
    observed = float(np.mean((np.sum(counts**2, axis=1) - raters) / (raters * (raters - 1))))
    chance = float(np.sum((counts.sum(axis=0) / (n * raters)) ** 2))
    return (observed - chance) / (1.0 - chance) if chance < 1.0 else float("nan")


_DISPUTED = -1


def _vote(row: npt.NDArray[np.uint8], majority: bool) -> int:
    cast = row[row > 0]
    if cast.size == 0:
        return 0
    codes, counts = np.unique(cast, return_counts=True)
    best = int(np.argmax(counts))
    if codes.size == 1 or (majority and 2 * counts[best] > cast.size):
        return int(codes[best])
    return _DISPUTED


def _pair(first: str, second: str, a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> Agreement:
    both = (a > 0) & (b > 0)
    share = float(np.mean(a[both] == b[both])) if both.any() else float("nan")
    return Agreement(first, second, int(both.sum()), share, cohen_kappa(a[both], b[both]))


def _read_table(path: Path, class_column: str) -> pd.DataFrame:
    if path.suffix.lower() in _TEXT_SUFFIXES:
        return read_csv(path).frame()
    return read_attributes(path, [class_column], InvalidSample)


def _column_called(table: pd.DataFrame, name: str) -> str | None:
    """The column of a name, in any case where no column is spelt the same."""
    same = [c for c in table.columns if c == name]
    near = [c for c in table.columns if str(c).casefold() == name.casefold()]
    return next(iter([*same, *near]), None)


def _unit_ids(table: pd.DataFrame, key: SealedKey, path: Path) -> "pd.Series[str]":
    """Ids of the units, from the column whose values are units of the sample.

    Programs number plots themselves and keep our ids in another column; so a column counts
    by what it holds, and its name only breaks ties.
    """
    drawn = set(key.units["unit_id"])
    columns = {str(c): table[c].map(as_key) for c in table.columns if c != "geometry"}
    called = [c for name in _ID_COLUMNS for c in columns if c.casefold() == name]
    for name in [*called, *(c for c in columns if c not in called)]:
        if len(table) and columns[name].isin(drawn).all():
            return columns[name]
    if not called:
        raise InvalidSample(
            f"{path}: no column unit_id (or PLOTID), and none holds units of the sample; it has "
            f"{', '.join(columns)}"
        )
    named = max(called, key=lambda c: int(columns[c].isin(drawn).sum()))
    row = int(np.flatnonzero(~columns[named].isin(drawn))[0]) if len(table) else 0
    strange = columns[named].iloc[row] if len(table) else ""
    raise InvalidSample(
        f"{path}, row {row + 1}, column {named}: unit {strange!r} was not drawn; the sample has "
        f"units such as {min(drawn)!r}: correct the id or delete the row"
    )


def _translate(
    values: pd.Series, ids: pd.Series, crosswalk: Crosswalk, path: Path
) -> Sequence[int] | npt.NDArray[np.uint8]:
    for unit, value in zip(ids, values, strict=True):
        if not crosswalk.knows(value):
            known = [entry.source for entry in crosswalk.entries]
            raise UnknownClass(
                f"{path}, unit {unit!r}: class {value!r} is not in crosswalk {crosswalk.name}; it "
                f"knows {', '.join(known)}"
            )
    return crosswalk.translate(values)
