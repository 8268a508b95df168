"""What several interpreters said: agreement, kappa, consensus, and what to settle.

What belongs here: comparing interpreters, and making one answer per unit of theirs. What does not:
their files (``interpreter_files.py``) and accuracy of a map. Kappa compares interpreters here,
never map and reference (Pontius and Millones 2011).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.answers import DRIVER_COLUMN, named_drivers
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units

Labels = pd.Series
"""Code of the class, or of the driver, by unit id, uint8; 0 = looked at but not named."""


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
        names: code → name, for the list of disputed units.

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


def complete_sample(
    key: SealedKey, codes: Labels, drivers: Labels | None = None
) -> ReferenceSample:
    """The reference sample: the drawn units, their design and the agreed answers.

    Args:
        key: of the sample.
        codes: agreed class of each unit.
        drivers: agreed driver, as ``read_answers`` codes it; None where none was asked for.

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
    if drivers is not None and key.design.response is not None:
        found = drivers.reindex(units["unit_id"]).fillna(0).to_numpy(dtype=np.uint8)
        columns[DRIVER_COLUMN] = named_drivers(found, key.design.response)
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
