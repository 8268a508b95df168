import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.simulation.world.fields import hash_unit, smooth_noise, take_share


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), wave=st.floats(1.0, 60.0))
def test_smooth_noise_is_reproducible_and_of_unit_size(seed: int, wave: float):
    one = smooth_noise(np.random.default_rng(seed), (128, 160), wave)
    two = smooth_noise(np.random.default_rng(seed), (128, 160), wave)
    assert one.dtype == np.float32 and one.shape == (128, 160)
    assert np.array_equal(one, two)
    assert 0.2 < one.std() < 2.0


def test_long_waves_change_slowly():
    noise = smooth_noise(np.random.default_rng(0), (200, 200), 80)
    assert np.abs(np.diff(noise, axis=1)).max() < 0.25


@settings(deadline=None, max_examples=20)
@given(share=st.floats(0.01, 0.4), seed=st.integers(0, 100))
def test_take_share_takes_about_the_share_and_only_what_is_available(share: float, seed: int):
    rng = np.random.default_rng(seed)
    score = rng.standard_normal((120, 300)).astype(np.float32)
    available = rng.random((120, 300)) < 0.7
    mask, margin = take_share(score, available, lambda x: share + 0 * x)
    assert not (mask & ~available).any()
    assert abs(mask.mean() - share) < 0.02
    assert (margin[mask] >= 0).all()


def test_hashes_are_uniform_and_depend_on_the_salt():
    keys = np.arange(20_000)
    one, two = hash_unit(keys, salt=1), hash_unit(keys, salt=2)
    assert one.min() >= 0 and one.max() < 1
    assert abs(one.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03
