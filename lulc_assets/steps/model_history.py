"""Former models: what was trained and promoted before, and what people decided about it.

What belongs here: keeping records of the model's products, promotion and rollback by hand.
What does not: training and judging (``model.py``).

A decision by hand holds until the next one: the model that it takes out of use is *set
aside*, so that a later run, which finds that candidate and its good verdict in the store,
does not quietly bring it back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lulc_assets.core.errors import BundleError, ProductNotFound
from lulc_assets.core.store.history import History, keep_decision, keep_record, read_history
from lulc_assets.core.store.publish import commit, find_record
from lulc_assets.core.store.records import Record
from lulc_assets.steps.making import Place

HISTORY = "model_history"
CANDIDATE, EVALUATION, BUNDLE = "lulc_model", "model_evaluation", "model_bundle"


def keep(place: Place, record: Record | None) -> None:
    """Add a record of the model's products to the history, once."""
    if record is not None:
        keep_record(place.store, HISTORY, record)


def model_history(place: Place) -> History:
    """All kept candidates, evaluations and bundles, and all decisions, oldest first."""
    return read_history(place.store, HISTORY)


def of_product(records: Iterable[Record], product: str) -> list[Record]:
    """Those of one product, oldest first."""
    return [record for record in records if record.product == product]


def evaluations_of(history: History, candidate: str) -> list[Record]:
    """Evaluations of a candidate (its whole digest), oldest first."""
    judged = of_product(history.records, EVALUATION)
    return [r for r in judged if r.properties["candidate"] == candidate]


def bundle_of(history: History, candidate: str) -> Record | None:
    """The newest bundle of a candidate (its whole digest)."""
    bundles = of_product(history.records, BUNDLE)
    found = [r for r in bundles if r.properties["candidate"] == candidate]
    return found[-1] if found else None


def set_aside(decisions: Iterable[Mapping[str, Any]]) -> set[str]:
    """Digests of candidates that people took out of use and did not bring back."""
    aside: set[str] = set()
    for decision in decisions:
        aside.add(decision["replaces"])
        aside.discard(decision["candidate"])
    return aside


def roll_back(place: Place, reason: str, bundle: str = "") -> Record:
    """Put a former bundle back into use. Maps change only when they are made again.

    Args:
        place: where the history is.
        reason: kept with the decision.
        bundle: how the digest of the bundle's record, or of its candidate's, begins; empty:
            the one before the bundle in use.

    Returns:
        The former bundle's record, byte for byte.

    Raises:
        ProductNotFound: there is no such bundle, or one of its files is lost.
        ProductCorrupt: one of its files is damaged.
        BundleError: it is in use already.
        CommitConflict: another bundle was committed meanwhile.
    """
    current, version = find_record(place.store, BUNDLE)
    if current is None:
        raise ProductNotFound("no model is in use, so there is nothing to roll back from")
    bundles = of_product(model_history(place).records, BUNDLE)
    former = _before(bundles, current) if not bundle else _beginning_with(bundles, bundle)
    if former.digest == current.digest:
        raise BundleError(f"bundle {former.digest[:12]} is in use already")
    for name in former.files:
        place.open(former, name)
    note_decision(place, "rollback", former.properties["candidate"], current, reason)
    commit(place.store, former, replaces=version)
    return former


def note_decision(
    place: Place, action: str, candidate: str, current: Record | None, reason: str
) -> None:
    """Keep what somebody decided, before it is done.

    Raises:
        BundleError: there is no reason.
    """
    if not reason.strip():
        raise BundleError(f"a {action} by hand needs a reason: the next person will ask for it")
    replaces = "" if current is None else str(current.properties["candidate"])
    keep_decision(
        place.store,
        HISTORY,
        {"action": action, "candidate": candidate, "replaces": replaces, "reason": reason},
    )


def _before(bundles: list[Record], current: Record) -> Record:
    digests = [r.digest for r in bundles]
    earlier = bundles[: digests.index(current.digest)] if current.digest in digests else bundles
    if not earlier:
        raise ProductNotFound(
            "no bundle was in use before this one; see all with `lulc model list`"
        )
    return earlier[-1]


def _beginning_with(bundles: list[Record], text: str) -> Record:
    found = [
        r
        for r in bundles
        if text in (r.digest[: len(text)], r.properties["candidate"][: len(text)])
    ]
    if not found or len({r.properties["candidate"] for r in found}) > 1:
        raise ProductNotFound(
            f"{len(found)} bundles have a digest (or a candidate's) that begins with {text!r}; "
            "see all with `lulc model list`"
        )
    return found[-1]
