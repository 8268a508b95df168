"""What a candidate knows of each class, in figures and in words.

What belongs here: the classes that gold can judge, those that a model is blind to or has lost. What
does not: the decision (``promotion``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lulc_assets.core.judging.promotion_rule import Evidence, PromotionSettings

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation


def judged_classes(candidate: "Evaluation", settings: PromotionSettings) -> dict[str, float]:
    """Recall of the classes that were taught and that gold shows often enough."""
    if settings.min_class_recall == 0:
        return {}
    return {
        name: recall
        for name, recall in candidate.recall.items()
        if recall is not None
        and name in candidate.taught
        and candidate.ground[name] >= settings.min_class_pixels
    }


def known_by(
    promoted: "Evaluation | None", unmapped: Sequence[str], settings: PromotionSettings
) -> bool:
    """Whether the promoted model knows one of the classes that a candidate is blind to."""
    recall = {} if promoted is None else promoted.recall
    return any((recall.get(name) or 0.0) >= settings.min_class_recall for name in unmapped)


def name_unknown(
    candidate: "Evaluation",
    unmapped: Sequence[str],
    settings: PromotionSettings,
    evidence: Evidence,
) -> str:
    """Classes that the candidate hardly ever draws, with the figures."""
    drawn = dict(zip(candidate.classes, candidate.matrix.sum(axis=1), strict=True))
    said = []
    for name in unmapped:
        found = f"{candidate.recall[name]:.1%} of {candidate.gold_pixels[name]:,} {evidence.units}"
        never = "never drawn" if not drawn[name] else "hardly known"
        said.append(f"{name} is {never} ({found})")
    return (
        f"{', '.join(said)} although it was taught; each class needs "
        f"{settings.min_class_recall:.0%} of its {evidence.units} ([{evidence.section}] "
        "min_class_recall)"
    )


def describe_classes(
    candidate: "Evaluation", settings: PromotionSettings, evidence: Evidence
) -> str:
    """The weakest class, and the taught ones that nobody can judge."""
    recalls = judged_classes(candidate, settings)
    if settings.min_class_recall == 0:
        return "classes are not looked at"
    unjudged = [name for name in candidate.taught if name not in recalls]
    parts = []
    if recalls:
        weakest = min(recalls, key=lambda name: recalls[name])
        parts.append(
            f"of {len(recalls)} classes the weakest is {weakest} with {recalls[weakest]:.1%} of "
            f"its {candidate.gold_pixels[weakest]:,} {evidence.units}"
        )
    if unjudged:
        parts.append(f"too few {evidence.units} to judge {', '.join(unjudged)}")
    return "; ".join(parts) or "no class was taught"


def name_fallen(
    candidate: "Evaluation",
    promoted: "Evaluation",
    settings: PromotionSettings,
    evidence: Evidence,
) -> str:
    """Classes that the promoted model knows much better; empty when there are none."""
    said = []
    for name in judged_classes(candidate, settings):
        now, before = candidate.f1[name], promoted.f1[name]
        if now is not None and before is not None and before - now > settings.class_margin:
            said.append(f"{name} falls from an F1 of {before:.2f} to {now:.2f}")
    if not said:
        return ""
    return (
        f"{', '.join(said)}, more than {settings.class_margin:.2f} ([{evidence.section}] "
        "class_margin)"
    )
