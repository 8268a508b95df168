"""Each step of publishing can be the last one of a writer: the old or the new product stands."""

from collections import Counter

import pytest

from benchmarks.killed_store.__main__ import kill_often
from benchmarks.killed_store.trials import commit, judge
from lulc_assets.core.store.local import LocalStore


def test_a_writer_killed_at_any_step_leaves_a_whole_product(tmp_path):
    counts: Counter[str] = kill_often(lambda: LocalStore(tmp_path / "store"), tmp_path, 12)
    assert counts["killed"] == 12
    assert counts["old product stood"] == 12


def test_a_half_product_would_be_seen(tmp_path):
    store = LocalStore(tmp_path / "store")
    before = commit(store, tmp_path / "scratch", "one")
    path = store.root / before.files["class.tif"].key
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AssertionError, match="a half product stands"):
        judge(store, before, "two")
