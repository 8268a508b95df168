"""Publishing: content keys, the record last, conflicts, damage."""

import multiprocessing
import os
import signal
from dataclasses import dataclass

import pytest

from lulc_assets.core.errors import (
    CommitConflict,
    ProductCorrupt,
    StoreError,
)
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.publish import (
    commit as commit_record,
)
from lulc_assets.core.store.publish import (
    fetch,
    find_record,
    is_complete,
    kept_record,
    product_key,
    publish,
)
from lulc_assets.core.store.records import Basis


@dataclass(frozen=True)
class Pixels:
    """Properties of the product of this test."""

    pixels: int


def find(store):
    return find_record(store, PRODUCT, Pixels)[0]


PRODUCT = product_key("annual_map", "33TVM", "2023")


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


def make(tmp_path, text):
    path = tmp_path / "class.tif"
    path.write_text(text)
    return {"class": path}


def commit(store, tmp_path, text="one", replaces=None, settings="a"):
    files = make(tmp_path, text)
    return publish(store, PRODUCT, Basis(1, {}, settings), files, Pixels(4), replaces=replaces)


def test_a_published_product_is_read_back_through_its_record(store, tmp_path):
    record = commit(store, tmp_path)
    assert find(store) == record
    assert find(store).properties == Pixels(4)
    assert fetch(store, record, "class").read_text() == "one"
    assert record.files["class"].sha256[:16] in record.files["class"].key


def test_a_record_stays_under_its_digest_when_another_takes_its_place(store, tmp_path):
    first = commit(store, tmp_path, "one")
    _, version = find_record(store, PRODUCT, Pixels)
    second = commit(store, tmp_path, "two", replaces=version)
    assert find(store) == second
    assert kept_record(store, first.digest, Pixels) == first
    assert fetch(store, first, "class").read_text() == "one"


def test_a_former_record_is_restored_byte_for_byte(store, tmp_path):
    first = commit(store, tmp_path, "one")
    _, version = find_record(store, PRODUCT, Pixels)
    commit(store, tmp_path, "two", replaces=version)
    _, version = find_record(store, PRODUCT, Pixels)
    commit_record(store, first, replaces=version)
    assert find(store) == first


def test_a_restore_that_comes_too_late_changes_nothing(store, tmp_path):
    first = commit(store, tmp_path, "one")
    _, version = find_record(store, PRODUCT, Pixels)
    second = commit(store, tmp_path, "two", replaces=version)
    with pytest.raises(CommitConflict):
        commit_record(store, first, replaces=version)
    assert find(store) == second


class LosesAnswers(LocalStore):
    """A store whose conditional write is applied, and whose answer is then lost."""

    def replace(self, key, data, *, expected):
        super().replace(key, data, expected=expected)
        raise CommitConflict("412: it is there already")


class AsksAgain(LocalStore):
    """A store that refuses the first conditional write of the pointer although nobody wrote."""

    refused = 0

    def replace(self, key, data, *, expected):
        if key.endswith("record.json") and not self.refused:
            self.refused += 1
            raise CommitConflict("409: try again")
        super().replace(key, data, expected=expected)


@pytest.mark.parametrize("kind", [LosesAnswers, AsksAgain])
def test_an_own_commit_is_not_taken_for_that_of_another_run(tmp_path, kind):
    store = kind(tmp_path / "store")
    record = commit(store, tmp_path)
    assert find(store) == record


def test_others_may_read_what_a_user_stores(store, tmp_path):
    umask = os.umask(0o022)
    try:
        record = commit(store, tmp_path)
    finally:
        os.umask(umask)
    for path in (store.root / PRODUCT / "record.json", store.root / record.files["class"].key):
        assert path.stat().st_mode & 0o444 == 0o444


def test_the_same_inputs_give_the_same_digest_in_another_store(store, tmp_path):
    other = LocalStore(tmp_path / "elsewhere")
    assert commit(store, tmp_path).digest == commit(other, tmp_path).digest


def test_publishing_the_same_again_changes_nothing_and_succeeds(store, tmp_path):
    first = commit(store, tmp_path)
    assert commit(store, tmp_path, replaces=None).digest == first.digest


def test_the_loser_of_two_writers_is_told_and_overwrites_nothing(store, tmp_path):
    winner = commit(store, tmp_path, "one")
    with pytest.raises(CommitConflict, match="another run"):
        commit(store, tmp_path, "two", replaces=None)
    assert find(store) == winner


def test_a_rerun_that_saw_the_old_record_replaces_it(store, tmp_path):
    commit(store, tmp_path, "one")
    _, version = find_record(store, PRODUCT, Pixels)
    new = commit(store, tmp_path, "two", replaces=version)
    assert fetch(store, find(store), "class").read_text() == "two"
    assert new.digest == find(store).digest


def test_a_flipped_byte_is_noticed_when_read_and_healed_by_making_it_again(store, tmp_path):
    record = commit(store, tmp_path)
    (store.root / record.files["class"].key).write_text("onE")
    with pytest.raises(ProductCorrupt, match="does not match"):
        fetch(store, record, "class")
    assert not is_complete(store, record)
    commit(store, tmp_path)
    assert is_complete(store, record)
    assert fetch(store, record, "class").read_text() == "one"


def test_a_broken_record_is_an_error_and_not_an_absent_product(store, tmp_path):
    commit(store, tmp_path)
    (store.root / PRODUCT / "record.json").write_text("{")
    with pytest.raises(ProductCorrupt, match="does not parse"):
        find(store)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5_000, "null"])
def test_a_record_that_exhausts_its_reader_is_named_too(store, tmp_path, text):
    # Nesting let RecursionError through, which nothing catches.
    commit(store, tmp_path)
    (store.root / PRODUCT / "record.json").write_text(text)
    with pytest.raises(ProductCorrupt):
        find(store)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../up", "a/../b", "a//b", ".hidden", "a b"])
def test_keys_that_could_leave_the_store_are_refused(store, key):
    with pytest.raises(StoreError, match="plain relative name"):
        store.size(key)


def _die_before_the_record(root, path):
    store = LocalStore(root)

    def die(*_args, **_named):
        os.kill(os.getpid(), signal.SIGKILL)

    store.replace = die
    publish(store, PRODUCT, Basis(1, {}, "b"), {"class": path}, Pixels(4), replaces=None)


def test_killing_a_writer_before_its_record_leaves_the_old_product_whole(store, tmp_path):
    old = commit(store, tmp_path, "one")
    new = tmp_path / "new.tif"
    new.write_text("two")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_die_before_the_record, args=(store.root, new))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert find(store) == old
    assert fetch(store, old, "class").read_text() == "one"


def _race(root, path, name, gate, answers):
    store = LocalStore(root)
    gate.wait()
    try:
        publish(store, PRODUCT, Basis(1, {}, name), {"c": path}, Pixels(4), replaces=None)
        answers.put(name)
    except CommitConflict:
        answers.put("")


def test_of_two_concurrent_first_writers_exactly_one_commits(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    path = tmp_path / "x.tif"
    path.write_text("x")
    runs = [
        context.Process(target=_race, args=(store.root, path, name, gate, answers))
        for name in ("a", "b")
    ]
    for run in runs:
        run.start()
    got = sorted(answers.get(timeout=30) for _ in runs)
    for run in runs:
        run.join(30)
    assert got[0] == "" and got[1] in {"a", "b"}
    assert find(store).basis.settings == got[1]
