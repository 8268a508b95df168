"""Reading and computing side by side, with a bound on what is in memory.

What belongs here: the order of work between threads. What does not: what is read or
computed.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AHEAD = 2
"""Blocks that may wait beyond those being computed: one being read, one ready."""

_Item = TypeVar("_Item")
_Block = TypeVar("_Block")
_Result = TypeVar("_Result")


def read_ahead(
    items: Iterable[_Item],
    read: Callable[[_Item], _Block],
    compute: Callable[[_Item, _Block], _Result],
    workers: int,
) -> Generator[tuple[_Item, _Result], None, None]:
    """Compute on what one thread reads, ``workers`` at once; results in the order of items.

    At most ``workers + AHEAD`` blocks exist at any time. The first error of either side, in
    the order of items, is raised here; then what waits is dropped, and what runs is waited
    for. Closing the iterator early does the same.

    Args:
        items: what is to be done.
        read: called in one thread, in order.
        compute: called in ``workers`` threads; a block is freed when its call ends.
        workers: how many are computed at once.
    """
    pending: deque[tuple[_Item, Future[_Result]]] = deque()
    with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(workers, "infer") as pool:

        def start(item: _Item) -> Future[_Result]:
            reading = reader.submit(read, item)
            return pool.submit(lambda: compute(item, reading.result()))

        try:
            for item in items:
                pending.append((item, start(item)))
                if len(pending) == workers + AHEAD:
                    oldest, result = pending.popleft()
                    yield oldest, result.result()
            while pending:
                oldest, result = pending.popleft()
                yield oldest, result.result()
        finally:
            for executor in (reader, pool):
                executor.shutdown(wait=False, cancel_futures=True)
