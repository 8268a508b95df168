"""Any order of publishing, restoring, collecting garbage and failing leaves a whole store.

Two writers, each with the version that it read at some time; a store that is slow (another act
comes between a writer's files and its record), that does not answer, or whose answer is lost.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lulc_assets.core.errors import CommitConflict, StoreUnreachable
from lulc_assets.core.store.collect import plan_sweep, sweep
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.publish import (
    commit,
    fetch,
    find_record,
    is_complete,
    kept_record,
    publish,
)
from lulc_assets.core.store.records import Basis, Record

PRODUCT = "annual_map/33TVM/2023"
WRITERS = st.sampled_from(("one", "two"))
TEXTS = st.sampled_from("abcd")
DAYS, DAY_S = 2.0, 86400.0
KEPT = 2


@dataclass(frozen=True)
class Pixels:
    """Properties of the product."""

    pixels: int


class FaultyStore(LocalStore):
    """A store with something that happens at its next write of the record that stands."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.before: Callable[[], None] = lambda: None
        self.answer_is_lost = False

    def replace(self, key: str, data: bytes, *, expected: str | None) -> None:
        """Write, after what comes between, and perhaps without an answer."""
        if not key.endswith("/record.json"):
            return super().replace(key, data, expected=expected)
        before, self.before = self.before, lambda: None
        before()
        super().replace(key, data, expected=expected)
        if self.answer_is_lost:
            self.answer_is_lost = False
            raise StoreUnreachable("the answer was lost")
        return None


class StoreMachine(RuleBasedStateMachine):
    """What stands is what was committed last, and all that it names is there."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lulc-machine-"))
        self.store = FaultyStore(self.folder / "store")
        self.seen: dict[str, str | None] = {"one": None, "two": None}
        self.stands: Record[Pixels] | None = None
        self.stood: list[object] = []
        """What the texts said that ever stood, each once, the last one last."""

    def teardown(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    @initialize(text=TEXTS)
    def first(self, text: str) -> None:
        """Something stands."""
        self._publish("one", text)

    @rule(writer=WRITERS)
    def reads(self, writer: str) -> None:
        """A writer takes the version that stands, and may work long on it."""
        self.seen[writer] = find_record(self.store, PRODUCT, Pixels)[1]

    @rule(writer=WRITERS, text=TEXTS)
    def publishes(self, writer: str, text: str) -> None:
        """With what it read at some time: a stale writer changes nothing."""
        stands = find_record(self.store, PRODUCT, Pixels)[1]
        wins = self.seen[writer] == stands
        same = self._text() == text
        try:
            self._publish(writer, text)
            assert wins or same
        except CommitConflict:
            assert not wins

    @rule(writer=WRITERS, first=TEXTS, other=TEXTS)
    def is_overtaken(self, writer: str, first: str, other: str) -> None:
        """The other writer commits between a writer's files and its record."""
        self.seen[writer] = find_record(self.store, PRODUCT, Pixels)[1]
        second = "two" if writer == "one" else "one"

        def overtake() -> None:
            self.seen[second] = find_record(self.store, PRODUCT, Pixels)[1]
            self._publish(second, other)

        self.store.before = overtake
        before = self._text()
        try:
            self._publish(writer, first)
        except CommitConflict:
            assert first != other or other == before
        finally:
            self.store.before = lambda: None

    @rule(writer=WRITERS, text=TEXTS)
    def is_collected_meanwhile(self, writer: str, text: str) -> None:
        """Garbage is collected between a writer's files and its record."""
        self.store.before = lambda: self._collect(time.time())
        self.publishes(writer, text)
        self.store.before = lambda: None

    @rule(writer=WRITERS, text=TEXTS)
    def finds_no_answer(self, writer: str, text: str) -> None:
        """Nothing is written; the writer tries again later."""

        def fails() -> None:
            raise StoreUnreachable("no answer")

        self.store.before = fails
        with suppress(StoreUnreachable, CommitConflict):
            self._publish(writer, text)
        self.store.before = lambda: None

    @rule(writer=WRITERS, text=TEXTS)
    def loses_the_answer(self, writer: str, text: str) -> None:
        """It is written, and the writer is not told: the same again finds it there."""
        self.seen[writer] = find_record(self.store, PRODUCT, Pixels)[1]
        if self._text() == text:
            return
        self.store.answer_is_lost = True
        with suppress(StoreUnreachable):
            self._publish(writer, text)
        assert find_record(self.store, PRODUCT, Pixels)[0].basis.settings == text
        self._publish(writer, text)

    @rule(back=st.integers(1, KEPT))
    def restores(self, back: int) -> None:
        """A former record takes the place of one that is retracted."""
        former = self._records()
        version = find_record(self.store, PRODUCT, Pixels)[1]
        commit(self.store, former[-back % len(former)], replaces=version)
        self.stands = former[-back % len(former)]

    @rule()
    def is_collected_later(self) -> None:
        """Long after all writers ended."""
        stood = self.stood[-KEPT - 1 :]
        self._collect(time.time() + (DAYS + 1) * DAY_S)
        kept = {record.basis.settings for record in self._records()}
        assert len(kept) == len(self._records()) <= KEPT + 1
        assert kept >= set(stood)
        files = {f.name for f in (self.store.root / PRODUCT).iterdir() if f.suffix == ".tif"}
        assert len(files) <= 2 * (KEPT + 1)

    @invariant()
    def all_records_are_whole(self) -> None:
        """The one that stands is what was written last; each names only what is there."""
        if self.stands is None:
            return
        assert find_record(self.store, PRODUCT, Pixels)[0] == self.stands
        assert self.stands in self._records()
        text = self._text()
        self.stood = [*(t for t in self.stood if t != text), text]
        for record in (self.stands, *self._records()):
            assert is_complete(self.store, record)
            for name in record.files:
                whole = f"{name} {record.basis.settings}" * 20
                assert fetch(self.store, record, name).read_text() == whole

    def _records(self) -> list[Record[Pixels]]:
        """All that are kept under their digest, in the order of their digests."""
        files = sorted((self.store.root / "records").glob("??/*.json"))
        return [kept_record(self.store, file.stem, Pixels) for file in files]

    def _publish(self, writer: str, text: str) -> None:
        scratch = self.folder / writer
        scratch.mkdir(exist_ok=True)
        files = {name: scratch / name for name in ("class.tif", "votes.tif")}
        for name, path in files.items():
            path.write_text(f"{name} {text}" * 20)
        try:
            publish(
                self.store, PRODUCT, Basis(1, {}, text), files, Pixels(1),
                replaces=self.seen[writer],
            )  # fmt: skip
        finally:
            self.stands = find_record(self.store, PRODUCT, Pixels)[0]

    def _text(self) -> object:
        """What stands says."""
        assert self.stands is not None
        return self.stands.basis.settings

    def _collect(self, now: float) -> None:
        found = plan_sweep(self.store, versions=KEPT, days=DAYS, now=now)
        sweep(self.store, found, days=DAYS, now=now)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=40,
    stateful_step_count=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each step is a handful of files
    suppress_health_check=[HealthCheck.too_slow],
)
