"""Patches of sparse pixels are those of the whole grid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from lulc_assets.core.change.patches import label_patches

ARRAYS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)),
                    elements=st.integers(0, 2))  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(grid=ARRAYS)
def test_patches_are_the_connected_components_of_each_key(grid):
    places = np.flatnonzero(grid)
    labels = label_patches(places, grid.flat[places].astype(np.int64), grid.shape[1])
    expected = np.zeros(grid.shape, np.int64)
    for key in (1, 2):
        found = ndimage.label(grid == key)[0]
        expected[found > 0] = found[found > 0] + expected.max()
    pairs = set(zip(labels.tolist(), expected.flat[places].tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    firsts = [int(np.flatnonzero(labels == k)[0]) for k in range(labels.max(initial=-1) + 1)]
    assert firsts == sorted(firsts)
