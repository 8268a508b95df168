"""What assets work with: the project, and how they tell their progress.

What belongs here: configuration that enters from the environment. What does not: the
project file's content (``lulc_assets.project``).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_aws.s3 import S3Resource

from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.store.s3_access import S3Access
from lulc_assets.project import Project, load_project
from lulc_assets.steps.workbench import Workbench

DBT_FOLDER = Path(__file__).resolve().parents[2] / "dbt_metrics"
_SECONDS_BETWEEN_LOGS = 10.0
_listener: ContextVar[Progress] = ContextVar("listener", default=silent)


class ProjectResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The project that this code location serves.

    Attributes:
        project_file: path of its TOML file; the environment variable LULC_PROJECT.
        s3: how a bucket is reached, for products, copies and what ops hand on alike. What it
            leaves empty is that of ``[storage]``, then where boto3 looks.
    """

    project_file: str
    s3: S3Resource

    def __init__(self, **settings: Any) -> None:
        """``s3`` may be left out (Dagster knows no defaults of nested resources)."""
        super().__init__(**{"s3": S3Resource(), **settings})

    def load(self) -> Project:
        """Read and check the project file; raises InvalidProject."""
        project = load_project(self.project_file)
        return project.reached_by(self._access(project.storage.access))

    def workbench(self, context: Any) -> Workbench:
        """Where a step works; its progress goes to the log now and then, its warnings at once.

        Args:
            context: of an asset, an op, a check or a sensor.
        """
        project = self.load()
        progress = _both(_logged(context.log.info), _listener.get())
        return Workbench(project, project.open_store(), progress, context.log.warning)

    def _access(self, otherwise: S3Access) -> S3Access:
        """How a bucket is reached: by this resource, and what it leaves empty otherwise."""
        s3 = self.s3
        return S3Access(
            s3.endpoint_url or otherwise.endpoint,
            s3.region_name or otherwise.region,
            s3.profile_name or otherwise.profile,
            s3.aws_access_key_id or "",
            s3.aws_secret_access_key or "",
            s3.aws_session_token or "",
            otherwise.patience_s,
        )


@contextmanager
def progress_heard_by(progress: Progress) -> Iterator[None]:
    """Also tell ``progress`` what runs in this process report (a bar of the demo)."""
    token = _listener.set(progress)
    try:
        yield
    finally:
        _listener.reset(token)


def _logged(log: Callable[[str], None]) -> Progress:
    """Progress as log lines, at most one in ten seconds."""
    last = time.monotonic()

    def report(done: int, total: int, what: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS_BETWEEN_LOGS:
            last = time.monotonic()
            log(f"{done}/{total} {what}")

    return report


def _both(first: Progress, second: Progress) -> Progress:
    def report(done: int, total: int, what: str) -> None:
        first(done, total, what)
        second(done, total, what)

    return report
