"""What records say of candidates, evaluations, bundles and their history.

What belongs here: one frozen dataclass per kind of product, and its rows. What does not: types
that a room of the domain owns, which are used as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelProperties:
    """Of ``lulc_model``, a candidate.

    Attributes:
        epochs: trained.
        best_epoch: kept, counted from 1.
        validation_accuracy: at that epoch, 0–1; None where it is not known.
        calibration_error_before: expected calibration error on validation chips, 0–1.
        calibration_error_after: likewise, calibrated.
        chips: split → chips that it was trained with.
        warnings: sentences for a reader.
        level: processing level that it takes.
        taught: names of the classes that some training pixel shows.
    """

    epochs: int
    best_epoch: int
    validation_accuracy: float | None
    calibration_error_before: float
    calibration_error_after: float
    chips: Mapping[str, int]
    warnings: tuple[str, ...]
    level: str
    taught: tuple[str, ...]


@dataclass(frozen=True)
class PairedDifference:
    """Agreement of a candidate less that of the model in use, 0–1, with its interval."""

    value: float
    ci95_low: float | None
    ci95_high: float | None
    windows: int


@dataclass(frozen=True)
class EvaluationProperties:
    """Of ``model_evaluation``.

    Attributes:
        candidate: digest of the candidate's record.
        against: digest of the candidate that was in use; empty where there was none.
        promote: the verdict.
        reason: of the verdict, in a sentence.
        difference: from the model in use.
        gold_agreement: share of the gold pixels, 0–1.
        gold_pixels: labelled.
        gold_windows: that they lie in.
        gold_calibration_error: of the calibrated probabilities, 0–1.
        f1: by class.
        unmapped: taught classes that the candidate is blind to: its maps are without them.
    """

    candidate: str
    against: str
    promote: bool
    reason: str
    difference: PairedDifference | None
    gold_agreement: float
    gold_pixels: int
    gold_windows: int
    gold_calibration_error: float
    f1: Mapping[str, float | None]
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True)
class BundleProperties:
    """Of ``model_bundle``, the promoted model.

    Attributes:
        candidate: digest of the candidate's record.
        gold_agreement: for which it was promoted, 0–1.
        reason: of the promotion.
        level: processing level that it takes.
        by_hand: why somebody promoted it; empty where the rule did.
        int8: what 8-bit integers cost; empty where there are none.
        taught: names of the classes that it learnt; the others are not mapped.
    """

    candidate: str
    gold_agreement: float
    reason: str
    level: str
    by_hand: str = ""
    int8: str = ""
    taught: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelEvent:
    """Something that happened to a model: it was trained, judged, bundled, or decided about.

    Attributes:
        action: ``trained``, ``judged``, ``bundled``; by hand ``promote`` and ``rollback``.
        record: digest of the record that came of it; empty for a decision.
        candidate: digest of the candidate's record.
        replaces: of a decision: the candidate that was in use.
        reason: of a decision, as somebody wrote it.
    """

    action: str
    record: str
    candidate: str
    replaces: str = ""
    reason: str = ""


@dataclass(frozen=True)
class HistoryProperties:
    """Of ``model_history``: what happened, in the order in which it did."""

    events: tuple[ModelEvent, ...] = ()
