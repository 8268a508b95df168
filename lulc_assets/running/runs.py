"""Running the platform's jobs one after another on a Dagster instance of one folder.

What belongs here: the folder's instance, its lock, skipping what is done, and running the
rest with progress. What does not: which jobs a project needs (``plan.py``).

The ledger is Dagster's own: a run carries a digest of its inputs as a tag; a job whose
inputs did not change since a successful run, and whose products are whole, is not run.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import dagster as dg
from dagster._core.execution.plan.objects import ErrorSource
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

from lulc_assets.core.errors import InvalidProject, LulcError
from lulc_assets.core.progress import Progress
from lulc_assets.core.store.canonical import digest_of, digest_of_file
from lulc_assets.core.store.keys import Whole
from lulc_assets.core.store.publish import is_complete
from lulc_assets.defs.resources import progress_heard_by
from lulc_assets.defs.stale import DEMO, end_stale_runs
from lulc_assets.project import load_project
from lulc_assets.running.home import prepare_home
from lulc_assets.running.plan import JobRun
from lulc_assets.steps.products import MODEL_EVALUATION, PARTS, PRODUCTS
from lulc_assets.steps.workbench import Workbench

_INPUTS = "lulc/inputs"
_LOCATION = "__repository__@lulc_assets"
"""Of the code location in ``workspace.yaml`` and ``pyproject.toml``: runs that carry it appear
under their jobs and in the timeline of the UI."""

Bar = Callable[[str], AbstractContextManager[Progress]]


State = Literal["run", "there", "failed", "left out"]


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: which.
        state: it was run, was there already, failed, or could not begin.
        reason: of a failure, or what it would have needed.
    """

    job: JobRun
    state: State
    reason: str = ""


class RunFailed(LulcError):
    """A job failed; the message is its first error."""


