"""Whether labels can train a model and judge it, class by class, before anything is trained.

What belongs here: the least that training and evaluation need, what is missing, and what to do
about it. What does not: where pixels were lost (``core/chips/account``), training itself.

It is asked twice: of labels alone (a file was just drawn), where nobody knows yet what
validates, and of the account of chips, which says why a class reaches none.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lulc_assets.core.chips.account import (
    BESIDE_GOLD,
    BESIDE_VALIDATION,
    CLOUDY,
    FEW_LABELS,
    GOLD,
    HIDDEN,
    NO_DATA,
    TRAIN,
    VALIDATION,
    LabelAccount,
)
from lulc_assets.core.errors import NoTrainingChips

LEAST_CLASSES = 2
"""A network of one class says nothing."""

FEW_PIXELS = 50
"""Fewer training pixels of a class than this, half a hectare of 10 m pixels, are said: they are
one or two polygons, and what the network takes for the class is what these look like."""

Severity = Literal["refusal", "warning"]

_REMEDIES = {
    FEW_LABELS: "lower [chips] min_labelled_share",
    BESIDE_VALIDATION: 'give smaller block_px or buffer_px, or split = "random"',
    BESIDE_GOLD: 'set [chips] gold_apart = "pixel"',
    CLOUDY: "select more scenes or raise [chips] max_cloud_share",
    HIDDEN: "select more scenes",
    NO_DATA: "select more scenes or raise [chips] max_invalid_share",
    "border of a label": "lower [labels] border_px or draw larger polygons",
    "on ground that judges": "draw training labels beside gold and held-out ground",
    "contradicted by a label of another role": "correct the labels that overlap",
    "claimed by two classes": "correct the labels that overlap",
    "annotators disagree": "settle the class among the annotators",
    "balance": "raise [chips] balance_ratio",
    "balance of all": "raise [training] balance_ratio",
    "validates elsewhere": "choose partitions that do not share ground, or another [chips] seed",
}
"""Reason of a loss → what to do; reasons of the account and of ``BurnReport.lost``."""

_LABEL_MORE = "label it in more places"


@dataclass(frozen=True)
class LabelPixels:
    """Labelled pixels by role or fold, and class.

    Attributes:
        train: class name → pixels that train.
        gold: class name → pixels that judge the model.
        validation: class name → pixels that validate; None while nobody knows.
        labelled: class name → pixels of labels, whatever became of them. None: as many as
            there are in the others.
        lost: class name → reason → pixels.
        accepted: names of classes that may be lost.
    """

    train: Mapping[str, int]
    gold: Mapping[str, int]
    validation: Mapping[str, int] | None = None
    labelled: Mapping[str, int] | None = None
    lost: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    accepted: Collection[str] = ()

    @classmethod
    def of_account(cls, account: LabelAccount) -> "LabelPixels":
        """What an account of chips says."""
        both = {
            name: [account.of(name, role) for role in (TRAIN, GOLD)] for name in account.classes
        }
        return cls(
            train=account.count(TRAIN),
            gold=account.count(GOLD),
            validation=account.count(VALIDATION),
            labelled={name: sum(row.labelled for row in rows) for name, rows in both.items()},
            lost={name: dict(rows[0].lost) for name, rows in both.items()},
            accepted=account.accepted,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of all classes, in the order in which they come."""
        known = (self.labelled or {}, self.train, self.gold, self.validation or {})
        return tuple(dict.fromkeys(name for counts in known for name in counts))

    def count(self, name: str) -> int:
        """Labelled pixels of a class."""
        if self.labelled is not None:
            return self.labelled.get(name, 0)
        return sum(known.get(name, 0) for known in (self.train, self.gold, self.validation or {}))


@dataclass(frozen=True)
class Finding:
    """Something that stands against training or judging, and what to do about it."""

    severity: Severity
    text: str


def assess(pixels: LabelPixels) -> tuple[Finding, ...]:
    """What labels lack for a model to be trained and judged; refusals first.

    Args:
        pixels: of labels or of chips, all training partitions together.
    """
    found = [*_judge_whole(pixels)]
    for name in pixels.classes:
        if pixels.count(name):
            found += _judge_class(name, pixels)
    return tuple(sorted(found, key=lambda finding: finding.severity != "refusal"))


def require_ready(pixels: LabelPixels) -> tuple[Finding, ...]:
    """The warnings of :func:`assess`.

    Raises:
        NoTrainingChips: there are refusals; the message has all of them.
    """
    found = assess(pixels)
    refusals = [finding.text for finding in found if finding.severity == "refusal"]
    if refusals:
        raise NoTrainingChips("; ".join(refusals))
    return found


def _judge_whole(pixels: LabelPixels) -> list[Finding]:
    found = []
    taught = [name for name, n in pixels.train.items() if n]
    if len(taught) < LEAST_CLASSES:
        said = f"only {taught[0]}" if taught else "no class"
        found.append(
            Finding("refusal", f"{said} has training pixels, a model needs two classes: label more")
        )
    if not any(pixels.gold.values()):
        found.append(
            Finding(
                "refusal",
                "no gold pixel: a trained model could not be judged, so that none would ever be "
                "promoted; set [labels] gold_share (0.15, say), give role gold to some labels, or "
                "name drawings of gold windows as gold_path",
            )
        )
    return found


def _judge_class(name: str, pixels: LabelPixels) -> list[Finding]:
    labelled, train = pixels.count(name), pixels.train.get(name, 0)
    judged = (pixels.validation or {}).get(name, 0) + pixels.gold.get(name, 0)
    accepted = name in pixels.accepted
    if not train:
        where = _where(name, pixels)
        text = f"class {name}: {labelled:,} pixel(s) labelled, none trains{where}"
        if accepted:
            return [Finding("warning", f"{text}; accepted as lost")]
        return [Finding("refusal", f"{text}; {_remedy(name, pixels)}, or {_accept(name)}")]
    if pixels.validation is not None and not judged:
        text = (
            f"class {name}: {train:,} pixel(s) train, none is in validation or gold, so that "
            "nobody would notice whether the model knows it"
        )
        if accepted:
            return [Finding("warning", f"{text}; accepted")]
        return [
            Finding(
                "refusal", f"{text}; {_LABEL_MORE}, give some of it to gold, or {_accept(name)}"
            )
        ]
    if train < FEW_PIXELS:
        text = f"class {name}: only {train:,} pixel(s) train; {_LABEL_MORE}"
        return [Finding("warning", text)]
    return []


def _where(name: str, pixels: LabelPixels) -> str:
    """Where the pixels of a class went, in brackets."""
    gone = [(n, f"lost: {reason}") for reason, n in pixels.lost.get(name, {}).items()]
    for fold, said in ((pixels.validation or {}, "in validation"), (pixels.gold, "gold")):
        if fold.get(name, 0):
            gone.append((fold[name], said))
    gone.sort(key=lambda part: -part[0])
    return f" ({', '.join(f'{n:,} {said}' for n, said in gone)})" if gone else ""


def _remedy(name: str, pixels: LabelPixels) -> str:
    lost = pixels.lost.get(name, {})
    main = max(lost, key=lambda reason: lost[reason], default="")
    return f"{_REMEDIES[main]} or {_LABEL_MORE}" if main in _REMEDIES else _LABEL_MORE


def _accept(name: str) -> str:
    return f'accept it: [chips] accept_lost_classes = ["{name}"]'
