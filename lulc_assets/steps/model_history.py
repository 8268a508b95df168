"""Former models: what was trained and promoted before, and what people decided about it.

What belongs here: the history of the products of a line of models, and rollback by hand. What
does not: training and judging (``training``, ``judging``, ``patches``).

Records stay in the store under their digests; the history says in which order they came, and
what was decided. It holds no time: its order is the order of events. It is itself a product,
changed conditionally, so that of two writers at once neither loses an event.

A decision by hand holds until the next one: the model that it takes out of use is *set
aside*, so that a later run, which finds that candidate and its good verdict in the store,
does not quietly bring it back.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from lulc_assets.core.errors import BundleError, CommitConflict, ProductNotFound
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.publish import commit, find_record, publish
from lulc_assets.core.store.records import Basis, Record
from lulc_assets.steps.model_lines import MAPS, ModelLine, line_of
from lulc_assets.steps.product import Product
from lulc_assets.steps.properties import (
    BundleProperties,
    EvaluationProperties,
    HistoryProperties,
    ModelEvent,
    ModelProperties,
)
from lulc_assets.steps.workbench import Workbench

P = TypeVar("P")

TRAINED, JUDGED, BUNDLED, PROMOTE, ROLLBACK = "trained", "judged", "bundled", "promote", "rollback"
_DECISIONS = (PROMOTE, ROLLBACK)
_ATTEMPTS = 8
"""Writers that may get in between; each needs milliseconds."""


def model_events(work: Workbench, line: ModelLine = MAPS) -> tuple[ModelEvent, ...]:
    """Everything that happened, oldest first."""
    record = work.find(line.history, Whole())
    return () if record is None else record.properties.events


def keep(work: Workbench, record: Record[Any] | None) -> None:
    """Note that a record of a line's products came to be, once."""
    if record is None:
        return
    properties, line = record.properties, line_of(record.product)
    if isinstance(properties, ModelProperties):
        _append(work, line, ModelEvent(TRAINED, record.digest, record.digest))
    elif isinstance(properties, EvaluationProperties):
        _append(work, line, ModelEvent(JUDGED, record.digest, properties.candidate))
    elif isinstance(properties, BundleProperties):
        _append(work, line, ModelEvent(BUNDLED, record.digest, properties.candidate))


def kept_candidates(work: Workbench, line: ModelLine = MAPS) -> list[Record[ModelProperties]]:
    """All candidates that were ever trained, oldest first."""
    return _records(work, line, TRAINED, line.candidate)


def kept_bundles(work: Workbench, line: ModelLine = MAPS) -> list[Record[BundleProperties]]:
    """All bundles that were ever promoted, oldest first."""
    return _records(work, line, BUNDLED, line.bundle)


def evaluations_of(
    work: Workbench, candidate: str, line: ModelLine = MAPS
) -> list[Record[EvaluationProperties]]:
    """Evaluations of a candidate (its whole digest), oldest first."""
    judged = _records(work, line, JUDGED, line.evaluation)
    return [record for record in judged if record.properties.candidate == candidate]


def bundle_of(
    work: Workbench, candidate: str, line: ModelLine = MAPS
) -> Record[BundleProperties] | None:
    """The newest bundle of a candidate (its whole digest)."""
    found = [r for r in kept_bundles(work, line) if r.properties.candidate == candidate]
    return found[-1] if found else None


def decisions(events: Iterable[ModelEvent]) -> tuple[ModelEvent, ...]:
    """What people decided, oldest first."""
    return tuple(event for event in events if event.action in _DECISIONS)


def set_aside(events: Iterable[ModelEvent]) -> set[str]:
    """Digests of candidates that people took out of use and did not bring back."""
    aside: set[str] = set()
    for decision in decisions(events):
        aside.add(decision.replaces)
        aside.discard(decision.candidate)
    return aside


