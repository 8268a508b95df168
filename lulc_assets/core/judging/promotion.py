"""Promotion: whether a candidate may make maps.

What belongs here: the rule and its reason in words. What does not: evaluation, or what
is done with a promoted model (``bundle.py``).

Both models are compared on the same gold windows, so that what a hard window costs both of
them cancels. Windows, not pixels, are the units of the comparison: the pixels of a window
and its dates stand and fall together. The interval says how the difference would vary over
windows *like these*; gold windows are chosen, so it is not a statement about a region.

Overall agreement hides rare classes: one that is never drawn may cost a point. So each class that
the model was taught and that gold shows often enough is looked at by itself.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_assets.core.estimation.compare import difference_of_ratios
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE, Strata
from lulc_assets.core.judging.class_recall import (
    describe_classes,
    judged_classes,
    known_by,
    name_fallen,
    name_unknown,
)
from lulc_assets.core.judging.promotion_rule import GOLD_PIXELS, Evidence, PromotionSettings

if TYPE_CHECKING:  # evaluation loads torch; settings must stay light
    from lulc_assets.core.judging.evaluate import Evaluation


FEWEST_KNOWN = 2
"""Classes that gold must show a model to know, where it is blind to another."""


@dataclass(frozen=True)
class Difference:
    """Agreement of the candidate less that of the promoted model, 0–1.

    Attributes:
        value: of all labelled gold pixels.
        ci95_low: low end of the interval; None where one window allows none.
        ci95_high: high end.
        windows: number of gold windows, the units of the interval.
    """

    value: float
    ci95_low: float | None
    ci95_high: float | None
    windows: int

    def describe(self, groups: str) -> str:
        """The difference with its interval, from so many ``groups`` (a plural)."""
        text = f"{100 * self.value:+.2f} points"
        if self.ci95_low is None or self.ci95_high is None:
            return f"{text} (no interval from fewer than two {groups})"
        low, high = 100 * self.ci95_low, 100 * self.ci95_high
        return f"{text} (95 % interval {low:+.2f} to {high:+.2f} from {self.windows} {groups})"


@dataclass(frozen=True)
class Verdict:
    """The decision, its reason in a sentence with the figures, and what it rests on.

    Attributes:
        promote: whether the candidate is used.
        reason: why.
        difference: from the promoted model; None without one.
        unmapped: taught classes that the candidate is blind to and leaves out of its maps.
    """

    promote: bool
    reason: str
    difference: Difference | None = None
    unmapped: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "unmapped": list(self.unmapped)}


def explain_refusal(
    candidate: str,
    reason: str,
    evidence: Evidence = GOLD_PIXELS,
    stays: str = "Maps stay with the model in use, if there is one",
    option: str = "",
) -> str:
    """What a refused candidate means for whoever trained it, and what there is to do.

    Args:
        candidate: digest of its record.
        reason: of the verdict.
        evidence: that it was judged by.
        stays: what the refusal leaves as it is.
        option: of ``lulc model`` for this kind of model, with a blank before it.
    """
    short = candidate[:12]
    return (
        f"candidate {short} is refused because {reason}. {stays}. `lulc model list{option}` shows "
        f"all candidates and verdicts; if you know more than the {evidence.units} do, `lulc model "
        f"promote{option} {short} --reason …` promotes it all the same"
    )


def paired_difference(candidate: "Evaluation", promoted: "Evaluation") -> Difference:
    """Difference of two agreements on the same windows, with windows as units.

    The linearised variance of a difference of ratios over primary units of unequal size
    (Särndal et al. 1992, §5.6), with t quantiles of windows − 1 degrees of freedom.
    """
    pixels = candidate.window_pixels.astype(np.float64)
    value = candidate.overall - promoted.overall
    count = len(pixels)
    if count < MIN_UNITS_FOR_VARIANCE:
        return Difference(value, None, None, count)
    every_window = Strata(("gold windows",), np.zeros(count, np.int64), np.ones(1), np.zeros(1))
    correct = [e.window_correct.astype(np.float64) for e in (candidate, promoted)]
    found = difference_of_ratios((correct[0], pixels), (correct[1], pixels), every_window)
    return Difference(value, found.ci_low, found.ci_high, count)


def decide_promotion(
    candidate: "Evaluation",
    promoted: "Evaluation | None",
    settings: PromotionSettings,
    evidence: Evidence = GOLD_PIXELS,
) -> Verdict:
    """Promote a candidate that is good enough and shown to be not worse than the promoted one.

    Good enough: overall, and in each class that it was taught. Where it is blind to a class the
    model is used without it, as without a class that no label showed, unless the promoted model
    knows that class or too few others are left.

    Args:
        candidate: agreement of the candidate with the gold windows.
        promoted: agreement of the model now in use with the same windows, or None.
        settings: the rule's numbers.
        evidence: words for what both are judged by.
    """
    own = (
        f"agreement on {candidate.n_pixels:,} {evidence.units} in {len(candidate.window_pixels)} "
        f"{evidence.groups} is {candidate.overall:.2%}"
    )
    if candidate.overall < settings.min_overall:
        return Verdict(False, f"{own}, below the required {settings.min_overall:.2%}")
    recalls = judged_classes(candidate, settings)
    unmapped = tuple(n for n, recall in recalls.items() if recall < settings.min_class_recall)
    blind = name_unknown(candidate, unmapped, settings, evidence) if unmapped else ""
    enough = len(recalls) - len(unmapped) >= FEWEST_KNOWN and evidence.leaves_out
    if blind and (not enough or known_by(promoted, unmapped, settings)):
        return Verdict(False, f"{own}, but {blind}")
    own = f"{own}; {describe_classes(candidate, settings, evidence)}"
    if blind:
        own = f"{own}; {blind}: {', '.join(unmapped)} is left out of the maps"
    if promoted is None:
        return Verdict(
            True,
            f"{own}; at least the required {settings.min_overall:.2%}; no model is in use yet",
            unmapped=unmapped,
        )
    if promoted.reference_digest != candidate.reference_digest:
        return Verdict(
            False,
            f"{own}, but the promoted model ({promoted.overall:.2%}) was judged on other "
            f"{evidence.groups}; evaluate it on the same ones first",
        )
    return replace(_compare(candidate, promoted, settings, evidence, own), unmapped=unmapped)


def _compare(
    candidate: "Evaluation",
    promoted: "Evaluation",
    settings: PromotionSettings,
    evidence: Evidence,
    own: str,
) -> Verdict:
    difference = paired_difference(candidate, promoted)
    least = difference.value if difference.ci95_low is None else difference.ci95_low
    # Without an interval nothing tells luck from loss, so no loss is forgiven.
    margin = 0.0 if difference.ci95_low is None else settings.margin
    not_worse = math.isfinite(least) and least >= -margin
    said = difference.describe(evidence.groups)
    against = f"against the promoted model's {promoted.overall:.2%}: {said}"
    rule = f"not worse by more than {100 * margin:.1f} points"
    words = f"so it is {rule}" if not_worse else f"so it is not shown to be {rule}"
    fallen = name_fallen(candidate, promoted, settings, evidence)
    if fallen:
        return Verdict(False, f"{own}, {against}, {words}; {fallen}", difference)
    return Verdict(not_worse, f"{own}, {against}, {words}", difference)
