import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.imagery.filling import fill_no_data

RAMP = np.stack([np.arange(1, 65, dtype=np.uint16).reshape(8, 8)] * 2)


def test_no_data_becomes_the_nearest_pixel_with_data():
    valid = np.ones((8, 8), bool)
    valid[:, 5:] = False
    filled = fill_no_data(RAMP * valid, valid)
    np.testing.assert_array_equal(filled[0, 0], [1, 2, 3, 4, 5, 5, 5, 5])


def test_whole_and_empty_images_are_left_alone():
    everything, nothing = np.ones((8, 8), bool), np.zeros((8, 8), bool)
    assert fill_no_data(RAMP, everything) is RAMP
    assert fill_no_data(RAMP, nothing) is RAMP


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.98))
@settings(max_examples=50, deadline=None)
def test_data_stay_and_what_is_filled_is_a_pixel_with_data(seed, share):
    rng = np.random.default_rng(seed)
    image = rng.integers(1, 9, (3, 9, 13)).astype(np.uint16)
    valid = rng.random((9, 13)) < share
    before = image.copy()
    filled = fill_no_data(image * valid, valid)
    np.testing.assert_array_equal(filled[:, valid], image[:, valid])
    np.testing.assert_array_equal(image, before)
    if valid.any():
        spectra = {tuple(pixel) for pixel in image[:, valid].T}
        assert {tuple(pixel) for pixel in filled.reshape(3, -1).T} <= spectra
