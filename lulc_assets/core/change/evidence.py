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
from lulc_assets.core.change.symbols import BINS, LETTERS, LEVELS, VIEWS
from lulc_assets.core.compositing.kernel import LAND
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.legend import KARRA_10, LandCover

LOG_ONE = 256
"""Logarithms are stored in steps of 1/256: rounding each of 100 observations errs by less
than 0.2 in the sum, a fifth of what the weakest step of the ladder asks for."""

RATIO_LIMIT = 20.0
"""No observation moves the odds by more: tables know rare letters badly, and a date may be
wrong in a way that no validation pixel showed (a missed cloud, a shifted image)."""

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


def likely_next() -> Floats:
    """Weight of each class as what another becomes, (9, 9), rows sum to 1.

    All alike, but for snow: it covers the ground and leaves it, which is weather. Ice that
    is lost for good shows over years, not over dates.
    """
    weights = np.ones((LAND, LAND)) - np.eye(LAND)
    snow = int(LandCover.SNOW_ICE) - 1
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
    """

    counts: LetterCounts
    origin: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.counts.views.any():
            raise InvalidProduct(
                "evidence for change has no observation to learn from: no unchanged pixel of "
                "the validation data was seen clearly"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the counts and the legend: equal evidence, equal digest."""
        found = hashlib.sha256(KARRA_10.digest.encode())
        for name in _COUNTS:
            found.update(np.ascontiguousarray(getattr(self.counts, name)).tobytes())
        return found.hexdigest()

    @cached_property
    def ratios(self) -> Logs:
        """(9, 4, 82, 81) int16: 256 · ln of the ratio changed / unchanged, clipped.

        By baseline class, quarter, last letter (0 = none) and letter. Classes of which
        nothing is known, and snow, have 0 throughout: no view says anything there.
        """
        unchanged = _given_last(self.counts.pairs.astype(np.float64))
        changed = self._changed(unchanged)
        limit = np.log(RATIO_LIMIT)
        logs = np.clip(np.log(changed / unchanged), -limit, limit)
        known = self.counts.views.sum(1) > 0
        known[int(LandCover.SNOW_ICE) - 1] = False
        return np.rint(LOG_ONE * logs * known[:, None, None, None]).astype(np.int16)

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
        mixed = np.einsum("ab,bqpo->aqpo", likely_next(), joint)
        fresh = np.einsum("ab,bqo->aqo", likely_next(), _given_last(pairs)[:, :, 0])
        after = mixed / np.maximum(mixed.sum(-1, keepdims=True), 1e-300)
        familiar = self._familiar()
        fresh_letters = _with_familiar(fresh[:, :, None], familiar)[:, :, 0]
        dated = self.counts.changed.astype(np.float64)
        fresh_letters = _seen_or(dated.sum(2), fresh_letters, PRIOR_CHANGED)
        first = np.log(np.maximum(fresh_letters, 1e-12) / unchanged[:, :, 0])
        found = np.empty_like(unchanged)
        found[:, :, 0] = fresh_letters
        letters = _with_familiar(after, familiar)
        for letter in range(LETTERS):
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
        header = {"format": FORMAT, "legend": KARRA_10.digest, "origin": dict(self.origin)}
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
    def read(cls, path: Path) -> "Evidence":
        """Read what :meth:`write` wrote.

        Raises:
            ProductCorrupt: not such a file, of another format or another legend.
        """
        empty = LetterCounts.empty()
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            found = (data["format"], data["legend"])
            for name in _COUNTS:
                np.put(getattr(empty, name), data[name]["at"], data[name]["count"])
            origin = {str(key): str(value) for key, value in data["origin"].items()}
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ProductCorrupt(f"evidence {path} cannot be read: {error}") from error
        if found != (FORMAT, KARRA_10.digest):
            raise ProductCorrupt(
                f"evidence {path} is of (format, legend) {found}; needed is "
                f"{(FORMAT, KARRA_10.digest)}: learn it anew"
            )
        return cls(empty, origin)


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
    by_view = pairs.reshape(LAND, QUARTERS, LETTERS + 1, VIEWS, LEVELS).sum(-1)
    found = np.empty((LAND, QUARTERS, VIEWS + 1, VIEWS))
    found[:, :, 0] = by_view[:, :, 0]
    found[:, :, 1:] = by_view[:, :, 1:].reshape(LAND, QUARTERS, VIEWS, LEVELS, VIEWS).sum(3)
    return found


def _with_familiar(views: Floats, familiar: Floats) -> Floats:
    """Views to letters: (9, 4, m, 27) to (9, 4, m, 81)."""
    levels = np.repeat(familiar, BINS, axis=2)[:, :, None]
    return (views[..., None] * levels).reshape(*views.shape[:-1], LETTERS)
