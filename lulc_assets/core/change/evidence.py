"""From counts to evidence: what an observation says for and against change.

What belongs here: probabilities of letters given the last one, likelihood ratios and log
likelihoods as integers, their file. What does not: counting (``counting``) and adding up
along time (``grading`` and ``core/alerts``).

The errors of two dates are alike where the reason stays: a mixed pixel, a field that looks
like another use, a map that was wrong. Taken as independent, two such dates would count
twice. Each observation is therefore weighed given the last one: P(o_t | o_{t−1}, changed) /
P(o_t | o_{t−1}, unchanged). A second "bare" on a pixel that is wrongly mapped as grass is
then expected, and says next to nothing.

"Unchanged" is learnt from pixels that did not change. "Changed" is learnt from pixels with a
dated change where there are any, and begins for each baseline class with a mixture of what
the other classes look like, by how likely each comes next. Right after a view that speaks for
the old class, the change must lie between the two, and the last view says nothing about the
next.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.dates import QUARTERS
from lulc_assets.core.change.odds import LOG_ONE, RATIO_LIMIT
from lulc_assets.core.change.symbols import BINS, LEVELS, land_classes
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.legend import KARRA_10, Legend

PRIOR_PAIRS = 200.0
"""Pairs after which a last letter's own frequencies count as much as those of all letters."""

PRIOR_CHANGED = 500.0
"""Views of dated changes after which they count as much as the mixture of other classes."""

PRIOR_LETTERS = 0.5
"""Added to the count of each letter, so that what was never seen is rare and not impossible."""

FORMAT = 1
_COUNTS = ("pairs", "changed", "familiar", "views")

Floats = npt.NDArray[np.float64]
Logs = npt.NDArray[np.int16]


SNOW = "snow_ice"
"""Name of the class that comes and goes with the weather, in legends that have it."""


def likely_next(legend: Legend = KARRA_10) -> Floats:
    """Weight of each class as what another becomes, (land, land), rows sum to 1.

    All alike, but for snow: it covers the ground and leaves it, which is weather. Ice that
    is lost for good shows over years, not over dates.
    """
    land = land_classes(legend)
    weights = np.ones((land, land)) - np.eye(land)
    snow = _is_snow(legend)
    weights[:, snow] = 0.0
    weights[snow] = 0.0
    rows = weights.sum(1, keepdims=True)
    return np.divide(weights, rows, out=np.zeros_like(weights), where=rows > 0)


