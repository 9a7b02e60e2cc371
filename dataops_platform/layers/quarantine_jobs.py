"""This room's jobs of quarantine: what `dataops quarantine` lists, releases and replays, in Dagster's pages.

They write the same instructions by the same functions. What is due by that is done by a run of its own, which
`quarantine_sensor` asks for: it is on wherever Dagster's daemon is, since it acts on what a person has launched only.
"""

from collections.abc import Callable, Sequence
from datetime import date
from inspect import getdoc
from typing import Any, Literal

import dagster as dg
from pydantic import Field, create_model

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError, UnclearRequest
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.layers import quarantine, row_release
from dataops_platform.layers.assets import told_to_dagster
from dataops_platform.layers.quarantine_words import (
    grid,
    told_released,
    told_released_rows,
    told_replayed,
)
from dataops_platform.layers.runs import JOB, is_under_way, request
from dataops_platform.layers.sensors import INTERVAL, LANDING_SENSOR

LIST, RELEASE, REPLAY = "list_quarantine", "release_quarantine", "replay_quarantine"
RELEASE_ROWS = "release_rows_of_quarantine"
#: The one step of each: Dagster wants other names for steps than for jobs.
STEPS = {LIST: "held", RELEASE: "release", RELEASE_ROWS: "release_rows", REPLAY: "replay"}
SENSOR = "quarantine_sensor"
EVERY_TABLE = "every table"
#: Lines of the list that a page bears; the command shows all.
MOST_LINES = 200

_TABLE = "The table whose quarantine it is."
_OFF = "STOPPED"


class ListRequest(dg.Config):
    """What `list_quarantine` is asked for."""

    table: str


class ReplayRequest(dg.Config):
    """What `replay_quarantine` is asked for."""

    table: str
    dates: list[str] = Field(
        default=[],
        description="Ingestion dates, each as YYYY-MM-DD; none: all that an older contract judged.",
    )
    by: str = Field(description="Who decides.")


class ReleaseRequest(dg.Config):
    """What `release_quarantine` is asked for."""

    table: str
    dates: list[str] = Field(description="Ingestion dates that stand refused, each as YYYY-MM-DD.")
    by: str = Field(description="Who decides; their checks show it from then on.")
    reason: str = Field(description="Why it is right to publish them all the same; their checks show it.")


class ReleaseRowsRequest(dg.Config):
    """What `release_rows_of_quarantine` is asked for."""

    table: str
    ingestion_date: str = Field(description="The date the rows are of, as YYYY-MM-DD.")
    check: str = Field(
        default="", description="All rows that do nothing but break this check, or leave it empty;"
    )
    rows: list[str] = Field(default=[], description="and these rows, each as FILE:POSITION.")
    by: str = Field(description="Who decides.")
    reason: str = Field(description="Why it is right to publish them although they break rules.")


def quarantine_jobs(tables: Sequence[Table]) -> list[dg.JobDefinition]:
    """The jobs that list, release and replay what quarantine holds of the source tables."""
    names = [table.name for table in tables if not table.is_gold]
    first = names[0] if names else ""
    return [
        _job(LIST, _offering(ListRequest, [EVERY_TABLE, *names], EVERY_TABLE), _list, {"table": EVERY_TABLE}),
        # What the launchpad shows at first is refused as it stands: dates, name and reason have to be somebody's own.
        _job(
            RELEASE,
            _offering(ReleaseRequest, names),
            _release,
            {"table": first, "dates": ["YYYY-MM-DD"], "by": "", "reason": ""},
        ),
        _job(
            RELEASE_ROWS,
            _offering(ReleaseRowsRequest, names),
            _release_rows,
            {"table": first, "ingestion_date": "YYYY-MM-DD", "check": "", "rows": [], "by": "", "reason": ""},
        ),
        _job(REPLAY, _offering(ReplayRequest, names), _replay, {"table": first, "dates": [], "by": ""}),
    ]


def _offering(config: type[dg.Config], names: Sequence[str], default: Any = ...) -> type[dg.Config]:
    """The same config, whose table is one of `names`: the launchpad completes them and launches nothing else."""
    choice: Any = Literal[tuple(names)]
    table: Any = (choice, Field(default=default, description=_TABLE))
    return create_model(config.__name__, __base__=config, table=table)


def _job(
    name: str,
    config: type[dg.Config],
    act: Callable[[dg.OpExecutionContext, Platform, Any], None],
    example: dict[str, Any],
) -> dg.JobDefinition:
    step = STEPS[name]

    @dg.op(
        name=step,
        config_schema=config.to_config_schema().as_field(),
        required_resource_keys={"platform"},
        out=dg.Out(dg.Nothing),
    )
    def act_in_dagster(context: dg.OpExecutionContext) -> None:
        with told_to_dagster():
            act(context, context.resources.platform, config(**context.op_config))

    @dg.job(name=name, description=getdoc(act), config={"ops": {step: {"config": example}}})
    def job() -> None:
        act_in_dagster()

    return job


