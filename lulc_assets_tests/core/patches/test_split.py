from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import SplitImpossible
from lulc_assets.core.patches.folder import PatchFile
from lulc_assets.core.patches.split import PatchSplit, folds_of, group_patches, split_patches


def files(counts, name="{0}_{1}"):
    return [
        PatchFile(c, Path(name.format(c, n) + ".tif")) for c, k in counts.items() for n in range(k)
    ]


@settings(deadline=None)
@given(st.integers(3, 40), st.integers(3, 40), st.integers(0, 9))
def test_every_class_is_in_every_part_and_a_fifth_judges(first, second, seed):
    known = files({"a": first, "b": second})
    parts = split_patches(known, PatchSplit(seed=seed))
    assert parts == split_patches(known, PatchSplit(seed=seed))
    for name, count in (("a", first), ("b", second)):
        own = [p for p, f in zip(parts, known, strict=True) if f.class_name == name]
        assert own.count("gold") == max(1, round(0.2 * count))
        assert own.count("val") >= 1
        assert own.count("train") >= 1


def test_a_class_with_one_patch_is_refused():
    with pytest.raises(SplitImpossible, match=r"class b has 1 patch\(es\): one must train"):
        split_patches(files({"a": 9, "b": 1}), PatchSplit())


def test_scenes_are_drawn_whole_where_names_tell_them():
    known = [
        PatchFile(c, Path(f"S2A_MSIL2A_2017061{s}T101031_{c}_{n}.tif"))
        for c in "ab" for s in range(8) for n in range(3)
    ]  # fmt: skip
    parts = split_patches(known, PatchSplit(seed=3))
    where = {}
    for group, part in zip(group_patches(known), parts, strict=True):
        where.setdefault(group, set()).add(part)
    assert len(where) == 8
    assert all(len(found) == 1 for found in where.values())
    one_scene = [PatchFile(c, Path(f"S2A_MSIL2A_20170613T101031_{c}_{n}.tif"))
                 for c in "ab" for n in range(9)]  # fmt: skip
    with pytest.raises(SplitImpossible, match=r"of 1 scene\(s\)"):
        split_patches(one_scene, PatchSplit())


def test_folds_spread_each_class_evenly():
    known = files({"a": 10, "b": 12})
    folds = folds_of(known, 5, seed=1)
    for name in "ab":
        own = np.bincount(folds[[f.class_name == name for f in known]], minlength=5)
        assert own.max() - own.min() <= 1
    with pytest.raises(SplitImpossible, match="3 patches for 5 folds"):
        folds_of(files({"a": 3, "b": 9}), 5, seed=1)
