import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.training.gather import copy_chips


@settings(deadline=None)  # the first call compiles
@given(
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(1, 70),
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.sampled_from([np.uint8, np.uint16]),
)
def test_copies_are_what_numpy_flips(bands, height, width, wanted, dtype):
    source = np.random.default_rng(0).integers(0, 255, (5, bands, height, width)).astype(dtype)
    rows = np.array([row for row, _, _ in wanted])
    flips = np.array([flip for _, *flip in wanted], dtype=np.int64)
    places = np.arange(len(wanted))[::-1] + 1
    target = np.full((len(wanted) + 2, bands, height, width), 77, dtype)
    copy_chips(source, rows, flips, target, places)
    for (row, upside_down, mirrored), place in zip(wanted, places, strict=True):
        expected = source[row][:, :: 1 - 2 * upside_down, :: 1 - 2 * mirrored]
        assert (target[place] == expected).all()
    assert (target[[0, -1]] == 77).all()