@contextmanager
def open_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a folder, for one process at a time.

    Runs that a killed process left unfinished are ended.

    Raises:
        InvalidProject: another process works in the folder.
    """
    prepare_home(home)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InvalidProject(f"another run works in {home}; wait for it or stop it") from error
        with dg.DagsterInstance.from_config(str(home)) as instance:
            end_stale_runs(instance, demo_is_ours=True)
            yield instance


def digest_inputs(project_file: Path, archive: str) -> str:
    """What the products of a project depend on besides each other.

    Args:
        project_file: TOML.
        archive: digest of the imagery and labels.
    """
    settings = digest_of_file(project_file)
    return digest_of([settings, archive, {p.asset: p.version for p in (*PRODUCTS, *PARTS)}])


def run_jobs(
    instance: dg.DagsterInstance,
    project_file: Path,
    jobs: Sequence[JobRun],
    inputs: str,
    bar: Bar,
    say: Callable[[str], None],
    *,
    keep_going: bool = False,
) -> list[Outcome]:
    """Run what is not done yet, in order.

    Args:
        instance: where runs and events are kept.
        project_file: of all jobs.
        jobs: in order.
        inputs: digest from :func:`digest_inputs`.
        bar: makes a progress bar with a title.
        say: prints a line.
        keep_going: after a failure, go on with all jobs that can begin without its products.

    Returns:
        What became of each job, in order.

    Raises:
        RunFailed: a job failed and ``keep_going`` is not set; later ones were not started.
        KeyboardInterrupt: somebody stopped it; what was published stays.
    """
    os.environ["LULC_PROJECT"] = str(project_file.absolute())
    project = load_project(project_file)
    work = Workbench.of(project)
    outcomes = []
    for number, job in enumerate(jobs, start=1):
        title = f"{number}/{len(jobs)} {job.title}"
        if is_done(instance, work, job, inputs):
            outcomes.append(Outcome(job, "there"))
            say(f"{title}: there already")
            continue
        lacking = _lacking(work, job) if keep_going else ""
        if lacking:
            outcomes.append(Outcome(job, "left out", f"needs {lacking}"))
            say(f"{title}: left out, needs {lacking}")
            continue
        try:
            with bar(title) as progress, progress_heard_by(progress), _console_to(project.folder):
                seconds = _run(instance, job, inputs)
            _require_products(work, job)
        except RunFailed as error:
            if not keep_going:
                raise
            reason = str(error).removeprefix(f"{job.title}: ")
            outcomes.append(Outcome(job, "failed", reason))
            say(f"{title}: failed")
            continue
        outcomes.append(Outcome(job, "run"))
        say(f"{title}: {seconds:.0f} s")
    return outcomes


def is_done(instance: dg.DagsterInstance, work: Workbench, job: JobRun, inputs: str) -> bool:
    """Whether a job has run with these inputs and all that it makes is whole."""
    return find_run(instance, job, inputs) is not None and _is_whole(work, job)


def _lacking(work: Workbench, job: JobRun) -> str:
    """The first product that a job needs and that is not there; empty: it can begin."""
    for product, key in job.needs:
        if work.find(product, key) is None:
            return f"{product.asset} {key.title}".strip()
    return ""


def _require_products(work: Workbench, job: JobRun) -> None:
    """A run can end well without a product: a candidate that is refused makes no bundle.

    Raises:
        RunFailed: a product is not there, with the reason where there is a verdict.
    """
    for product, key in job.products:
        if work.find(product, key) is None:
            evaluation = work.find(MODEL_EVALUATION, Whole())
            why = "" if evaluation is None else f": {evaluation.properties.reason}"
            name = f"{product.asset} {key.title}".strip()
            raise RunFailed(f"{job.title}: the run ended without {name}{why}")


@contextmanager
def _console_to(folder: Path) -> Iterator[None]:
    """What tools print (dbt) goes to a file: the console is for progress."""
    with (folder / "console.log").open("a") as log, redirect_stdout(log):
        yield


def find_run(instance: dg.DagsterInstance, job: JobRun, inputs: str) -> str | None:
    """Id of the latest successful run of a job with these inputs."""
    tags = {_INPUTS: inputs}
    if job.partition is not None:
        tags["dagster/partition"] = job.partition
    wanted = dg.RunsFilter(job_name=job.job, statuses=[dg.DagsterRunStatus.SUCCESS], tags=tags)
    found = instance.get_run_records(wanted, limit=1)
    return found[0].dagster_run.run_id if found else None


def _is_whole(work: Workbench, job: JobRun) -> bool:
    """Whether all products are committed, and every file that their records name is there."""
    if not all(path.is_file() for path in job.files):
        return False
    for product, key in job.products:
        try:
            record = work.find(product, key)
        except LulcError:
            return False
        if record is None or not is_complete(work.store, record):
            return False
    return True


def _run(instance: dg.DagsterInstance, job: JobRun, inputs: str) -> float:
    from lulc_assets.definitions import defs  # loads every asset

    found = defs().resolve_job_def(job.job)
    result = found.execute_in_process(
        instance=instance,
        partition_key=job.partition,
        tags={_INPUTS: inputs, DEMO: "true", REPOSITORY_LABEL_TAG: _LOCATION},
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    if not result.success:
        if _was_interrupted(result):
            raise KeyboardInterrupt
        raise RunFailed(f"{job.title}: {_first_error(result)}")
    stats = instance.get_run_stats(result.run_id)
    return float((stats.end_time or 0) - (stats.start_time or 0))


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether Ctrl-C ended the run: Dagster reports it as the failure of the step at work."""
    failures = [e.step_failure_data for e in result.all_events if e.is_step_failure]
    return any(failure.error_source is ErrorSource.INTERRUPT for failure in failures)


def _first_error(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data is not None and data.user_failure_data.description:
                return str(data.user_failure_data.description)
            if data.error is not None:
                cause = data.error.cause or data.error
                return cause.message.strip()
    return f"run {result.run_id} failed; see it with `lulc ui`"
