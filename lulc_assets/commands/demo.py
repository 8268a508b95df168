"""``lulc demo``, ``lulc demo-real`` and ``lulc ui``.

What belongs here: arguments, bars and tables. What does not: what the demos do.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lulc_assets.commands.running import progress_bar

Out = Annotated[Path, typer.Option(help="Folder for everything that the demo makes.")]
_REPOSITORY = Path(__file__).resolve().parents[2]


def demo(
    out: Out = Path("out/demo"),
    size: Annotated[int, typer.Option(help="Side of a tile's area, 10 m pixels.")] = 1024,
    seed: Annotated[
        int | None, typer.Option(help="Of the landscape; none: the demo's own.")
    ] = None,
) -> None:
    """Map two simulated tiles in two years: archive, model, maps, accuracy, pages.

    Takes some minutes on two cores. Stop it at any moment and call it again: what was
    published stays, the rest is made. Look at OUT/index.html, then call `lulc ui`.
    """
    from lulc_assets.demo.demo import run_demo  # loads Dagster
    from lulc_assets.simulation.archive.spec import DEMO_SEED, demo_spec

    spec = demo_spec(DEMO_SEED if seed is None else seed, size)
    _show(run_demo(out.absolute(), spec, progress_bar, _say))


def demo_real(
    out: Out = Path("out/demo-real"),
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the real sample data; none: LULC_REAL_DATA or ../shared/data."
        ),
    ] = None,
) -> None:
    """Map one square kilometre of Slovenia from five real Sentinel-2 acquisitions of 2015."""
    from lulc_assets.demo.demo import run_real_demo  # loads Dagster

    named = os.environ.get("LULC_REAL_DATA")
    folder = data or (Path(named) if named else _REPOSITORY.parent / "shared" / "data")
    _show(run_real_demo(out.absolute(), folder.absolute() / "slovenia_2015", progress_bar, _say))


def ui(
    out: Annotated[Path, typer.Option(help="Folder of a demo.")] = Path("out/demo"),
    port: Annotated[int, typer.Option(help="Port of the web page.")] = 3000,
) -> None:
    """Open the Dagster UI on a demo: every asset with its pictures, runs, lineage."""
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick
    from lulc_assets.running.home import prepare_home

    folder = out.absolute()
    if not (folder / "project.toml").is_file():
        raise InvalidProject(f"no project in {folder}; run `lulc demo --out {out}` first")
    home = folder / "dagster"
    if not (home / "dagster.yaml").is_file():
        prepare_home(home)
    os.environ.update(
        DAGSTER_HOME=str(home),
        LULC_PROJECT=str(folder / "project.toml"),
        VIRTUAL_ENV=sys.prefix,
    )
    _end_stale_runs()
    os.chdir(_REPOSITORY)
    dg = Path(sys.executable).parent / "dg"
    # A backfill outlasts that the code location is loaded again.
    os.environ.setdefault("DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR", "1")
    # The shell that starts us with & ignores SIGINT, and dg would inherit that.
    os.execvp("env", ["env", "--default-signal=INT,QUIT", str(dg), "dev", "--port", str(port)])


def _end_stale_runs() -> None:
    """What a reboot or a kill left at work would keep the slots of the pools for ever."""
    import dagster  # loads slowly

    from lulc_assets.defs.stale import end_stale_runs

    with dagster.DagsterInstance.get() as instance:
        for run_id in end_stale_runs(instance):
            _say(f"run {run_id[:8]} was left by a process that is gone; it counts as failed now")


def _say(line: str) -> None:
    Console(stderr=True).print(line, highlight=False)


def _show(result: Any) -> None:
    table = Table(title=result.summary["project"])
    for name in ("Tile", "Year", "Accuracy by sample", "95 % interval", "By truth", "Scenes", "s"):
        table.add_column(name, justify="left" if name == "Tile" else "right")
    for row in result.summary["partitions"]:
        table.add_row(
            row["tile"],
            str(row["year"]),
            _percent(row["overall_accuracy_sample"])
            if row["verdict"] == "estimated"
            else f"{_percent(row['agreement'])} ({row['verdict'].replace('_', ' ')})",
            " – ".join(_percent(v) for v in row["overall_accuracy_ci95"] or []) or "–",
            _percent(row["overall_accuracy_truth"]),
            f"{row['scenes_used']} of {row['scenes_used'] + row['scenes_left_out']}",
            f"{sum(row['seconds_by_stage'].values()):.0f}",
        )
    console = Console()
    console.print(table)
    ran = f"{result.launched} jobs run" if result.launched else "everything was there already"
    console.print(f"{ran}. Look at {result.index}", soft_wrap=True, highlight=False)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
