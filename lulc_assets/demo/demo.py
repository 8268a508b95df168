"""The two demos: what they run, in which order, and what they leave in their folder.

What belongs here: their data and their project file. What does not: the list of jobs and running
them (``running``), judging the maps (``summary.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.store.canonical import digest_of, digest_of_file
from lulc_assets.defs.partitions import register_partitions
from lulc_assets.demo.districts import DISTRICTS, write_districts
from lulc_assets.demo.projects import (
    DEMO_SETTINGS,
    write_simulated_project,
    write_slovenian_project,
)
from lulc_assets.demo.summary import Truth, write_summary
from lulc_assets.project import load_project
from lulc_assets.running.plan import plan_jobs
from lulc_assets.running.runs import Bar, digest_inputs, open_instance, run_jobs
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import write_archive


@dataclass(frozen=True)
class DemoResult:
    """What a demo left.

    Attributes:
        launched: how many jobs were run; 0 when all was there.
        summary: content of ``summary.json``.
        index: first page to open.
    """

    launched: int
    summary: dict[str, object]
    index: Path


def run_demo(
    folder: Path,
    spec: ArchiveSpec,
    bar: Bar,
    say: Callable[[str], None],
    settings: str = DEMO_SETTINGS,
) -> DemoResult:
    """Make the simulated archive and every product of its tiles and years.

    Stopping it at any moment loses nothing that was published; the next call goes on.

    Args:
        folder: everything goes there.
        spec: of the archive.
        bar: makes a progress bar with a title.
        say: prints a line.
        settings: TOML sections of chips, training and maps.
    """
    with bar("Simulated Sentinel-2 archive") as progress:
        archive = write_archive(spec, folder / "archive", progress)
    say("Simulated Sentinel-2 archive: ready")
    write_districts(folder / DISTRICTS, [tile.grid for tile in spec.tiles])
    file = write_simulated_project(folder, spec, archive, settings, say)
    truth = Truth(archive.truth)
    return _run(folder, file, list(spec.years), archive.digest, truth, (bar, say))


def run_real_demo(folder: Path, data: Path, bar: Bar, say: Callable[[str], None]) -> DemoResult:
    """Run the same jobs on five real acquisitions of 2015.

    Args:
        folder: everything goes there.
        data: the folder ``slovenia_2015``.
        bar: makes a progress bar with a title.
        say: prints a line.

    Raises:
        InvalidProject: the data are not there.
    """
    if not (data / "catalog.json").is_file():
        raise InvalidProject(
            f"no real acquisitions in {data}: set LULC_REAL_DATA to the folder that holds "
            "slovenia_2015"
        )
    file = write_slovenian_project(folder, data, say)
    files = sorted(path for path in data.rglob("*") if path.is_file())
    digest = digest_of([[str(p.relative_to(data)), digest_of_file(p)] for p in files])
    return _run(folder, file, [2015], digest, None, (bar, say))


def _run(
    folder: Path,
    project_file: Path,
    years: list[int],
    archive_digest: str,
    truth: Truth | None,
    shown: tuple[Bar, Callable[[str], None]],
) -> DemoResult:
    project = load_project(project_file)
    inputs = digest_inputs(project_file, archive_digest)
    jobs = plan_jobs(project, years)
    with open_instance(folder / "dagster") as instance:
        register_partitions(instance, project)
        outcomes = run_jobs(instance, project_file, jobs, inputs, *shown)
        mapped = [job for job in jobs if job.job == "map_tile_year"]
        summary = write_summary(folder / "summary.json", project, mapped, instance, inputs, truth)
    launched = sum(outcome.state == "run" for outcome in outcomes)
    return DemoResult(launched, summary, folder / "index.html")
