"""What killed runs leave in the folder for temporary files.

What belongs here: finding and removing it. What does not: making scratch folders, which is the
standard library's (``tempfile``), always under names that begin with ``PREFIX``.
"""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "lulc-"
OLD_S = 3 * 86_400
"""A run may take two days (``defs/jobs``): nothing that one works with is as old."""


def sweep_scratch(now: float | None = None) -> list[Path]:
    """Remove our own scratch folders in which nothing was written for days.

    Args:
        now: seconds since 1970; none: by the clock.

    Returns:
        What was removed.
    """
    before = (time.time() if now is None else now) - OLD_S
    removed = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            own = path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid()
            if own and _last_written(path) < before:
                shutil.rmtree(path)
                removed.append(path)
    return removed


def _last_written(folder: Path) -> float:
    return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
