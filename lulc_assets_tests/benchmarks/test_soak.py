"""What a soak is judged by."""

from benchmarks.soak.judged import Verdict, growth


def test_memory_that_grows_and_what_stands_red_is_a_failure():
    assert growth([100.0, 100.0, 110.0, 100.0, 104.0, 100.0, 150.0, 150.0]) > 1.2
    assert growth([50.0, 60.0, 100.0, 100.0, 100.0, 100.0, 101.0, 102.0]) < 1.2
    assert Verdict((), (), (), (), (), ()).passed
    assert not Verdict((), (), (), ("soak-2025-1: COMPLETED_FAILED",), (), ()).passed
