"""Steps of the promotion: a judged candidate → bundle.

What belongs here: ``model_bundle`` and ``patch_bundle``, promotion by hand, opening a bundle. What
does not: the judgement (``judging``), what was before (``model_history``).
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import BundleError
from lulc_assets.core.judging.promotion import Verdict, explain_refusal
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.records import Record
from lulc_assets.steps.model_history import (
    PROMOTE,
    beginning_with,
    evaluations_of,
    keep,
    kept_candidates,
    model_events,
    note_decision,
    set_aside,
)
from lulc_assets.steps.model_lines import MAPS, ModelLine, line_of
from lulc_assets.steps.properties import (
    BundleProperties,
    EvaluationProperties,
    ModelProperties,
)
from lulc_assets.steps.training import ChipRecords, open_chips, read_training_chips
from lulc_assets.steps.workbench import Made, Step, Workbench

if TYPE_CHECKING:
    from lulc_assets.core.judging.evaluate import Evaluation
    from lulc_assets.core.model.bundle import Bundle


def make_model_bundle(work: Workbench, line: ModelLine = MAPS) -> Record[BundleProperties] | None:
    """Promote the candidate if its evaluation says so; else ``None`` and nothing changes.

    A candidate that somebody set aside by hand is not brought back.
    """
    candidate = work.read(line.candidate, Whole())
    evaluation = work.read(line.evaluation, Whole())
    if evaluation.properties.candidate != candidate.digest:
        raise BundleError(
            "the evaluation judges another candidate than the one in the store; "
            f"materialize {line.evaluation.asset} first"
        )
    current = work.find(line.bundle, Whole())
    aside = candidate.digest in set_aside(model_events(work, line))
    if not evaluation.properties.promote or aside:
        reason = "somebody set it aside by hand" if aside else evaluation.properties.reason
        work.warn(explain_refusal(candidate.digest, reason, line.evidence, line.stays, line.option))
        return None
    if current is not None and current.properties.candidate == candidate.digest:
        # In use already, perhaps by hand or after another verdict: it stays the same bundle.
        judged = work.kept(line.evaluation, current.inputs[line.evaluation.at(Whole())])
        return _make_bundle(work, line, candidate, judged, current.properties.by_hand)
    return _make_bundle(work, line, candidate, evaluation)


def promote_by_hand(
    work: Workbench, candidate: str, reason: str, line: ModelLine = MAPS
) -> Record[BundleProperties]:
    """Promote a candidate whatever its verdict. Maps change only when they are made again.

    Args:
        work: where the history is.
        candidate: how the digest of a kept candidate's record begins.
        reason: kept in the bundle and in the history.
        line: whose candidate.

    Raises:
        ProductNotFound: there is no such candidate.
        BundleError: it was never judged, is in use already, or there is no reason.
        CommitConflict: another bundle was committed meanwhile.
    """
    current = work.find(line.bundle, Whole())
    chosen = beginning_with(kept_candidates(work, line), candidate)
    judged = evaluations_of(work, chosen.digest, line)
    if not judged:
        raise BundleError(
            f"candidate {chosen.digest[:12]} was never judged: without {line.evidence.units} there "
            f"is nothing to judge it by. Have some, then materialize {line.evaluation.asset}"
        )
    if current is not None and current.properties.candidate == chosen.digest:
        raise BundleError(f"candidate {chosen.digest[:12]} is in use already")
    note_decision(work, PROMOTE, chosen.digest, current, reason, line)
    return _make_bundle(work, line, chosen, judged[-1], by_hand=reason)


def _make_bundle(
    work: Workbench,
    line: ModelLine,
    candidate: Record[ModelProperties],
    evaluation: Record[EvaluationProperties],
    by_hand: str = "",
) -> Record[BundleProperties]:
    """The bundle of a candidate, promoted by its evaluation or by hand."""
    step = work.step(line.bundle, Whole())
    step.use(candidate)
    step.use(evaluation)
    wants_int8 = line is MAPS and work.project.inference.precision == "int8"
    chips = read_training_chips(step) if wants_int8 else []

    def build(scratch: Path) -> Made[BundleProperties]:
        reason = evaluation.properties.reason
        if by_hand:
            reason = f"promoted by hand: {by_hand} (the rule said: {reason})"
        # Who promotes by hand takes the candidate as it is.
        left_out = () if by_hand else evaluation.properties.unmapped
        verdict = Verdict(True, reason, unmapped=left_out)
        folder = _write_bundle(step, candidate, evaluation, verdict, scratch)
        int8 = _add_int8(work, folder, chips, Room(scratch)) if wants_int8 else ""
        sign_if_asked(folder)
        properties = BundleProperties(
            candidate=candidate.digest,
            gold_agreement=evaluation.properties.gold_agreement,
            reason=reason,
            level=candidate.properties.level,
            by_hand=by_hand,
            int8=int8,
            taught=tuple(name for name in candidate.properties.taught if name not in left_out),
        )
        return Made({path.name: path for path in sorted(folder.iterdir())}, properties)

    keep(work, step.former)
    record = step.make({"by_hand": by_hand, "int8": wants_int8, **_signer()}, build)
    keep(work, record)
    return record


def sign_if_asked(folder: Path) -> None:
    """Sign a finished bundle where the environment names a key (``seal.SIGNING_KEY_VARIABLE``).

    Its bytes then differ each time, since such signatures are drawn at random.
    """
    from lulc_assets.core.model.seal import sign_bundle, signing_key

    key = signing_key()
    if key is not None:
        sign_bundle(folder, key)


def _signer() -> dict[str, str]:
    """Whose signature the bundle gets, for its identity; nothing where nobody signs."""
    from lulc_assets.core.model.seal import signing_key

    key = signing_key()
    return {} if key is None else {"signed_by": hashlib.sha256(key.read_bytes()).hexdigest()}


def _write_bundle(
    step: Step[Any, Any],
    candidate: Record[ModelProperties],
    evaluation: Record[EvaluationProperties],
    verdict: Verdict,
    scratch: Path,
) -> Path:
    from lulc_assets.core.judging.bundling import write_bundle  # loads torch

    trained = step.work.check_out(candidate, scratch / "candidate")
    judged = _read_evaluation(step.work, evaluation)
    return write_bundle(trained, judged, verdict, scratch / "bundle")


def _add_int8(work: Workbench, folder: Path, chips: ChipRecords, room: Room) -> str:
    from lulc_assets.core.inference.int8 import add_int8  # loads torch

    return str(add_int8(folder, work.legend, open_chips(work, chips, room), work.progress))


def _read_evaluation(work: Workbench, record: Record[EvaluationProperties]) -> "Evaluation":
    from lulc_assets.core.judging.evaluate import Evaluation  # loads torch

    return Evaluation.from_dict(json.loads(work.open(record, "evaluation.json").read_bytes()))


def open_bundle(
    work: Workbench, record: Record[BundleProperties], folder: Path | None = None
) -> "Bundle":
    """Load the promoted bundle of a commit record, verified; maps have the project's legend."""
    from lulc_assets.core.model.bundle import Bundle  # loads torch

    line, key = line_of(record.product), work.project.trusted_key_file()
    legend = work.legend if line is MAPS else None

    def load(there: Path) -> Bundle:
        checked_out = work.check_out(record, there)
        return Bundle.load(checked_out, legend, trusted_key=key, task=line.task)

    if folder is not None:
        return load(folder)
    with tempfile.TemporaryDirectory(prefix="lulc-bundle-") as scratch:
        return load(Path(scratch) / "bundle")