def _list(context: dg.OpExecutionContext, platform: Platform, asked: ListRequest) -> None:
    """Shows what is held in quarantine: each reason with its number of rows, and the dates that stand refused.

    Rows themselves are shown by `dataops quarantine show`. A run of this changes nothing.
    """
    tables = [table for table in platform.sources if asked.table in {EVERY_TABLE, table.name}]
    held = [each for table in tables for each in quarantine.held(platform, table)]
    lines = [(one, reason) for one in held for reason in one.reasons]
    shown = grid(
        ("table", "ingestion date", "rows", "reason"),
        [
            (one.table, str(one.ingestion_date), f"{reason.rows:,}", reason.text)
            for one, reason in lines[-MOST_LINES:]
        ],
    )
    refused = [one for one in held if one.refused]
    outdated = [one for one in held if not one.is_current]
    context.log.info(
        "%d dates stand refused, %d were judged by an older contract; what is held is with the step's output.",
        len(refused),
        len(outdated),
    )
    for one in refused[-MOST_LINES:]:
        context.log.info(one.refused)
    context.add_output_metadata(
        {
            "held": dg.MetadataValue.md(shown if lines else "Quarantine is empty."),
            "lines_left_out": max(0, len(lines) - MOST_LINES),
            "refused": dg.MetadataValue.md("\n".join(f"- {one.refused}" for one in refused) or "None."),
            "judged_by_an_older_contract": len(outdated),
        }
    )


def _release(context: dg.OpExecutionContext, platform: Platform, asked: ReleaseRequest) -> None:
    """Lifts the refusal of ingestion dates: their sound rows are published, and gold is brought up to date.

    Rows that break a check themselves stay in quarantine. It holds for what has landed so far: a file that lands
    later is judged anew. Doing it again changes nothing.
    """
    table, dates = platform.table(asked.table), _dates(asked.dates)
    fresh = quarantine.release(platform, table, dates, by=asked.by, reason=asked.reason)
    _tell(context, platform, table, dates, told_released(table, dates, fresh))


def _release_rows(context: dg.OpExecutionContext, platform: Platform, asked: ReleaseRowsRequest) -> None:
    """Publishes single rows that do nothing but break rules, as they are, because somebody answers for it.

    Rows without a usable value, or that gave way to a later one, stay. Doing it again changes nothing.
    """
    table, [day] = platform.table(asked.table), _dates([asked.ingestion_date])
    places = row_release.places(platform, table, day, asked.rows, check=asked.check)
    fresh = row_release.release_rows(platform, table, day, places, by=asked.by, reason=asked.reason)
    _tell(context, platform, table, [day], told_released_rows(table, day, places, fresh))


def _replay(context: dg.OpExecutionContext, platform: Platform, asked: ReplayRequest) -> None:
    """Judges ingestion dates again that an older contract judged; without dates, all of them.

    Doing it again changes nothing.
    """
    table, dates = platform.table(asked.table), _dates(asked.dates)
    outdated = quarantine.replay(platform, table, dates or None, by=asked.by)
    _tell(context, platform, table, dates or outdated, told_replayed(table, outdated))


def _dates(told: Sequence[str]) -> list[date]:
    try:
        return [date.fromisoformat(text.strip()) for text in told]
    except ValueError:
        wrong = ", ".join(map(repr, told))
        raise UnclearRequest(
            f"The dates are {wrong}: write each as YYYY-MM-DD, e.g. '2026-06-18'. The job {LIST} shows which there are."
        ) from None


def _tell(
    context: dg.OpExecutionContext, platform: Platform, table: Table, dates: Sequence[date], done: str
) -> None:
    """Log and metadata say what was done, what is due by it, and who sees to that."""
    due = quarantine.waiting(platform, table, dates)
    told = _who_sees_to_it(context.instance, table) if due else "Nothing is due by it."
    (context.log.warning if due and _nobody_looks(context.instance) else context.log.info)(f"{done} {told}")
    context.add_output_metadata(
        {"done": done, "due": ", ".join(map(str, due)) or "nothing", "due_dates": len(due), "next": told}
    )


def _who_sees_to_it(instance: dg.DagsterInstance, table: Table) -> str:
    if _nobody_looks(instance):
        return (
            f"What is due by it does not start by itself, since {SENSOR} and {LANDING_SENSOR} are switched off. Switch "
            f"one of them on, or materialize silver/{table.name} of these dates and then gold, or run dataops sync."
        )
    return f"A run of {JOB} that does what is due by it starts within seconds; see the page Runs."


def _nobody_looks(instance: dg.DagsterInstance) -> bool:
    """Whether people switched off the one sensor, and the other is not on."""
    if instance.schedule_storage is None:  # of this process alone, which no daemon knows
        return False
    states = {state.instigator_name: state.status.value for state in instance.all_instigator_state()}
    return states.get(SENSOR) == _OFF and states.get(LANDING_SENSOR, _OFF) == _OFF


def quarantine_sensor(jobs: Sequence[dg.JobDefinition], everything: Any) -> dg.SensorDefinition:
    """The sensor `quarantine_sensor`: after a release or a replay, it starts one run for all that is due.

    Dagster has no public name for the type of `everything`, the asset job that does what is due.
    """

    @dg.run_status_sensor(
        name=SENSOR,
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[job for job in jobs if job.name != LIST],
        request_job=everything,
        minimum_interval_seconds=int(INTERVAL.total_seconds()),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"When somebody has run {RELEASE}, {RELEASE_ROWS} or {REPLAY}, starts the run that publishes what is due "
            f"by it, also where {LANDING_SENSOR} is switched off."
        ),
    )
    def start(
        context: dg.RunStatusSensorContext, platform: dg.ResourceParam[Platform]
    ) -> dg.RunRequest | dg.SkipReason:
        try:
            wanted, run = request(platform, RawZone(platform.lake_store).listing())
        except PlatformError as error:
            raise dg.Failure(str(error)) from error
        if run is None:
            return dg.SkipReason("Nothing is due.")
        if is_under_way(context.instance, work=wanted.told):
            return dg.SkipReason(f"The run for it has been started by {LANDING_SENSOR}.")
        return run

    return start
