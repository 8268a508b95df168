"""Many trials in a row: of the writer, and of the server that it writes to.

What belongs here: which step comes when, and what is counted. What does not: one trial
(``trials``).
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.killed_store.server import BUCKET, S3Server
from benchmarks.killed_store.trials import OpenStore, Writing, begin, forked, trial
from lulc_assets.core.store.s3 import S3Store

_SAID_EVERY_S = 30.0
_ROUNDS_A_LARGE = 10
"""Of so many rounds through all steps one has a file that a bucket takes in parts."""


@dataclass
class Counted:
    """Of trials that all went well.

    Attributes:
        trials: how many there were.
        killed: of these, how often the writer, or the server, was killed.
        old: how often the old product stood afterwards.
        new: how often the new one did.
        lost_answers: how often the new one stood although no writer was told so.
        at: step → how often it was the last.
        rounds: how often all steps were gone through.
        seconds: that all took.
    """

    trials: int = 0
    killed: int = 0
    old: int = 0
    new: int = 0
    lost_answers: int = 0
    at: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    seconds: float = 0.0


def kill_writers(open_store: OpenStore, folder: Path, trials: int, *, large: bool) -> Counted:
    """A trial at each step in turn, from the first to the last and again.

    Args:
        open_store: of the writers.
        folder: for scratch.
        trials: how many.
        large: whether in some rounds one file is large.

    Raises:
        AssertionError: the store was not as it must be.
    """

    def writing(number: int, rounds: int) -> Writing:
        is_large = large and rounds % _ROUNDS_A_LARGE == 1
        return Writing(folder / "scratch", f"trial {number}", is_large)

    return _all_trials(open_store, folder, trials, writing)


def kill_servers(server: S3Server, folder: Path, kills: int, seed: int = 19) -> Counted:
    """Kill the server while a writer is at a step, start it again, and look.

    The writer does not wait for the kill: it comes up to 4 ms after the step, within a request
    or between two.

    Raises:
        AssertionError: the store was not as it must be.
    """
    chance = random.Random(seed)

    def open_store() -> S3Store:
        return S3Store(f"s3://{BUCKET}/servers", folder / "cache", server.access(patience_s=60))

    def kill() -> None:
        time.sleep(chance.uniform(0, 0.004))
        server.kill()
        server.launch()
        forked(server.wait)

    def writing(number: int, _: int) -> Writing:
        return Writing(folder / "scratch", f"server {number}", large=chance.random() < 0.3)

    return _all_trials(open_store, folder, kills, writing, kill)


def _all_trials(
    open_store: OpenStore,
    folder: Path,
    trials: int,
    writing: Callable[[int, int], Writing],
    at_step: Callable[[], None] | None = None,
) -> Counted:
    """Trials at each step in turn; ``writing`` is told how many trials and rounds there were."""
    counted, began = Counted(), time.monotonic()
    said, step = began, 0
    before = begin(open_store, folder)
    for number in range(trials):
        written = writing(number, counted.rounds)
        stopped, stood, before = trial(open_store, before, written, step, at_step)
        _count(counted, stopped.at, stood, acknowledged=stopped.acknowledged)
        step = step + 1 if stopped.at else 0
        counted.rounds += not stopped.at
        counted.seconds = time.monotonic() - began
        said = _say(said, counted, trials)
    return counted


def _count(counted: Counted, at: str, stood: str, *, acknowledged: bool) -> None:
    counted.trials += 1
    counted.killed += bool(at)
    counted.old += stood == "old"
    counted.new += stood == "new"
    counted.lost_answers += stood == "new" and not acknowledged
    if at:
        counted.at[at] += 1


def _say(said: float, counted: Counted, trials: int) -> float:
    """Progress twice a minute; when it was told last."""
    if time.monotonic() < said + _SAID_EVERY_S and counted.trials < trials:
        return said
    print(
        f"{counted.trials} of {trials} in {counted.seconds:.0f} s: {counted.killed} killed, "
        f"{counted.old} old and {counted.new} new products stood",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    return time.monotonic()
