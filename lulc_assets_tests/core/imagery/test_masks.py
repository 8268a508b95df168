import numpy as np

from lulc_assets.core.imagery.masks import SCL_CLOUDS, SCL_NOT_VOTING, SCL_VOTING, votes


def test_every_code_either_votes_or_does_not():
    assert sorted(SCL_NOT_VOTING + SCL_VOTING) == list(range(12))


def test_clouds_shadow_and_no_data_do_not_vote():
    scl = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert set(scl[votes(scl)]) == set(SCL_VOTING)
    assert not votes(np.array(SCL_CLOUDS, np.uint8)).any()


def test_unknown_codes_do_not_vote():
    assert not votes(np.array([12, 255], np.uint8)).any()