def beginning_with(records: Sequence[Record[P]], text: str) -> Record[P]:
    """The one record whose digest begins so.

    Raises:
        ProductNotFound: no record does, or more than one.
    """
    found = [record for record in records if text and record.digest.startswith(text)]
    if len(found) != 1:
        known = ", ".join(record.digest[:12] for record in records)
        raise ProductNotFound(
            f"{len(found)} kept records begin with {text[:80]!r}; kept are: {known or 'none'}"
        )
    return found[0]


def roll_back(
    work: Workbench, reason: str, bundle: str = "", line: ModelLine = MAPS
) -> Record[BundleProperties]:
    """Put a former bundle back into use. Maps change only when they are made again.

    Args:
        work: where the history is.
        reason: kept with the decision.
        bundle: how the digest of the bundle's record, or of its candidate's, begins; empty:
            the one before the bundle in use.
        line: whose bundle.

    Returns:
        The former bundle's record, byte for byte.

    Raises:
        ProductNotFound: there is no such bundle, or one of its files is lost.
        ProductCorrupt: one of its files is damaged.
        BundleError: it is in use already.
        CommitConflict: another bundle was committed meanwhile.
    """
    current, version = find_record(work.store, line.bundle.at(Whole()), BundleProperties)
    if current is None:
        raise ProductNotFound("no model is in use, so there is nothing to roll back from")
    bundles = kept_bundles(work, line)
    former = _named(bundles, bundle, line) if bundle else _before(bundles, current, line)
    if former.digest == current.digest:
        raise BundleError(f"bundle {former.digest[:12]} is in use already")
    for name in former.files:
        work.open(former, name)
    note_decision(work, ROLLBACK, former.properties.candidate, current, reason, line)
    commit(work.store, former, replaces=version)
    return former


def note_decision(
    work: Workbench,
    action: str,
    candidate: str,
    current: Record[BundleProperties] | None,
    reason: str,
    line: ModelLine = MAPS,
) -> None:
    """Keep what somebody decided, before it is done.

    Raises:
        BundleError: there is no reason.
    """
    if not reason.strip():
        raise BundleError(f"a {action} by hand needs a reason: the next person will ask for it")
    replaces = "" if current is None else current.properties.candidate
    _append(work, line, ModelEvent(action, "", candidate, replaces, reason))


def _append(work: Workbench, line: ModelLine, event: ModelEvent) -> None:
    """Add an event at the end; a record that is there already is not added again."""
    at = line.history.at(Whole())
    for attempt in range(1, _ATTEMPTS + 1):
        current, version = find_record(work.store, at, HistoryProperties)
        events = () if current is None else current.properties.events
        if event.record and event in events:
            return
        basis = Basis(line.history.version, settings={"events": len(events) + 1})
        try:
            added = HistoryProperties((*events, event))
            publish(work.store, at, basis, {}, added, replaces=version)
        except CommitConflict:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _records(
    work: Workbench, line: ModelLine, action: str, product: Product[Whole, P]
) -> list[Record[P]]:
    happened = (event for event in model_events(work, line) if event.action == action)
    return [work.kept(product, event.record) for event in happened]


def _before(
    bundles: Sequence[Record[BundleProperties]],
    current: Record[BundleProperties],
    line: ModelLine,
) -> Record[BundleProperties]:
    digests = [r.digest for r in bundles]
    earlier = bundles[: digests.index(current.digest)] if current.digest in digests else bundles
    if not earlier:
        raise ProductNotFound(
            f"no bundle was in use before this one; see all with `lulc model list{line.option}`"
        )
    return earlier[-1]


def _named(
    bundles: Sequence[Record[BundleProperties]], text: str, line: ModelLine
) -> Record[BundleProperties]:
    found = [
        r for r in bundles if r.digest.startswith(text) or r.properties.candidate.startswith(text)
    ]
    if not found or len({r.properties.candidate for r in found}) > 1:
        raise ProductNotFound(
            f"{len(found)} bundles have a digest (or a candidate's) that begins with {text!r}; "
            f"see all with `lulc model list{line.option}`"
        )
    return found[-1]
