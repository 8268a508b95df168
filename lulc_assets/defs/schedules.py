"""Schedules: what runs by the calendar.

What belongs here: when a whole year is asked for. What does not: how (``backfills``).
"""

import dagster as dg

from lulc_assets.defs.backfills import whole_year
from lulc_assets.defs.resources import ProjectResource
from lulc_assets.defs.sensors import WHY


def _ask(
    context: dg.ScheduleEvaluationContext,
    project: ProjectResource,
    year: int,
    name: str,
    *,
    missing_only: bool = False,
) -> dg.RunRequest | dg.SkipReason:
    """One small run that creates the backfill of a name, or finds that it is there."""
    years = project.load().all_years()
    if year not in years:
        return dg.SkipReason(f"{year} is not a year of the project ({years})")
    config = {"year": year, "name": name, "missing_only": missing_only}
    return dg.RunRequest(
        run_key=f"{name}:{context.scheduled_execution_time:%Y-%m-%d}",
        run_config={"ops": {"ask_for_a_year": {"config": config}}},
        tags={WHY: name},
    )


@dg.schedule(
    job=whole_year,
    cron_schedule="0 6 15-31 1 *",
    description="From 15 January, map last year on every registered tile: one backfill. Each day "
    "of January asks again where it was not created or left tiles without a map.",
)
def last_years_maps(
    context: dg.ScheduleEvaluationContext, project: ProjectResource
) -> dg.RunRequest | dg.SkipReason:
    """The last scenes of December are in the catalogues by then."""
    year = context.scheduled_execution_time.year - 1
    return _ask(context, project, year, f"year-{year}")


@dg.schedule(
    job=whole_year,
    cron_schedule="0 4 * * 1",
    description="Each Monday, look at every tile of the running year again, whatever the sensors "
    "saw. Where nothing is new, nothing is made.",
)
def running_year_refreshed(
    context: dg.ScheduleEvaluationContext, project: ProjectResource
) -> dg.RunRequest | dg.SkipReason:
    """What a sensor cannot see, such as a map that fell behind, is found within a week."""
    day = context.scheduled_execution_time
    return _ask(context, project, day.year, f"refresh-{day:%G-W%V}")


@dg.schedule(
    job=whole_year,
    cron_schedule="0 5 3 * *",
    description="On the 3rd of each month, look for late and reprocessed scenes of last year.",
)
def late_scenes_of_last_year(
    context: dg.ScheduleEvaluationContext, project: ProjectResource
) -> dg.RunRequest | dg.SkipReason:
    """Reprocessing campaigns reach back, without a stamp that says so."""
    day = context.scheduled_execution_time
    return _ask(context, project, day.year - 1, f"late-{day.year - 1}-{day:%Y-%m}")
