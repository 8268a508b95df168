"""How long work tells that it goes on.

What belongs here: the type of a progress callback and the silent one. What does not:
bars and logs (those are with the caller: the demo, or a Dagster asset).
"""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""``progress(done, total, what)``: ``done`` of ``total`` steps, ``what`` in a few words."""


def silent(done: int, total: int, what: str) -> None:
    """Report nothing."""
