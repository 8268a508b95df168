"""Former records: kept in order, found again, restored whole."""

import threading

import pytest

from lulc_assets.core.errors import CommitConflict, ProductNotFound
from lulc_assets.core.store.history import keep_decision, keep_record, read_history
from lulc_assets.core.store.objects import LocalStore
from lulc_assets.core.store.publish import commit, find_record, open_file, publish, read_record

HISTORY = "model_history"


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


def made(store, tmp_path, text):
    path = tmp_path / "weights.txt"
    path.write_text(text)
    _, version = find_record(store, "model")
    return publish(
        store, "model", identity={"text": text}, files={"weights": path}, properties={},
        replaces=version,
    )  # fmt: skip


def test_nothing_was_kept_before_the_first_record(store):
    history = read_history(store, HISTORY)
    assert (history.records, history.decisions) == ((), ())


def test_records_are_kept_once_and_in_order(store, tmp_path):
    first, second = made(store, tmp_path, "first"), made(store, tmp_path, "second")
    for record in (first, second, first):
        keep_record(store, HISTORY, record)
    keep_decision(store, HISTORY, {"action": "rollback"})
    history = read_history(store, HISTORY)
    assert history.records == (first, second)
    assert history.decisions == ({"action": "rollback"},)
    assert history.find(second.digest[:8]) == second


def test_a_digest_that_no_record_has_or_that_two_share_is_refused(store, tmp_path):
    for number in range(17):  # of 17 hexadecimal digests two begin with the same digit
        keep_record(store, HISTORY, made(store, tmp_path, str(number)))
    history = read_history(store, HISTORY)
    digits = [record.digest[0] for record in history.records]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    for wrong in ("", "xyz", twice):
        with pytest.raises(ProductNotFound, match="kept records begin with"):
            history.find(wrong)


def test_a_former_record_is_restored_with_its_files(store, tmp_path):
    first = made(store, tmp_path, "first")
    keep_record(store, HISTORY, first)
    made(store, tmp_path, "second")
    _, version = find_record(store, "model")
    (former,) = read_history(store, HISTORY).records
    commit(store, former, replaces=version)
    assert read_record(store, "model") == first
    assert open_file(store, former, "weights").read_text() == "first"


def test_a_restore_that_comes_too_late_changes_nothing(store, tmp_path):
    first = made(store, tmp_path, "first")
    made(store, tmp_path, "second")
    _, version = find_record(store, "model")
    third = made(store, tmp_path, "third")
    with pytest.raises(CommitConflict):
        commit(store, first, replaces=version)
    assert read_record(store, "model") == third


def test_two_writers_at_once_lose_no_entry(store):
    def write(name):
        for number in range(5):
            keep_decision(store, HISTORY, {"by": name, "number": number})

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decisions = read_history(store, HISTORY).decisions
    assert len(decisions) == 10
    for name in ("a", "b"):
        assert [d["number"] for d in decisions if d["by"] == name] == list(range(5))
