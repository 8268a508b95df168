import numpy as np

from lulc_assets.core.imagery.masks import (
    SCL_CLOUDS,
    SCL_NO_DATA,
    SCL_VOTING,
    SCL_WATER,
    scl_from_fmask,
    votes,
)


def test_clouds_shadow_and_no_data_do_not_vote():
    scl = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert set(scl[votes(scl)]) == set(SCL_VOTING)
    assert not votes(np.array(SCL_CLOUDS, np.uint8)).any()


def test_unknown_codes_do_not_vote():
    assert not votes(np.array([12, 255], np.uint8)).any()


def test_fmask_bits_1_to_3_do_not_vote_and_the_others_do():
    """All 256 values, against the bits written out (HLS Product User Guide, Fmask)."""
    fmask = np.arange(256, dtype=np.uint8)
    masked = np.array([value & 0b1110 != 0 or value == 255 for value in range(256)])
    np.testing.assert_array_equal(votes(scl_from_fmask(fmask)), ~masked)


def test_fmask_water_snow_and_fill_keep_their_meaning():
    water, snow, aerosol, fill = 1 << 5, 1 << 4, 0b11000000, 255
    codes = scl_from_fmask(np.array([water, snow, aerosol, fill, water | 0b10], np.uint8))
    assert codes.tolist() == [SCL_WATER, 11, 7, SCL_NO_DATA, 9]
