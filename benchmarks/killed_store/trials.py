"""A writer that is killed at its n-th step, and what its store must look like afterwards.

What belongs here: one trial and its judgement, for both stores. What does not: how many there are
(``__main__``), servers.

A step is a write, fsync, rename or link of the local store, and a request to a bucket: the writer
is killed just before it, and just after it.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lulc_assets.core.errors import CommitConflict
from lulc_assets.core.store.objects import ObjectStore
from lulc_assets.core.store.publish import fetch, find_record, is_complete, publish
from lulc_assets.core.store.records import Basis, Record

PRODUCT = "annual_map/33TVM/2023"
_WRITES = ("write", "copyfile", "fsync", "rename", "replace", "link", "chmod", "mkdir", "remove")


@dataclass(frozen=True)
class Pixels:
    """Properties of the product."""

    pixels: int


OpenStore = Callable[[], ObjectStore]


class Countdown:
    """Kills this process when it was told so many times that a step comes."""

    def __init__(self, step: int) -> None:
        self.left = step

    def tick(self, *_: Any) -> None:
        """A step comes, or is over."""
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call with a moment to be killed at before it and after it."""

        def counted(*args: Any, **options: Any) -> Any:
            self.tick()
            done = call(*args, **options)
            self.tick()
            return done

        return counted


class CountedBucket:
    """A connection to a bucket of which each request is a step."""

    def __init__(self, bucket: Any, countdown: Countdown) -> None:
        self._bucket, self._countdown = bucket, countdown

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._bucket, name)
        return self._countdown.around(found) if callable(found) else found


def commit(store: ObjectStore, folder: Path, text: str) -> Record[Pixels]:
    """Publish two files that say ``text`` in place of what stands."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / name for name in ("class.tif", "votes.tif")}
    for name, path in files.items():
        path.write_text(f"{name} {text}" * 50)
    version = find_record(store, PRODUCT, Pixels)[1]
    return publish(store, PRODUCT, Basis(1, {}, text), files, Pixels(1), replaces=version)


def killed_commit(open_store: OpenStore, folder: Path, text: str, step: int) -> bool:
    """Commit in a process that is killed at a step; False: it was over before."""
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            store = open_store()
            countdown = Countdown(step)
            if "_bucket" in dir(store) and hasattr(store, "access"):
                store.__dict__["_bucket"] = CountedBucket(store._bucket, countdown)  # type: ignore[attr-defined]
            else:
                os.fsync = countdown.around(os.fsync)
                sys.addaudithook(
                    lambda event, _: (
                        countdown.tick() if event.rpartition(".")[2] in (*_WRITES, "open") else None
                    )
                )
            commit(store, folder, text)
            code = 0
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise AssertionError(f"the writer failed at step {step} without being killed")
    return os.WIFSIGNALED(status)


def judge(store: ObjectStore, before: Record[Pixels], text: str) -> str:
    """Whether the old or the new product stands whole; which.

    Raises:
        AssertionError: neither does, or the record that was acknowledged is lost.
    """
    found, _ = find_record(store, PRODUCT, Pixels)
    assert found is not None, "the acknowledged record is gone"
    assert found == before or found.basis.settings == text, "another record stands"
    assert is_complete(store, found), "a half product stands"
    for name in found.files:
        whole = f"{name} {found.basis.settings}" * 50
        assert fetch(store, found, name).read_text() == whole, f"{name} has other bytes"
    return "old" if found == before else "new"


def trial(open_store: OpenStore, folder: Path, number: int, step: int) -> tuple[bool, str]:
    """Commit, kill the next commit at a step, judge, and commit once more.

    Returns:
        Whether the writer was killed, and which product stood.
    """
    text = f"{number}"

    def begin() -> Record[Pixels]:
        try:
            return commit(open_store(), folder / "scratch", f"before {number}")
        except CommitConflict as conflict:  # nobody else writes
            raise AssertionError(str(conflict)) from conflict

    def end() -> str:
        store = open_store()
        stood = judge(store, before, text)
        after = commit(store, folder / "scratch", text)
        assert judge(store, after, text) == "old"
        return stood

    before = forked(begin)
    killed = killed_commit(open_store, folder / "killed", text, step)
    return killed, forked(end)


T = TypeVar("T")


def forked(call: Callable[[], T]) -> T:
    """The result of a call in a process of its own.

    The process that forks writers must not have used a bucket itself: the threads of the
    connection do not go on in a child, which then waits for ever.

    Raises:
        AssertionError: what the call raised, in words.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
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
