"""The code location: everything under ``defs/``."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules, sensors and resources."""
    with _uncollected():
        return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: what is loaded stays, and each look goes through all of it.

    With it loading took a tenth longer, and every process of a run loads.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
