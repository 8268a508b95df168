"""Learning a vote from labelled pixels.

What belongs here: the regression, and how strongly it is held back. What does not: reading sums
and labels (``gold``), judging (``vote_head_judge``), deciding a map (``vote_head_kernel``).

The logits begin as the scores of the plain vote, times one number, so that a head that learns
nothing is the plain vote. From there the mean log loss is minimised together with ``strength``
times the squared distance from that beginning. Labels come in windows whose pixels are alike, so
the strength is chosen by leaving out windows: the strongest that is no worse than the best by
more than one standard error (Breiman et al. 1984, section 3.4.3).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.fit import strongest_within_one_error
from lulc_assets.core.compositing.vote_head import (
    LARGEST_WEIGHT,
    SHARE_ONE,
    WEIGHT_ONE,
    VoteHead,
    inputs_of,
)
from lulc_assets.core.errors import NoLabels

STRENGTHS = (0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003)
FOLDS = 5
LEAST_WINDOWS = 3
LEAST_PIXELS = 50
"""Labelled pixels from which on a class is learnt; as few as the training warns of."""

MOST_PIXELS = 20_000
"""Every n-th of all: neighbours tell the same."""

SEEN_ABSENT = 0.02
"""Share of the labelled pixels without a vote in a part of the year from which on the labels show
what its absence means."""

_STEPS = 60
_FAR = 1e9

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledSums:
    """What the sums say at labelled pixels.

    Attributes:
        inputs: (n, inputs) int64, see :class:`VoteHead`.
        scores: (n, land) int64, weighted votes of each class: the plain vote takes the largest.
        views: (n, parts) int64, votes that count in each part of the year.
        truth: (n,) int64, codes of land.
        window: (n,) int64, number of the labelled window.
    """

    inputs: I64
    scores: I64
    views: I64
    truth: I64
    window: I64

    def take(self, chosen: npt.NDArray[np.generic]) -> "LabelledSums":
        """Some of the pixels."""
        return LabelledSums(
            self.inputs[chosen],
            self.scores[chosen],
            self.views[chosen],
            self.truth[chosen],
            self.window[chosen],
        )

    @classmethod
    def join(cls, several: list["LabelledSums"]) -> "LabelledSums":
        """Those of several tiles and years."""
        return cls(
            *(
                np.concatenate([getattr(one, name) for one in several])
                for name in ("inputs", "scores", "views", "truth", "window")
            )
        )

    @classmethod
    def none(cls, parts: int, land: int) -> "LabelledSums":
        """Those of no pixel."""
        nothing = np.empty(0, np.int64)
        inputs, scores, views = (
            np.empty((0, width), np.int64) for width in (inputs_of(parts, land), land, parts)
        )
        return cls(inputs, scores, views, nothing, nothing)

    @property
    def plain(self) -> I64:
        """Class of the plain vote, (n,), 0 where nobody voted."""
        return np.where(self.scores.max(axis=1) > 0, self.scores.argmax(axis=1) + 1, 0)


@dataclass(frozen=True)
class LearnedHead:
    """A head and how it was chosen.

    Attributes:
        head: integers.
        strength: of the pull towards the plain vote; infinite: the plain vote was kept.
        left_out: agreement on windows that were left out, mean over folds, 0–1.
        plain_left_out: the same of the plain vote.
        pixels: that it learnt from.
        windows: that they lie in.
    """

    head: VoteHead
    strength: float
    left_out: float
    plain_left_out: float
    pixels: int
    windows: int


def learn_head(
    labelled: LabelledSums,
    class_weights: I64,
    legend: str,
    parts: tuple[str, ...],
    bundle: str = "",
) -> LearnedHead:
    """Learn a vote.

    Args:
        labelled: training pixels; gold ground must not be among them.
        class_weights: (parts, land) int64, of the plain vote, in 1/256.
        legend: digest of the legend.
        parts: of the year.
        bundle: digest of the record of the model whose votes were counted.

    Raises:
        NoLabels: fewer than three windows, or fewer than two classes with enough pixels.
    """
    land = labelled.scores.shape[1]
    counts = np.bincount(labelled.truth, minlength=land + 1)[1:]
    known = counts >= LEAST_PIXELS
    windows = np.unique(labelled.window)
    if len(windows) < LEAST_WINDOWS or known.sum() < 2:
        raise NoLabels(
            f"the learned vote needs {LEAST_WINDOWS} labelled windows and two classes of "
            f"{LEAST_PIXELS} labelled pixels where somebody voted; there are {len(windows)} "
            f"windows, and classes of {counts[counts > 0].tolist()} pixels. Label more windows of "
            "role train, or leave [vote] learned off"
        )
    needed = (labelled.views == 0).mean(axis=0) < SEEN_ABSENT
    can_win = known[labelled.truth - 1] & (
        labelled.scores[np.arange(len(labelled.truth)), labelled.truth - 1] > 0
    )
    step = -(-len(labelled.truth) // MOST_PIXELS)
    fewer = labelled.take((np.arange(len(labelled.truth)) % step == 0) & can_win)
    strengths = (math.inf, *STRENGTHS)
    plain = _plain_table(class_weights, fewer.inputs.shape[1])
    left_out = _leave_out(fewer, windows, known, plain)
    chosen = strongest_within_one_error(left_out)
    start = _start(fewer, known, plain)
    table = start
    for strength in strengths[1 : chosen + 1]:  # each begins where the stronger one ended
        table = _minimise(fewer, known, start, table, strength)
    rounded = np.clip(np.rint(table * WEIGHT_ONE), -LARGEST_WEIGHT, LARGEST_WEIGHT)
    head = VoteHead(legend, parts, needed, rounded.astype(np.int64), known, bundle)
    means = left_out.mean(axis=1)
    return LearnedHead(
        head, strengths[chosen], float(means[chosen]), float(means[0]),
        len(labelled.truth), len(windows),
    )  # fmt: skip


def choose(labelled: LabelledSums, head: VoteHead) -> I64:
    """The class of each pixel as the map has it, (n,) int64; the plain vote where that decides."""
    logits = labelled.inputs @ head.weights.T
    able = head.known & (labelled.scores > 0)
    logits[~able] = np.iinfo(np.int64).min
    usable = able.any(axis=1) & (labelled.views[:, head.needed] > 0).all(axis=1)
    return np.where(usable, logits.argmax(axis=1) + 1, labelled.plain)


def _leave_out(labelled: LabelledSums, windows: I64, known: Flags, plain: F64) -> F64:
    """Agreement by strength and fold, (strengths + 1, folds); the first row is the plain vote."""
    order = np.random.default_rng(0).permutation(windows)
    rows = []
    for fold in np.array_split(order, min(FOLDS, len(windows))):
        out = np.isin(labelled.window, fold)
        if not out.any() or out.all():
            continue
        inside, outside = labelled.take(~out), labelled.take(out)
        start = _start(inside, known, plain)
        table, found = start, [float((outside.plain == outside.truth).mean())]
        for strength in STRENGTHS:
            table = _minimise(inside, known, start, table, strength)
            guess = _logits(outside, known, table).argmax(axis=1) + 1
            found.append(float((guess == outside.truth).mean()))
        rows.append(found)
    return np.array(rows).T


def _logits(labelled: LabelledSums, known: Flags, table: F64) -> F64:
    """Logits of classes that can win, (n, land); the others are far below."""
    logits = (labelled.inputs / SHARE_ONE) @ table.T
    found: F64 = np.where(known & (labelled.scores > 0), logits, -_FAR)
    return found


def _start(labelled: LabelledSums, known: Flags, plain: F64) -> F64:
    """The plain vote as a table of weights, (land, inputs), scaled to the least log loss."""
    from scipy.optimize import minimize_scalar

    logits = _logits(labelled, known, plain)
    able, truth = logits > -_FAR, labelled.truth - 1
    found = minimize_scalar(
        lambda log: _loss(np.where(able, logits * math.exp(log), -_FAR), truth)[0],
        bounds=(-3.0, 5.0),
        method="bounded",
    )
    return plain * math.exp(float(found.x))


def _plain_table(class_weights: I64, inputs: int) -> F64:
    """The class weights of the plain vote where a class's own votes stand, (land, inputs)."""
    parts, land = class_weights.shape
    table = np.zeros((land, inputs))
    for part in range(parts):
        for code in range(land):
            table[code, part * land + code] = class_weights[part, code] / 256
    return table


def _loss(logits: F64, truth: I64) -> tuple[float, F64]:
    """Mean log loss, and the probabilities."""
    logits = logits - logits.max(axis=1, keepdims=True)
    odds = np.exp(logits)
    odds /= odds.sum(axis=1, keepdims=True)
    return float(-np.log(np.maximum(odds[np.arange(len(truth)), truth], 1e-12)).mean()), odds


def _minimise(labelled: LabelledSums, known: Flags, start: F64, begin: F64, strength: float) -> F64:
    """The table of least loss and distance from ``start``, from ``begin`` on."""
    from scipy.optimize import minimize

    inputs, truth = labelled.inputs / SHARE_ONE, labelled.truth - 1
    able = known & (labelled.scores > 0)
    rows = np.arange(len(truth))

    def value(flat: F64) -> tuple[float, F64]:
        table = flat.reshape(start.shape)
        loss, odds = _loss(np.where(able, inputs @ table.T, -_FAR), truth)
        odds[rows, truth] -= 1
        away = table - start
        slope = odds.T @ inputs / len(truth) + 2 * strength * away
        return loss + strength * float((away**2).sum()), slope.ravel()

    found = minimize(value, begin.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.asarray(found.x).reshape(start.shape)
