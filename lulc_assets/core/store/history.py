"""Former records: what a product was before, so that it can be looked at and restored.

What belongs here: an append-only product that keeps the records of other products, and the
decisions that people took about them. What does not: what the records mean.

A product's own ``record.json`` names only what is current, and readers follow nothing else.
Its former files stay in the store under their content keys; what a restore needs is the
former record. A history is itself a product: one record that names the kept ones, changed
conditionally, so that of two writers at once neither loses an entry. It holds no time: its
order is the order of events.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import CommitConflict, ProductNotFound
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import find_record, open_file, publish_beside
from lulc_assets.core.store.records import Record

_ATTEMPTS = 8
"""Writers that may get in between; each needs milliseconds."""


@dataclass(frozen=True)
class History:
    """What a history product holds.

    Attributes:
        records: kept records, oldest first.
        decisions: plain JSON, oldest first.
    """

    records: tuple[Record, ...]
    decisions: tuple[Mapping[str, Any], ...]

    def find(self, digest: str) -> Record:
        """The kept record whose digest begins so.

        Raises:
            ProductNotFound: no record does, or more than one.
        """
        found = [r for r in self.records if r.digest.startswith(digest)]
        if len(found) != 1 or not digest:
            known = ", ".join(r.digest[:12] for r in self.records)
            raise ProductNotFound(
                f"{len(found)} kept records begin with {digest!r}; kept are: {known or 'none'}"
            )
        return found[0]


def read_history(store: ObjectStore, history: str) -> History:
    """All that a history product holds; nothing if it is not there.

    Raises:
        ProductCorrupt: a kept record does not match its hash.
    """
    current, _ = find_record(store, history)
    if current is None:
        return History((), ())
    names = current.properties["order"]
    records = (
        Record.from_bytes(open_file(store, current, name).read_bytes(), f"{history}/{name}")
        for name in names
    )
    return History(tuple(records), tuple(current.properties["decisions"]))


def keep_record(store: ObjectStore, history: str, record: Record) -> None:
    """Add a record; one that is there already is not added again."""
    name = f"{record.product.replace('/', '_')}_{record.digest}.json"
    with tempfile.TemporaryDirectory(prefix="lulc-history-") as scratch:
        path = Path(scratch) / name
        path.write_bytes(record.to_bytes())
        _append(store, history, {name: path}, None)


def keep_decision(store: ObjectStore, history: str, decision: Mapping[str, Any]) -> None:
    """Add a decision, at the end."""
    _append(store, history, {}, decision)


def _append(
    store: ObjectStore,
    history: str,
    files: Mapping[str, Path],
    decision: Mapping[str, Any] | None,
) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        current, version = find_record(store, history)
        old = {"order": [], "decisions": []} if current is None else dict(current.properties)
        new = {
            "order": [*old["order"], *(name for name in files if name not in old["order"])],
            "decisions": [*old["decisions"], *([] if decision is None else [dict(decision)])],
        }
        if new == old:
            return
        try:
            publish_beside(
                store,
                history,
                current,
                identity={"entries": len(new["order"]) + len(new["decisions"])},
                files=files,
                properties=new,
                replaces=version,
            )
        except CommitConflict:
            if attempt == _ATTEMPTS:
                raise
        else:
            return
