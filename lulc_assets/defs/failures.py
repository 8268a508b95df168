"""Which failures are tried again: those of the machine, and no others.

What belongs here: telling a failure of the machine from a fault of program or input, and how
either ends a step. What does not: how often something is tried (``policies``).

A fault of the program fails the same way each time; behind a training of hours, three tries of it
cost three trainings and bury its name.
"""

import errno
import re
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

import dagster as dg

from lulc_assets.core.errors import LulcError, StoreUnreachable

_FOR_GOOD = {
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM,
    errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EINVAL,
}  # fmt: skip
"""A disk that is full, read only or closed to us, and names that a file cannot have."""

_OF_THE_MACHINE: tuple[type[BaseException], ...] = (OSError, MemoryError, BrokenExecutor)
"""Timeouts and connections are kinds of ``OSError``; a worker that the system killed breaks its
executor."""

_OF_LIBRARIES = {
    ("torch", "AcceleratorError"),
    ("torch", "OutOfMemoryError"),
    ("torch.distributed", "DistError"),
    ("obstore.exceptions", "GenericError"),  # imagery's service answers 5xx, or not at all
    ("obstore.exceptions", "JoinError"),
    ("sqlalchemy.exc", "OperationalError"),  # the instance's database is locked or gone
}
"""Where libraries have errors of their own; by name, since importing one loads its library."""

_ACCELERATOR = re.compile(
    r"CUDA (error|out of memory)|cuDNN error|cuBLAS error|CUBLAS_STATUS|CUDNN_STATUS|NCCL error|"
    r"can't allocate memory|device-side"
)
"""What torch says of a device, or of memory, in a plain ``RuntimeError``."""


class Stopped(dg.DagsterError, dg.DagsterExecutionInterruptedError):
    """Somebody stopped the run.

    Dagster puts a step that is interrupted up for retry if it has a retry policy, so that Ctrl-C
    would start the step again. An error of its own it passes on.
    """


@contextmanager
def named_failures() -> Iterator[None]:
    """Errors that trying again would not help end the step at once, with their name.

    Left to the retries are failures of the machine: see :func:`is_of_the_machine`. A run that
    somebody stops is not tried again either.
    """
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
        raise Stopped("stopped on request") from error
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:
        if is_of_the_machine(error):
            raise
        raise dg.Failure(
            description=f"{type(error).__name__}: {error}", allow_retries=False
        ) from error


def is_of_the_machine(error: BaseException) -> bool:
    """Whether the same step may succeed if it is tried again on the same input.

    Disks, memory, connections, timeouts, GPUs, killed workers and a store that does not answer;
    no other error of the domain, none of a disk that is full or closed, and no fault of the
    program.
    """
    if isinstance(error, LulcError):
        return isinstance(error, StoreUnreachable)
    if isinstance(error, OSError):
        return error.errno not in _FOR_GOOD
    if isinstance(error, _OF_THE_MACHINE) or _is_of_a_library(type(error)):
        return True
    return type(error) is RuntimeError and bool(_ACCELERATOR.search(str(error)))


def _is_of_a_library(kind: type[BaseException]) -> bool:
    return any((base.__module__, base.__name__) in _OF_LIBRARIES for base in kind.__mro__)
