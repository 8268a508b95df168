"""Publishing: content keys, the record last, conflicts, damage."""

import multiprocessing
import os
import signal

import pytest

from lulc_assets.core.errors import (
    CommitConflict,
    ProductCorrupt,
    ProductNotFound,
    StoreError,
)
from lulc_assets.core.store.objects import LocalStore
from lulc_assets.core.store.publish import (
    find_made,
    find_record,
    open_file,
    product_key,
    publish,
    read_record,
)

PRODUCT = product_key("annual_map", "33TVM", "2023")


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


def make(tmp_path, text):
    path = tmp_path / "class.tif"
    path.write_text(text)
    return {"class": path}


def commit(store, tmp_path, text="one", replaces=None, **identity):
    return publish(
        store,
        PRODUCT,
        identity=identity or {"model": "a"},
        files=make(tmp_path, text),
        properties={"pixels": 4},
        replaces=replaces,
    )


def test_a_published_product_is_read_back_through_its_record(store, tmp_path):
    record = commit(store, tmp_path)
    assert read_record(store, PRODUCT) == record
    assert open_file(store, record, "class").read_text() == "one"
    assert record.files["class"].sha256[:16] in record.files["class"].key


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
    assert read_record(store, PRODUCT) == winner


def test_a_rerun_that_saw_the_old_record_replaces_it(store, tmp_path):
    commit(store, tmp_path, "one")
    _, version = find_record(store, PRODUCT)
    new = commit(store, tmp_path, "two", replaces=version)
    assert open_file(store, read_record(store, PRODUCT), "class").read_text() == "two"
    assert new.digest == read_record(store, PRODUCT).digest


def test_a_missing_product_names_the_asset_to_materialize(store):
    with pytest.raises(ProductNotFound, match="materialize annual_map"):
        read_record(store, PRODUCT)


def test_a_flipped_byte_is_noticed_and_healed_by_making_it_again(store, tmp_path):
    record = commit(store, tmp_path)
    store.fetch(record.files["class"].key).write_text("onE")
    with pytest.raises(ProductCorrupt, match="does not match"):
        open_file(store, record, "class")
    assert find_made(store, PRODUCT, {"model": "a"}) is None
    commit(store, tmp_path)
    assert find_made(store, PRODUCT, {"model": "a"}) == record


def test_a_product_of_another_identity_is_not_taken_for_this_one(store, tmp_path):
    commit(store, tmp_path)
    assert find_made(store, PRODUCT, {"model": "b"}) is None


def test_a_broken_record_is_an_error_and_not_an_absent_product(store, tmp_path):
    commit(store, tmp_path)
    (store.root / PRODUCT / "record.json").write_text("{")
    with pytest.raises(ProductCorrupt, match="does not parse"):
        read_record(store, PRODUCT)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../up", "a/../b", "a//b", ".hidden", "a b"])
def test_keys_that_could_leave_the_store_are_refused(store, key):
    with pytest.raises(StoreError, match="plain relative name"):
        store.exists(key)


def _die_before_the_record(root, path):
    store = LocalStore(root)

    def die(*_args, **_named):
        os.kill(os.getpid(), signal.SIGKILL)

    store.replace = die
    publish(
        store, PRODUCT, identity={"model": "b"}, files={"class": path}, properties={}, replaces=None
    )


def test_killing_a_writer_before_its_record_leaves_the_old_product_whole(store, tmp_path):
    old = commit(store, tmp_path, "one")
    new = tmp_path / "new.tif"
    new.write_text("two")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_die_before_the_record, args=(store.root, new))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert read_record(store, PRODUCT) == old
    assert open_file(store, old, "class").read_text() == "one"


def _race(root, path, name, gate, answers):
    store = LocalStore(root)
    gate.wait()
    try:
        publish(
            store, PRODUCT, identity={"by": name}, files={"c": path}, properties={}, replaces=None
        )
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
    assert read_record(store, PRODUCT).identity == {"by": got[1]}
