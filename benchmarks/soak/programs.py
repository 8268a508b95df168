"""Programs that are killed and started again, as a service manager does.

What belongs here: starting, killing and ending them, and what they said. What does not: which
programs there are and when they are killed.
"""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import dagster as dg
import psutil
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
_ERROR = re.compile(r"\bERROR\b|Error: |[Cc]aught an error|Failed to")
_MOST_LINES = 200
_CLOCK_S = 2.0
"""By which a process may seem younger than its first event."""


class Programs:
    """Programs by name.

    Args:
        environment: of all of them.
        place: folder of what they say.
    """

    def __init__(self, environment: Mapping[str, str], place: Path) -> None:
        self.environment, self.place = dict(environment), place
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, list[str]] = {}

    def start(self, name: str, *command: str) -> None:
        """Start a program; without a command that of the last start."""
        self.commands[name] = list(command) or self.commands[name]
        with (self.place / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], stdout=log, stderr=log, env=self.environment, cwd=REPOSITORY
            )

    def kill(self, name: str) -> None:
        """Kill it (SIGKILL; not what it started) and start it again."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()
        self.start(name)

    def end(self) -> None:
        """Kill all with everything that they started."""
        mine = [psutil.Process(p.pid) for p in self.processes.values() if p.poll() is None]
        every = [child for one in mine for child in one.children(recursive=True)]
        for process in (*mine, *every):
            process.kill()
        for known in self.processes.values():
            known.wait()

    def said(self, name: str) -> str:
        """The end of what a program said."""
        return (self.place / f"{name}.log").read_text()[-3000:]

    def errors(self) -> str:
        """Lines of errors of all programs, with what stands before and after."""
        found = []
        for name in self.processes:
            lines = (self.place / f"{name}.log").read_text().splitlines()
            told = {at + by for at, line in enumerate(lines) if _ERROR.search(line)
                    for by in range(-1, 3) if 0 <= at + by < len(lines)}  # fmt: skip
            found += [f"{name}: {lines[at][:300]}" for at in sorted(told)]
        return "\n".join(found[-_MOST_LINES:])

    def wait_until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait for something.

        Raises:
            TimeoutError: it did not come; the message has what the programs said.
        """
        ends_at = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > ends_at:
                raise TimeoutError("\n".join(f"{n}: {self.said(n)}" for n in self.processes))
            time.sleep(0.5)


def daemon_environment() -> dict[str, str]:
    """What the unit of the daemon sets for it."""
    unit = (REPOSITORY / "deploy/local/systemd/lulc-daemon.service").read_text()
    (line,) = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    return dict(word.split("=", 1) for word in line.split())


def kill_a_run(instance: dg.DagsterInstance) -> bool:
    """Kill the process of a run that is at work; False: none is, or it ended just now."""
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_START):
            event = entry.dagster_event
            if event is None or event.pid is None:
                continue
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(event.pid)
                if process.create_time() <= entry.timestamp + _CLOCK_S:  # not a number used again
                    process.kill()
                    return True
    return False


def shorten_waits(settings: Path, runs_at_once: int | None = None) -> None:
    """The same ``dagster.yaml`` with shorter waits, and so many runs at once."""
    said = yaml.safe_load(settings.read_text())
    said["run_monitoring"] |= {"poll_interval_seconds": 5}
    said["run_monitoring"] |= {"free_slots_after_run_end_seconds": 10}
    said["run_queue"] |= {"user_code_failure_retry_delay": 5}
    if runs_at_once is not None:
        said["concurrency"]["runs"]["max_concurrent_runs"] = runs_at_once
    settings.write_text(yaml.safe_dump(said))
