"""The process of rank 1 and above.

``python -m lulc_assets.core.training.rank_process FOLDER RANK`` starts it.

What belongs here: the same training as that of rank 0, without a history, files or progress of
its own. What does not: how it is started and what it is given (``ranks.py``).
"""

import os
import sys
import threading
from pathlib import Path

from lulc_assets.core.training.checkpoint import read_checkpoint
from lulc_assets.core.training.fitting import Fitting, new_module, run_epochs
from lulc_assets.core.training.ranks import READY, Rank, leave_group, read_job, read_selection


def train_as_rank(folder: Path, number: int) -> None:
    """Train along with rank 0 until it is done."""
    job = read_job(folder)
    module = new_module(job.spec, job.normalisation, job.weights, job.recipe, job.epochs)
    found = None
    if job.checkpoint is not None:
        found = read_checkpoint(Path(job.checkpoint), job.identity)
    training, validation = (read_selection(folder, name) for name in ("train", "val"))
    fitting = Fitting(module, training, validation, job.device, least=job.least)
    rank = Rank(number, job.world, job.port)
    try:
        run_epochs(fitting, found, rank)
    finally:
        leave_group()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Say that everything is loaded, then train."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    train_as_rank(Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
