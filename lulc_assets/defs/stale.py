"""Runs whose process is gone: a reboot, a killed code server, a killed demo.

What belongs here: telling them from runs that work, ending them, and giving back their slots in
the pools. What does not: runs that never started, which Dagster's monitoring ends.
"""

import time
from collections.abc import Iterator

import dagster as dg
import psutil
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher

DEMO = "lulc/demo"
"""Tag of runs that the demo runs in its own process."""

_AT_WORK = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_BEFORE_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
_HEARD_S = 60.0
"""A daemon is heard of every half minute."""

_CLOCK_S = 2.0
"""By which a process may seem younger than its first event."""


def end_stale_runs(instance: dg.DagsterInstance, *, demo_is_ours: bool = False) -> list[str]:
    """Report runs of this machine whose process is gone as failed.

    The launcher of a laptop does not notice it, and until somebody does the next run waits.

    Args:
        instance: whose runs all belong to processes of this machine.
        demo_is_ours: nobody else runs a demo in this instance: its unfinished runs are stale.

    Returns:
        Ids of the runs that were ended.
    """
    ended = []
    for run in _stale(instance, demo_is_ours):
        instance.report_run_failed(run, "the process that ran it was stopped")
        ended.append(run.run_id)
    _free_slots(instance)
    return ended


def _stale(instance: dg.DagsterInstance, demo_is_ours: bool) -> Iterator[dg.DagsterRun]:
    if demo_is_ours:
        unfinished = [*_AT_WORK, *_BEFORE_WORK]
        yield from instance.get_runs(dg.RunsFilter(statuses=unfinished, tags={DEMO: "true"}))
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK)):
        if not _is_alive(instance, run.run_id):
            yield run


def _is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process that started a run is there; one of the same number is another."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_START):
        pid = entry.dagster_event.pid if entry.dagster_event else None
        if pid is None:
            continue
        try:
            process = psutil.Process(pid)
            gone = process.status() == psutil.STATUS_ZOMBIE
            return not gone and process.create_time() <= entry.timestamp + _CLOCK_S
        except psutil.NoSuchProcess:
            return False
    return False


def _free_slots(instance: dg.DagsterInstance) -> None:
    """Give back slots that finished or unknown runs hold."""
    events = instance.event_log_storage
    for pool in events.get_concurrency_keys():
        held = events.get_concurrency_info(pool)
        for run_id in held.active_run_ids | held.pending_run_ids | held.assigned_run_ids:
            holder = instance.get_run_by_id(run_id)
            if holder is None or holder.is_finished:
                events.free_concurrency_slots_for_run(run_id)


def several_daemons(instance: dg.DagsterInstance, *, now: float) -> str:
    """What to do where more than one daemon works on an instance; empty: one does, or none.

    Each kind of daemon keeps the id of the process that was heard of last, so that two processes
    take turns there. Dagster does not support it: sensors are evaluated twice, and each run is
    looked after twice.
    """
    heard = instance.get_daemon_heartbeats().values()
    alive = {beat.daemon_id for beat in heard if now - beat.timestamp < _HEARD_S}
    if len(alive) < 2:
        return ""
    return f"{len(alive)} daemons work on this instance, which Dagster does not support: stop one"


@dg.sensor(
    minimum_interval_seconds=30,
    description="Ends runs whose process was killed, so that they are tried again at once and not "
    "after their longest time. Only where every run of the instance is on this machine.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """What the launcher of a single machine does not notice; those of clusters do."""
    if not isinstance(context.instance.run_launcher, DefaultRunLauncher):
        return dg.SkipReason("this instance's launcher notices dead runs by itself")
    ended = end_stale_runs(context.instance)
    said = [f"ended, because their process is gone: {', '.join(ended) or 'none'}"]
    several = several_daemons(context.instance, now=time.time())
    if several:
        context.log.warning(several)
        said.append(several)
    return dg.SkipReason("; ".join(said))
