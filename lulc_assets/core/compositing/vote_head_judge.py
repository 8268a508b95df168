"""Whether a learned vote may decide maps: against the plain vote, on gold windows.

What belongs here: the comparison, its rule, and which class is helped by what. What does not:
learning (``vote_head_fit``).

Both votes are compared on the same gold pixels, with windows as units, as models are
(``core/judging/promotion``). Agreement on windows that somebody chose is not the accuracy of a
region.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.compositing.settings import VoteSettings
from lulc_assets.core.compositing.vote_head import VoteHead, input_names
from lulc_assets.core.compositing.vote_head_fit import LabelledSums, choose
from lulc_assets.core.errors import NoLabels
from lulc_assets.core.estimation.compare import difference_of_ratios
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE, Strata
from lulc_assets.core.legend import Legend

REASONS_SHOWN = 3

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassGain:
    """One class on the gold windows.

    Attributes:
        gold_pixels: labelled with it.
        plain_f1: of the plain vote, 0–1; None where neither side has the class.
        learned_f1: of the learned vote.
        helped_by: inputs that speak most for the class where it is right and the plain vote was
            not; empty where there is no such pixel.
    """

    gold_pixels: int
    plain_f1: float | None
    learned_f1: float | None
    helped_by: tuple[str, ...]


@dataclass(frozen=True)
class VoteVerdict:
    """The comparison and what follows.

    Attributes:
        promote: whether maps may be decided by it.
        reason: in a sentence, with the figures.
        plain: agreement of the plain vote with the gold pixels, 0–1.
        learned: that of the learned one.
        ci95_low: of the difference; None where there are too few windows.
        ci95_high: likewise.
        gold_pixels: compared.
        gold_windows: that they lie in.
        left_to_plain: gold pixels without a vote in a part of the year that the head needs.
        classes: name → its gain.
    """

    promote: bool
    reason: str
    plain: float
    learned: float
    ci95_low: float | None
    ci95_high: float | None
    gold_pixels: int
    gold_windows: int
    left_to_plain: int
    classes: Mapping[str, ClassGain]


def judge_head(
    head: VoteHead, gold: LabelledSums, settings: VoteSettings, legend: Legend
) -> VoteVerdict:
    """Compare a head with the plain vote.

    Raises:
        NoLabels: there is no gold pixel with a vote.
    """
    if not len(gold.truth):
        raise NoLabels(
            "no gold pixel has a vote: there is nothing to judge the learned vote by; label gold "
            "windows in the training partitions"
        )
    learned, plain = choose(gold, head), gold.plain
    right = [(vote == gold.truth).astype(np.float64) for vote in (learned, plain)]
    low, high, windows = _interval(gold.window, *right)
    gains = _gains(head, gold, learned, plain, legend)
    overall = [float(one.mean()) for one in right]
    promote, reason = _rule(overall, low, high, windows, gains, settings, len(gold.truth))
    return VoteVerdict(
        promote=promote,
        reason=reason,
        plain=overall[1],
        learned=overall[0],
        ci95_low=low,
        ci95_high=high,
        gold_pixels=len(gold.truth),
        gold_windows=windows,
        left_to_plain=int((gold.views[:, head.needed] == 0).any(axis=1).sum()),
        classes=gains,
    )


def _interval(
    window: I64, learned: npt.NDArray[np.float64], plain: npt.NDArray[np.float64]
) -> tuple[float | None, float | None, int]:
    _, number = np.unique(window, return_inverse=True)
    count = int(number.max()) + 1
    if count < MIN_UNITS_FOR_VARIANCE:
        return None, None, count
    pixels = np.bincount(number).astype(np.float64)
    correct = [np.bincount(number, one).astype(np.float64) for one in (learned, plain)]
    every_window = Strata(("gold windows",), np.zeros(count, np.int64), np.ones(1), np.zeros(1))
    found = difference_of_ratios((correct[0], pixels), (correct[1], pixels), every_window)
    return found.ci_low, found.ci_high, count


def _rule(
    overall: list[float],
    low: float | None,
    high: float | None,
    windows: int,
    gains: Mapping[str, ClassGain],
    settings: VoteSettings,
    pixels: int,
) -> tuple[bool, str]:
    gain = overall[0] - overall[1]
    said = (
        f"on {pixels:,} gold pixels in {windows} windows the learned vote agrees on "
        f"{overall[0]:.2%}, the plain vote on {overall[1]:.2%}: {100 * gain:+.2f} points"
    )
    if low is None or high is None:
        said = f"{said} (one window allows no interval)"
    else:
        said = f"{said} (95 % interval {100 * low:+.2f} to {100 * high:+.2f})"
    if gain <= 0:
        return False, f"{said}: nothing is gained"
    if low is not None and not low >= -settings.margin:
        most = f"{100 * settings.margin:.1f} points"
        return False, f"{said}, so it might be worse by more than {most}"
    fallen = [
        f"{name} falls from an F1 of {one.plain_f1:.2f} to {one.learned_f1:.2f}"
        for name, one in gains.items()
        if one.gold_pixels >= settings.min_class_pixels
        and one.plain_f1 is not None
        and one.learned_f1 is not None
        and one.plain_f1 - one.learned_f1 > settings.class_margin
    ]
    if fallen:
        return False, (
            f"{said}, but {', '.join(fallen)}, more than {settings.class_margin:.2f} "
            "([vote] class_margin)"
        )
    held = f"no class of at least {settings.min_class_pixels} gold pixels falls by more than"
    return True, f"{said}; {held} {settings.class_margin:.2f} in F1"


def _gains(
    head: VoteHead, gold: LabelledSums, learned: I64, plain: I64, legend: Legend
) -> dict[str, ClassGain]:
    names = input_names(head.parts, legend)
    found = {}
    for land in legend.land:
        here = gold.truth == land.code
        won = here & (learned == land.code) & (plain != land.code)
        found[land.name] = ClassGain(
            int(here.sum()),
            _f1(gold.truth, plain, land.code),
            _f1(gold.truth, learned, land.code),
            _helpers(head, gold, won, plain, land.code, names) if won.any() else (),
        )
    return found


def _helpers(
    head: VoteHead,
    gold: LabelledSums,
    won: npt.NDArray[np.bool_],
    plain: I64,
    code: int,
    names: list[str],
) -> tuple[str, ...]:
    """Inputs that put the class before the one that the plain vote had, by their mean part.

    The last input is always there and says nothing of a pixel, so that it is left out.
    """
    against = head.weights[plain[won] - 1]
    parts = (gold.inputs[won] * (head.weights[code - 1] - against)).mean(axis=0)
    order = np.argsort(-parts[:-1], kind="stable")[:REASONS_SHOWN]
    return tuple(names[at] for at in order if parts[at] > 0)


def _f1(truth: I64, found: I64, code: int) -> float | None:
    either = int((truth == code).sum() + (found == code).sum())
    return 2 * int(((truth == code) & (found == code)).sum()) / either if either else None
