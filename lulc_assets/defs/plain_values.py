"""What ops hand on to each other: ids and digests as JSON, near the products.

What belongs here: where such values lie, so that ops find them on whatever machine they run.
Dagster's own IO managers pickle, and what is in a bucket is never unpickled.
"""

import json
import re
from pathlib import Path
from typing import Any

import dagster as dg

from lulc_assets.core.errors import CommitConflict, ProductNotFound
from lulc_assets.core.store.canonical import canonical_json
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.defs.resources import ProjectResource

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_MOST_BYTES = 4 * 2**20
_ATTEMPTS = 3


class PlainValues(dg.ConfigurableIOManager):
    """Values of ops as JSON: in a bucket where products are in one, else in Dagster's home.

    Attributes:
        project: whose products they lead to.
    """

    project: ProjectResource

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Store a value; that of an earlier try of the same step is replaced.

        Raises:
            TypeError, ValueError: it is not plain JSON, or too large to be handed on like this.
        """
        if obj is None:
            return
        data = canonical_json(obj)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"{len(data):,} bytes are handed on; publish them as a product")
        store, key = self._store(context.step_context.instance), _key(context)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                store.replace(key, data, expected=_version(store, key))
            except CommitConflict:  # an earlier try of this step is still at it
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def load_input(self, context: dg.InputContext) -> Any:
        """The value that the step before stored."""
        assert context.upstream_output is not None
        store = self._store(context.step_context.instance)
        return json.loads(store.read(_key(context.upstream_output)).data)

    def _store(self, instance: dg.DagsterInstance) -> ObjectStore:
        copies = self.project.load().copies("work")
        return copies.store or LocalStore(Path(instance.storage_directory()))


def _key(context: dg.OutputContext) -> str:
    parts = (_NOT_PLAIN.sub("-", part).lstrip("-.") for part in context.get_identifier())
    return f"ops/{'/'.join(parts)}.json"


def _version(store: ObjectStore, key: str) -> str | None:
    try:
        return store.read(key).version
    except ProductNotFound:
        return None
