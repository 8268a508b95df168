"""Each step of publishing can be the last one of a writer: the old or the new product stands."""

import pytest

from benchmarks.killed_store.runs import kill_writers
from benchmarks.killed_store.trials import Writing, commit, judge, trial
from lulc_assets.core.store.local import LocalStore


def test_a_writer_killed_at_any_step_leaves_a_whole_product(tmp_path):
    counted = kill_writers(lambda: LocalStore(tmp_path / "store"), tmp_path, 12, large=False)
    assert counted.killed == counted.old == 12
    assert counted.new == 0


def test_a_writer_can_be_killed_within_a_write_and_after_its_rename(tmp_path):
    store = LocalStore(tmp_path / "store")
    before, at, stood = commit(store, Writing(tmp_path, "first")), set(), set()
    for step in range(56, 76):
        ended, which, before = trial(lambda: store, before, Writing(tmp_path, f"{step}"), step)
        at.add(ended.at)
        stood.add(which)
    assert {"before write", "after write", "before rename"} <= at
    assert stood == {"old", "new"}


def test_a_half_product_would_be_seen(tmp_path):
    store = LocalStore(tmp_path / "store")
    before = commit(store, Writing(tmp_path / "scratch", "one"))
    path = store.root / before.files["class.tif"].key
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AssertionError, match="a half product stands"):
        judge(store, before, Writing(tmp_path, "two"))


def test_a_lost_product_would_be_seen(tmp_path):
    """A writer that is told that its product stands, which another one then takes away."""

    class Forgetful(LocalStore):
        def replace(self, key, data, *, expected):
            if not (key.endswith("record.json") and b"lost small" in data):
                super().replace(key, data, expected=expected)

    store = Forgetful(tmp_path / "store")
    before = commit(store, Writing(tmp_path / "scratch", "one"))
    with pytest.raises(AssertionError, match="the acknowledged product is lost"):
        trial(lambda: store, before, Writing(tmp_path / "scratch", "lost"), 10_000)
