"""What is made once a day, whether anything happened or not."""

import dagster as dg


def daily(name: str, job: str, at: str, *, is_running: bool) -> dg.ScheduleDefinition:
    """The job of this name runs every day at that time of UTC, e.g. `02:30`, if it is `running` or switched on."""
    hour, minute = map(int, at.split(":"))
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=f"{minute} {hour} * * *",
        execution_timezone="UTC",
        default_status=status.RUNNING if is_running else status.STOPPED,
    )