@dataclass(frozen=True)
class Evidence:
    """What letters say, learnt from counts.

    Attributes:
        counts: of unchanged pixels.
        origin: where the pixels came from, for records and pages.
        legend: whose classes they are. Shapes below are those of the default legend.
    """

    counts: LetterCounts
    origin: Mapping[str, str] = field(default_factory=dict)
    legend: Legend = KARRA_10

    def __post_init__(self) -> None:
        if self.counts.views.shape[0] != land_classes(self.legend):
            raise InvalidProduct(
                f"evidence for change is of {self.counts.views.shape[0]} classes of land; legend "
                f"{self.legend.name} has {len(self.legend.land)}"
            )
        if not self.counts.views.any():
            raise InvalidProduct(
                "evidence for change has no observation to learn from: no unchanged pixel of "
                "the validation data was seen clearly"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the counts and the legend: equal evidence, equal digest."""
        found = hashlib.sha256(self.legend.digest.encode())
        for name in _COUNTS:
            found.update(np.ascontiguousarray(getattr(self.counts, name)).tobytes())
        return found.hexdigest()

    @cached_property
    def ratios(self) -> Logs:
        """(9, 4, 82, 81) int16: 256 · ln of the ratio changed / unchanged, clipped.

        By baseline class, quarter, last letter (0 = none) and letter. Classes of which
        nothing is known, and snow, have 0 throughout: no view says anything there. Nor does
        a view of snow anywhere: it tells of the weather.
        """
        unchanged = _given_last(self.counts.pairs.astype(np.float64))
        changed = self._changed(unchanged)
        limit = np.log(RATIO_LIMIT)
        logs = np.clip(np.log(changed / unchanged), -limit, limit)
        known = self.counts.views.sum(1) > 0
        known[_is_snow(self.legend)] = False
        telling = np.repeat(~_is_snow(self.legend), BINS * LEVELS)
        return np.rint(LOG_ONE * logs * known[:, None, None, None] * telling).astype(np.int16)

    @cached_property
    def likelihoods(self) -> npt.NDArray[np.int32]:
        """(9, 4, 28, 27) int32: 256 · ln P(view | last view, class).

        By class, quarter, last view (0 = none) and view. Letters without what is familiar:
        within the year that a map was made from, every class is.
        """
        logs = np.log(_given_last(_as_views(self.counts.pairs)))
        return np.rint(LOG_ONE * logs).astype(np.int32)

    def _changed(self, unchanged: Floats) -> Floats:
        """P(letter | last letter, changed), (9, 4, 82, 81)."""
        pairs = _as_views(self.counts.pairs)
        joint = _given_last(pairs) * _shares_of_last(pairs)[..., None]
        mixed = np.einsum("ab,bqpo->aqpo", likely_next(self.legend), joint)
        fresh = np.einsum("ab,bqo->aqo", likely_next(self.legend), _given_last(pairs)[:, :, 0])
        after = mixed / np.maximum(mixed.sum(-1, keepdims=True), 1e-300)
        familiar = self._familiar()
        fresh_letters = _with_familiar(fresh[:, :, None], familiar)[:, :, 0]
        dated = self.counts.changed.astype(np.float64)
        fresh_letters = _seen_or(dated.sum(2), fresh_letters, PRIOR_CHANGED)
        first = np.log(np.maximum(fresh_letters, 1e-12) / unchanged[:, :, 0])
        found = np.empty_like(unchanged)
        found[:, :, 0] = fresh_letters
        letters = _with_familiar(after, familiar)
        for letter in range(unchanged.shape[-1]):
            speaks_for_change = first[..., letter] > 0
            prior = (letters[:, :, letter // LEVELS + 1] + fresh_letters) / 2
            stayed = _seen_or(dated[:, :, letter + 1], prior, PRIOR_PAIRS)
            found[:, :, letter + 1] = np.where(speaks_for_change[..., None], stayed, fresh_letters)
        return np.maximum(found, 1e-12)

    def _familiar(self) -> Floats:
        """P(level), (9, 4, 9, 3), by baseline class, quarter, class and how familiar it is."""
        counts = self.counts.familiar + 0.5
        return counts / counts.sum(-1, keepdims=True)

    def write(self, path: Path) -> Path:
        """Write the counts and where they are from: equal counts, equal bytes."""
        header = {"format": FORMAT, "legend": self.legend.digest, "origin": dict(self.origin)}
        layers = {
            name: {
                "at": np.flatnonzero(counts).tolist(),
                "count": counts[counts != 0].tolist(),
            }
            for name, counts in ((name, getattr(self.counts, name)) for name in _COUNTS)
        }
        text = json.dumps({**header, **layers}, sort_keys=True, separators=(",", ":"))
        path.write_text(text, encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path, legend: Legend = KARRA_10) -> "Evidence":
        """Read what :meth:`write` wrote of a legend.

        Raises:
            ProductCorrupt: not such a file, of another format or another legend.
        """
        empty = LetterCounts.empty(land_classes(legend))
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            found = (data["format"], data["legend"])
            for name in _COUNTS:
                np.put(getattr(empty, name), data[name]["at"], data[name]["count"])
            origin = {str(key): str(value) for key, value in data["origin"].items()}
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ProductCorrupt(f"evidence {path} cannot be read: {error}") from error
        if found != (FORMAT, legend.digest):
            raise ProductCorrupt(
                f"evidence {path} is of (format, legend) {found}; needed is "
                f"{(FORMAT, legend.digest)}: learn it again"
            )
        return cls(empty, origin, legend)


def _is_snow(legend: Legend) -> npt.NDArray[np.bool_]:
    """(land,) bool."""
    return np.array([known.name == SNOW for known in legend.land])


def _given_last(pairs: Floats) -> Floats:
    """P(o | last, class, quarter) from counts (9, 4, n + 1, n), smoothed; row 0: no last.

    Where a quarter saw nothing of a class, the whole year stands in for it.
    """
    letters = pairs.shape[-1]
    by_quarter = pairs.sum(2)
    year = by_quarter.sum(1, keepdims=True) + PRIOR_LETTERS
    whole = year / year.sum(-1, keepdims=True)
    weight = PRIOR_LETTERS * letters
    alone = (by_quarter + weight * whole) / (by_quarter.sum(-1, keepdims=True) + weight)
    found = (pairs + PRIOR_PAIRS * alone[:, :, None]) / (pairs.sum(-1, keepdims=True) + PRIOR_PAIRS)
    found[:, :, 0] = alone
    return found


def _seen_or(counts: Floats, prior: Floats, weight: float) -> Floats:
    """Frequencies that begin with a prior of so many views, along the last axis."""
    return (counts + weight * prior) / (counts.sum(-1, keepdims=True) + weight)


def _shares_of_last(pairs: Floats) -> Floats:
    """P(last letter | class, quarter), (9, 4, n + 1); row 0 stands for no last letter."""
    counts = pairs.sum(-1)
    counts[:, :, 1:] += PRIOR_LETTERS
    return counts / counts.sum(-1, keepdims=True)


def _as_views(pairs: npt.NDArray[np.int64]) -> Floats:
    """Counts of letters as counts of views: (9, 4, 82, 81) to (9, 4, 28, 27)."""
    land, _, _, letters = pairs.shape
    views = letters // LEVELS
    by_view = pairs.reshape(land, QUARTERS, letters + 1, views, LEVELS).sum(-1)
    found = np.empty((land, QUARTERS, views + 1, views))
    found[:, :, 0] = by_view[:, :, 0]
    found[:, :, 1:] = by_view[:, :, 1:].reshape(land, QUARTERS, views, LEVELS, views).sum(3)
    return found


def _with_familiar(views: Floats, familiar: Floats) -> Floats:
    """Views to letters: (9, 4, m, 27) to (9, 4, m, 81)."""
    levels = np.repeat(familiar, BINS, axis=2)[:, :, None]
    return (views[..., None] * levels).reshape(*views.shape[:-1], LEVELS * views.shape[-1])
