"""A writer that is stopped at its n-th step, and what its store must look like afterwards.

What belongs here: one trial and its judgement, for both stores. What does not: where a step is
(``steps``), how many trials there are (``runs``), servers (``server``).

The process that forks writers has loaded all that they need, and never uses a bucket itself: the
threads of the connection do not go on in a child, which then waits for ever.
"""

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.killed_store.steps import Countdown, count_steps
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import fetch, find_record, is_complete, publish
from lulc_assets.core.store.records import Basis, Record, read_record

PRODUCT = "annual_map/33TVM/2023"
_PARTS_BYTES = 6 * 2**20
_FAILED = 3
"""Exit status of a writer that could not commit, as one may where the server is gone."""


@dataclass(frozen=True)
class Pixels:
    """Properties of the product."""

    pixels: int


@dataclass(frozen=True)
class Writing:
    """What a writer commits.

    Attributes:
        folder: of its scratch files.
        text: what they say.
        large: whether one of them is so large that a bucket takes it in parts.
    """

    folder: Path
    text: str
    large: bool = False

    def bytes_of(self, name: str, text: str) -> bytes:
        """What a file says that was written with ``text``."""
        said = f"{name} {text}\n".encode() * 50
        return said + bytes(_PARTS_BYTES) if self.large and name == "votes.tif" else said


OpenStore = Callable[[], ObjectStore]
_NAMES = ("class.tif", "votes.tif")


def commit(store: ObjectStore, writing: Writing) -> Record[Pixels]:
    """Publish two files in place of what stands."""
    return _publish(store, writing, _scratch(writing))


def _scratch(writing: Writing) -> dict[str, Path]:
    writing.folder.mkdir(parents=True, exist_ok=True)
    files = {name: writing.folder / name for name in _NAMES}
    for name, path in files.items():
        path.write_bytes(writing.bytes_of(name, writing.text))
    return files


def _publish(store: ObjectStore, writing: Writing, files: dict[str, Path]) -> Record[Pixels]:
    version = find_record(store, PRODUCT, Pixels)[1]
    basis = Basis(1, {}, f"{writing.text} {'large' if writing.large else 'small'}")
    return publish(store, PRODUCT, basis, files, Pixels(1), replaces=version)


@dataclass(frozen=True)
class Stopped:
    """How a writer ended.

    Attributes:
        at: name of the step; empty where it was over before.
        acknowledged: whether it was told that its product stands.
    """

    at: str
    acknowledged: bool


def stopped_commit(
    open_store: OpenStore,
    writing: Writing,
    step: int,
    at_step: Callable[[], None] | None = None,
) -> Stopped:
    """Commit in a process of its own that is stopped at a step.

    Args:
        open_store: called in that process.
        writing: what it commits.
        step: at which it is killed.
        at_step: called here at that step instead of killing the writer, which goes on.

    Raises:
        AssertionError: it failed although nothing was done to it.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _write_to_the_end(open_store, writing, step, write, kills=at_step is None)
    os.close(write)
    with os.fdopen(read, "rb", buffering=0) as pipe:
        at = pipe.read(100).decode()  # until the writer is there, or gone
        if at and at_step:
            at_step()
        _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL) and not (at and code == _FAILED and at_step):
        raise AssertionError(f"the writer failed before it was stopped, at step {step} ({code})")
    return Stopped(at, code == 0)


def _write_to_the_end(
    open_store: OpenStore, writing: Writing, step: int, report: int, *, kills: bool
) -> None:
    """A writer's life; does not return."""

    def over(name: str) -> None:
        os.write(report, name.encode())
        if kills:
            os.kill(os.getpid(), signal.SIGKILL)

    code = _FAILED
    try:
        store = open_store()
        files = _scratch(writing)
        count_steps(store, Countdown(step, over))
        _publish(store, writing, files)
        code = 0
    except BaseException:
        if kills:
            traceback.print_exc(file=sys.stderr)
            sys.stderr.flush()
    finally:
        os._exit(code)


def judge(store: ObjectStore, before: Record[Pixels], writing: Writing) -> str:
    """Whether the old or the new product stands whole; which.

    Raises:
        AssertionError: neither does, or the record that was acknowledged is lost.
    """
    found, _ = find_record(store, PRODUCT, Pixels)
    assert found is not None, "the acknowledged record is gone"
    text, _, size = str(found.basis.settings).rpartition(" ")
    assert found == before or text == writing.text, "another record stands"
    assert is_complete(store, found), "a half product stands"
    written = Writing(writing.folder, text, size == "large")
    for name in found.files:
        whole = written.bytes_of(name, text)
        assert fetch(store, found, name).read_bytes() == whole, f"{name} has other bytes"
    return "old" if found == before else "new"


def begin(open_store: OpenStore, folder: Path) -> Record[Pixels]:
    """The product that stands before the first trial."""
    before = forked(lambda: commit(open_store(), Writing(folder / "scratch", "first")))
    # Once here and not in each child: how records are read is made up at the first one.
    assert read_record(before.data, PRODUCT, Pixels) == before
    return before


def trial(
    open_store: OpenStore,
    before: Record[Pixels],
    writing: Writing,
    step: int,
    at_step: Callable[[], None] | None = None,
) -> tuple[Stopped, str, Record[Pixels]]:
    """Commit, stop the writer at a step, judge, and let another writer commit the same.

    Returns:
        Where the writer was stopped; which product stood; the record that stands now.

    Raises:
        AssertionError: a half product stands, or what was acknowledged is lost.
    """
    stopped = stopped_commit(open_store, writing, step, at_step)

    def look() -> tuple[str, Record[Pixels]]:
        store = open_store()
        stood = judge(store, before, writing)
        assert stood == "new" or not stopped.acknowledged, "the acknowledged product is lost"
        after = commit(store, writing)
        assert judge(store, after, writing) == "old"
        return stood, after

    try:
        return stopped, *forked(look)
    except AssertionError as error:
        raise AssertionError(f"{writing.text}, stopped {stopped.at}: {error}") from error


T = TypeVar("T")


def forked(call: Callable[[], T]) -> T:
    """The result of a call in a process of its own.

    Raises:
        AssertionError: what the call raised, in words.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer: tuple[bool, Any] = (True, call())
        except BaseException as error:
            answer = (False, f"{type(error).__name__}: {error}")
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        done, answer_or_error = pickle.load(pipe)
    os.waitpid(child, 0)
    if not done:
        raise AssertionError(answer_or_error)
    result: T = answer_or_error
    return result
