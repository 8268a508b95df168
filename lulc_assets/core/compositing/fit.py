"""Class weights chosen on gold labels, from kept sums.

What belongs here: the choice, and what it is worth on ground that it was not chosen on. What
does not: reading sums and labels (``gold``).

The objective is the agreement with the gold labels less ``strength`` times the mean squared
distance, in powers of two, from the reference weights. It is climbed one weight at a time:
for each, the threshold at which a pixel changes hands is known, so that all values are tried
at once. Gold windows are few and their pixels alike, so the strength is chosen by leaving out
one window after the other, and the strongest is taken that is no worse than the best by more
than one standard error; keeping the reference as it is takes part in this as the strongest
of all. (The rule of one standard error: Breiman et al. 1984, section 3.4.3.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.settings import WEIGHT_MAX
from lulc_assets.core.errors import NoLabels

STRENGTHS = (0.1, 0.03, 0.01, 0.003, 0.001)
"""An agreement of 1 point is worth a mean shift by a factor of 1.2, 1.5, 2, 3.5 or 9."""

STEPS_OF_A_DOUBLING = 8
"""Weights are tried in steps of 9 %, up to eight times and down to an eighth."""

LEAST_WINDOWS = 3
MOST_FOLDS = 20
MOST_PIXELS = 20_000
"""Pixels that weights are chosen on, every n-th of them all: neighbours tell the same."""

_SWEEPS = 4

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GoldVotes:
    """The votes at labelled pixels.

    Attributes:
        votes: (n, groups, land) int64: sums by class of each group of parts of the year whose
            weights are chosen together.
        truth: (n,) int64, codes of land.
        window: (n,) int64, number of the gold window.
    """

    votes: I64
    truth: I64
    window: I64

    def take(self, chosen: npt.NDArray[np.bool_]) -> "GoldVotes":
        """Some of the pixels."""
        return GoldVotes(self.votes[chosen], self.truth[chosen], self.window[chosen])


@dataclass(frozen=True)
class Fit:
    """Chosen weights and what they are worth.

    Attributes:
        weights: (groups, land) int64, in 1/256.
        strength: of the pull towards the reference; infinite: the reference was kept.
        agreement: share of the gold pixels on which the map agrees, with these weights.
        reference_agreement: the same with the reference.
        cross_validated: mean agreement over windows that were left out, for the chosen
            strength.
        reference_cross_validated: mean agreement over the same windows with the reference.
        windows: how many there are.
        pixels: how many there are.
    """

    weights: I64
    strength: float
    agreement: float
    reference_agreement: float
    cross_validated: float
    reference_cross_validated: float
    windows: int
    pixels: int

    @property
    def keeps_reference(self) -> bool:
        """Whether nothing better than the reference was found."""
        return math.isinf(self.strength)


def classify(votes: I64, weights: I64) -> I64:
    """The class of each pixel as the map has it, (n,), 0 where nobody voted."""
    scores = np.einsum("ngc,gc->nc", votes, weights)
    return np.where(scores.max(axis=1) > 0, scores.argmax(axis=1) + 1, 0)


def agreement(gold: GoldVotes, weights: I64) -> float:
    """Share of the pixels on which the map agrees with the labels, 0–1."""
    return float((classify(gold.votes, weights) == gold.truth).mean())


def fit_weights(gold: GoldVotes, reference: I64) -> Fit:
    """Choose weights near the reference that hold on windows left out.

    Args:
        gold: votes at labelled pixels.
        reference: (groups, land) int64, in 1/256.

    Raises:
        NoLabels: fewer than three windows: nothing can be left out.
    """
    windows = np.unique(gold.window)
    if len(windows) < LEAST_WINDOWS:
        raise NoLabels(
            f"{len(windows)} gold windows; weights are chosen by leaving windows out, which "
            f"needs at least {LEAST_WINDOWS}. Label more windows with role gold"
        )
    strengths = (math.inf, *STRENGTHS)
    step = -(-len(gold.truth) // MOST_PIXELS)
    fewer = gold.take(np.arange(len(gold.truth)) % step == 0)
    left_out = np.array([_leave_out(fewer, windows, reference, s) for s in strengths])
    chosen = strongest_within_one_error(left_out)
    weights = climb(fewer, reference, strengths[chosen])
    means = left_out.mean(axis=1)
    return Fit(
        weights=weights,
        strength=strengths[chosen],
        agreement=agreement(gold, weights),
        reference_agreement=agreement(gold, reference),
        cross_validated=float(means[chosen]),
        reference_cross_validated=float(means[0]),
        windows=len(windows),
        pixels=len(gold.truth),
    )


def _leave_out(
    gold: GoldVotes, windows: I64, reference: I64, strength: float
) -> npt.NDArray[np.float64]:
    """Agreement on each fold of windows with weights that were chosen without it."""
    folds = np.array_split(windows, min(len(windows), MOST_FOLDS))
    found = []
    for fold in folds:
        out = np.isin(gold.window, fold)
        weights = climb(gold.take(~out), reference, strength)
        if out.any():
            found.append(agreement(gold.take(out), weights))
    return np.array(found)


def strongest_within_one_error(left_out: npt.NDArray[np.float64]) -> int:
    """Index of the first row (strongest first) that is as good as the best, within one error."""
    best = left_out[left_out.mean(axis=1).argmax()]
    for number, row in enumerate(left_out):
        loss = best - row
        if loss.mean() <= loss.std(ddof=1) / math.sqrt(len(loss)):
            return number
    raise AssertionError("the best row is as good as itself")


def climb(gold: GoldVotes, reference: I64, strength: float) -> I64:
    """The weights of one strength, (groups, land) int64; the reference where it is infinite.

    Classes that no label has stay at the reference: nothing speaks for another weight.
    """
    weights = reference.copy()
    if math.isinf(strength):
        return weights
    labelled = [code for code in np.unique(gold.truth) if 1 <= code <= weights.shape[1]]
    penalty = strength / (len(labelled) * len(weights))
    for _ in range(_SWEEPS):
        before = weights.copy()
        for group in range(len(weights)):
            for code in labelled:
                weights[group, code - 1] = _best_value(
                    gold, weights, group, int(code), int(reference[group, code - 1]), penalty
                )
        if (weights == before).all():
            break
    return weights


def _best_value(
    gold: GoldVotes, weights: I64, group: int, code: int, reference: int, penalty: float
) -> int:
    """The best weight of one class in one group while all others stay."""
    candidates = _candidates(reference)
    scores = np.einsum("ngc,gc->nc", gold.votes, weights)
    own = gold.votes[:, group, code - 1]
    base = scores[:, code - 1] - own * weights[group, code - 1]
    scores[:, code - 1] = -1
    rival, rival_code = scores.max(axis=1), scores.argmax(axis=1) + 1
    # The class wins from this weight on; ties go to the smaller code. The first candidate
    # that is larger counts, so a threshold that is met exactly is moved by half a step.
    with np.errstate(divide="ignore", invalid="ignore"):
        threshold = np.where(own > 0, (rival - base) / own, np.where(base > rival, -1, np.inf))
    threshold = threshold - np.where(code < rival_code, 0.5 / np.maximum(own, 1), 0)
    gains = np.sort(threshold[gold.truth == code])
    losses = np.sort(threshold[(rival_code == gold.truth) & (gold.truth != code)])
    won = np.searchsorted(gains, candidates) - np.searchsorted(losses, candidates)
    distance = np.log2(candidates / max(reference, 1))
    value = won / len(gold.truth) - penalty * distance**2
    nearest = np.lexsort((np.abs(distance), -value))
    return int(candidates[nearest[0]])


def _candidates(reference: int) -> I64:
    """Weights to try around a reference, in 1/256."""
    powers = np.arange(-3 * STEPS_OF_A_DOUBLING, 3 * STEPS_OF_A_DOUBLING + 1) / STEPS_OF_A_DOUBLING
    tried = np.floor(max(reference, 1) * 2.0**powers + 0.5).astype(np.int64)
    return np.unique(np.clip(tried, 1, WEIGHT_MAX))


def merge_groups(votes: I64, groups: Sequence[Sequence[int]]) -> I64:
    """Votes by part (n, parts, land) summed by group (n, groups, land)."""
    return np.stack([votes[:, list(group)].sum(axis=1) for group in groups], axis=1)
