"""What assets work with: the project, and how they tell their progress.

What belongs here: configuration that enters from the environment. What does not: the
project file's content (``lulc_assets.project``).
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from lulc_assets.core.progress import Progress, silent
from lulc_assets.project import Project, load_project
from lulc_assets.steps.workbench import Workbench

DBT_FOLDER = Path(__file__).resolve().parents[2] / "dbt_metrics"
_SECONDS_BETWEEN_LOGS = 10.0
_listener: ContextVar[Progress] = ContextVar("listener", default=silent)


class ProjectResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The project that this code location serves.

    Attributes:
        project_file: path of its TOML file; the environment variable LULC_PROJECT.
    """

    project_file: str

    def load(self) -> Project:
        """Read and check the project file; raises InvalidProject."""
        return load_project(self.project_file)

    def workbench(self, context: Any) -> Workbench:
        """Where a step works; its progress goes to the log now and then, its warnings at once.

        Args:
            context: of an asset, an op, a check or a sensor.
        """
        project = self.load()
        progress = _both(_logged(context.log.info), _listener.get())
        return Workbench(project, project.open_store(), progress, context.log.warning)


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


def _dbt_executable() -> str:
    """The dbt of this environment, even where its folder is not on the PATH."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.is_file() else "dbt"


@dg.definitions
def resources() -> dg.Definitions:
    """Resources of the code location."""
    return dg.Definitions(
        resources={
            "project": ProjectResource(project_file=dg.EnvVar("LULC_PROJECT")),
            "dbt": DbtCliResource(
                project_dir=str(DBT_FOLDER),
                profiles_dir=str(DBT_FOLDER),
                dbt_executable=_dbt_executable(),
            ),
        }
    )
