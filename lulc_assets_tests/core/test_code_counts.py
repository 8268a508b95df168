"""Counts of codes, against numpy on the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from lulc_assets.core import code_counts
from lulc_assets.core.code_counts import count_codes


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=3, min_side=0, max_side=9)))
def test_each_code_is_counted(codes):
    assert np.array_equal(count_codes(codes), np.bincount(codes.ravel(), minlength=256))


@pytest.mark.parametrize("at_once", [1, 7, 35, 36])
def test_parts_make_the_whole(monkeypatch, at_once):
    monkeypatch.setattr(code_counts, "_AT_ONCE", at_once)
    codes = np.random.default_rng(5).integers(0, 256, (5, 7), dtype=np.uint8)
    for layer in (codes, codes[:, ::2]):
        assert np.array_equal(count_codes(layer), np.bincount(layer.ravel(), minlength=256))
