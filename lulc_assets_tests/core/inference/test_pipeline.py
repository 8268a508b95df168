import threading
import time

import pytest

from lulc_assets.core.inference.pipeline import AHEAD, read_ahead


def test_results_come_in_order_whoever_is_first():
    def compute(item, block):
        time.sleep(0.02 if item % 3 == 0 else 0)
        return block + 1

    found = list(read_ahead(range(20), lambda item: 10 * item, compute, workers=3))
    assert found == [(item, 10 * item + 1) for item in range(20)]


def test_reading_goes_on_while_blocks_are_computed_and_never_runs_away():
    workers, alive, most = 2, [], []
    lock, second_read = threading.Lock(), threading.Event()

    def read(item):
        with lock:
            alive.append(item)
            most.append(len(alive))
        if item == 1:
            second_read.set()
        return item

    def compute(item, _):
        assert second_read.wait(10)  # would never come if reading waited for computing
        time.sleep(0.005)
        with lock:
            alive.remove(item)
        return item

    assert len(list(read_ahead(range(30), read, compute, workers))) == 30
    assert max(most) <= workers + AHEAD


@pytest.mark.parametrize("side", ["read", "compute"])
def test_an_error_of_either_side_is_raised_and_ends_the_rest(side):
    done, threads = [], threading.active_count()

    def fail_at_five(item):
        if item == 5:
            raise OSError("block 5")
        return item

    read = fail_at_five if side == "read" else (lambda item: item)
    work = fail_at_five if side == "compute" else (lambda item: item)
    with pytest.raises(OSError, match="block 5"):
        for item, _ in read_ahead(range(1000), read, lambda item, _: work(item), workers=2):
            done.append(item)
    assert done == [0, 1, 2, 3, 4]
    assert threading.active_count() == threads


def test_closing_early_stops_reading():
    read = []
    results = read_ahead(range(1000), read.append, lambda item, _: item, workers=2)
    next(results)
    results.close()
    seen = len(read)
    assert seen <= 2 * (2 + AHEAD)
    time.sleep(0.05)
    assert len(read) == seen
