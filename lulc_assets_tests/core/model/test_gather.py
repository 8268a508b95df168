import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lulc_assets.core.model.gather import copy_flipped


@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.booleans(), st.booleans())
def test_a_copy_is_what_numpy_flips(bands, height, width, upside_down, mirrored):
    source = np.random.default_rng(0).integers(0, 9999, (bands, height, width)).astype(np.uint16)
    target = np.empty_like(source)
    copy_flipped(source, target, int(upside_down), int(mirrored))
    expected = source[:, :: 1 - 2 * upside_down, :: 1 - 2 * mirrored]
    assert (target == expected).all()
