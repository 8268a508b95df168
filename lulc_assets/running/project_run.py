"""A project's run as a whole: its instance, its partitions, its inputs.

What belongs here: what the runner needs to know of a project. What does not: running jobs
(``runs.py``).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from lulc_assets.core.store.canonical import digest_of
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.defs.partitions import register_partitions
from lulc_assets.project import Project
from lulc_assets.running.plan import JobRun
from lulc_assets.running.runs import (
    Bar,
    Outcome,
    digest_inputs,
    is_done,
    open_instance,
    run_jobs,
)
from lulc_assets.steps.workbench import Workbench

HOME = "dagster"
"""Folder of the Dagster instance, beside the project file."""


def run_project(
    project: Project,
    project_file: Path,
    jobs: Sequence[JobRun],
    seen: Sequence[str],
    shown: tuple[Bar, Callable[[str], None]],
    *,
    dry_run: bool = False,
) -> list[Outcome]:
    """Run the jobs that are not done, going on after a failure.

    Args:
        project: whose jobs.
        project_file: of the project.
        jobs: in order.
        seen: digests of what the catalogue has.
        shown: makes a progress bar; prints a line.
        dry_run: only look what is done; a job that is not has the state ``left out``.
    """
    inputs = digest_inputs(project_file, digest_of([list(seen), _digests_of_files(project)]))
    with open_instance(project.folder / HOME) as instance:
        register_partitions(instance, project)
        if dry_run:
            work = Workbench.of(project)
            done = [is_done(instance, work, job, inputs) for job in jobs]
            return [
                Outcome(job, "there" if there else "left out")
                for job, there in zip(jobs, done, strict=True)
            ]
        return run_jobs(instance, project_file, jobs, inputs, *shown, keep_going=True)


def _digests_of_files(project: Project) -> list[str]:
    """Of every file that the project names and that people may change."""
    source = project.label_source()
    names = [source.path, source.gold_path or "", source.crosswalk]
    files = (project.legend_section.file, project.chips.zones, project.delivery.zones)
    names += [project.path_of(p) for p in files if p]
    for region in project.regions.values():
        for sample in region.samples.values():
            names += [project.path_of(sample.points), project.path_of(sample.design)]
    return [digest_of_source(name) for name in names]
