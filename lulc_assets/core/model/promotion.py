"""Promotion: whether a candidate may make maps.

What belongs here: the rule and its reason in words. What does not: evaluation, or what
is done with a promoted model (``bundle.py``).
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # evaluation loads torch; settings must stay light
    from lulc_assets.core.model.evaluate import Evaluation


@dataclass(frozen=True)
class PromotionSettings:
    """The rule's two numbers.

    Attributes:
        min_overall: agreement on the gold windows that any model must reach, 0–1. 0.6 is
            far above chance in ten classes (0.1) and below the 0.85 that Karra et al.
            2021 report on their gold set: it stops broken models, not modest ones.
        tolerance: how far below the promoted model's agreement a candidate may be, 0–1;
            0.01: two trainings that differ in their seed only differ by about as much.
    """

    min_overall: float = 0.6
    tolerance: float = 0.01

    def to_dict(self) -> dict[str, float]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """The decision and its reason, a sentence with the figures."""

    promote: bool
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def decide_promotion(
    candidate: "Evaluation", promoted: "Evaluation | None", settings: PromotionSettings
) -> Verdict:
    """Promote a candidate that is good enough and not worse than the promoted model.

    Args:
        candidate: agreement of the candidate with the gold windows.
        promoted: agreement of the model now in use with the same windows, or None.
        settings: the rule's numbers.
    """
    own = f"agreement on {candidate.n_pixels} gold pixels is {candidate.overall:.4f}"
    if candidate.overall < settings.min_overall:
        return Verdict(False, f"{own}, below the required {settings.min_overall:.4f}")
    if promoted is None:
        return Verdict(
            True, f"{own}, at least the required {settings.min_overall:.4f}; no model is in use yet"
        )
    if promoted.reference_digest != candidate.reference_digest:
        return Verdict(
            False,
            f"{own}, but the promoted model ({promoted.overall:.4f}) was judged on other windows; "
            "evaluate it on the same ones first",
        )
    against = f"the promoted model's is {promoted.overall:.4f}"
    if candidate.overall < promoted.overall - settings.tolerance:
        return Verdict(False, f"{own}; {against}: worse by more than {settings.tolerance:.4f}")
    return Verdict(True, f"{own}; {against}: not worse by more than {settings.tolerance:.4f}")
