"""This room's report assets: every morning the quality report is made anew, and people are told how the tables are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from dataops_platform.catalog.report_files import PAGE, report_files
from dataops_platform.core.platform import Platform
from dataops_platform.layers.assets import told_to_dagster
from dataops_platform.layers.schedules import daily
from dataops_platform.observability.day_states import DayState, Window
from dataops_platform.observability.digests import Digest, record
from dataops_platform.observability.quality_report import QualityReport, TableQuality, quality_report
from dataops_platform.observability.report_words import headline, needs, some

JOB = "report_quality"
SCHEDULE = "daily_digest"
FOLDER = "catalog/quality/"
#: In UTC: what comes at night is in, and the day's work has not begun.
_EVERY_MORNING = "06:00"
_DAYS, _DAYS_SHOWN = 90, 30
#: Lines of a message; the page has the rest.
_MOST_LINES = 20
_DAY = timedelta(days=1)
#: A state as one character of the picture in Dagster; a point where nothing was expected.
_SQUARES = {"published": "🟩", "held": "🟨", "refused": "🟥", "late": "🟧", "missing": "⬛", "waiting": "🟦"}
_NOTHING = "⬜"


def report_definitions(environment: str, *, is_running: bool) -> dg.Definitions:
    """The asset `catalog/quality`, and the job and schedule that make it every morning."""
    asset = _quality(environment)
    job = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(asset), description="How the tables have been, told anew."
    )
    schedule = daily(SCHEDULE, JOB, _EVERY_MORNING, is_running=is_running)
    return dg.Definitions(assets=[asset], jobs=[job], schedules=[schedule])


def _quality(environment: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["catalog", "quality"],
        group_name="catalog",
        kinds={"html", "json"},
        pool="catalog_quality",
        required_resource_keys={"platform"},
        description=(
            f"How the tables have been in the last {_DAYS} days, in {FOLDER}{PAGE}: what `dataops quality-report` "
            "writes to a folder. The first of a day is also the day's digest, which `incident_sensor` sends once."
        ),
    )
    def quality(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        platform: Platform = context.resources.platform
        now = datetime.now(UTC)
        with told_to_dagster():
            report = kept(platform, now, environment)
            is_news = record(platform.lake, digest(report, now))
        return dg.MaterializeResult(metadata={**_metadata(report), "digest_is_new": is_news})

    return quality


def kept(platform: Platform, now: datetime, environment: str) -> QualityReport:
    """The report of the last 90 days is in the lake."""
    window = Window(now.date() - (_DAYS - 1) * _DAY, now.date())
    tables = platform.tables
    report = quality_report(platform, window, now, environment=environment, tables=tables)
    for file in report_files(report, tables):
        platform.lake_store.put(f"{FOLDER}{file.name}", file.body)
    return report


def digest(report: QualityReport, now: datetime) -> Digest:
    """What people are told of the day: what they are needed for, and what began and ended since yesterday."""
    lines = needs(report)
    more = [f"and {len(lines) - _MOST_LINES} more tables"] if len(lines) > _MOST_LINES else []
    began = [one.table for one in report.incidents if now - one.since <= _DAY]
    ended = [one.table for one in report.incidents if one.is_over and now - one.at <= _DAY]
    news = (
        f"{some(len(began), 'incident', 'incidents')} began{_named(began)}, {len(ended)} ended{_named(ended)}"
    )
    told = [
        *(lines[:_MOST_LINES] or ["Nothing is to be told of any table."]),
        *more,
        f"Since yesterday: {news}.",
        f"The page: {report.lake}/{FOLDER}{PAGE}",
    ]
    title = f"Data quality of {now:%Y-%m-%d} ({report.environment}): {headline(report)}"
    return Digest(now.date(), title, "\n".join(told), now)


def _named(tables: list[str]) -> str:
    return f" ({', '.join(sorted(set(tables)))})" if tables else ""


def _metadata(report: QualityReport) -> dict[str, Any]:
    return {
        "picture": dg.MetadataValue.md(_picture(report)),
        "told": headline(report),
        "page": f"{report.lake}/{FOLDER}{PAGE}",
        "refused_dates": report.count("refused"),
        "late_dates": report.count("late"),
        "missing_dates": report.count("missing"),
        "rows_in_quarantine": sum(table.quarantined for table in report.tables),
        "open_incidents": len(report.open_incidents),
        "incidents": dg.MetadataValue.md(_incidents(report)),
    }


def _incidents(report: QualityReport) -> str:
    """The open incidents, each with a link to the run it was seen in."""
    lines = [
        f"- {one.table}: {', '.join(one.kinds)}, since {one.since:%Y-%m-%d %H:%M} UTC"
        + (f" ([run](/runs/{one.run_id}))" if one.run_id else "")
        for one in report.open_incidents
    ]
    return "\n".join(lines) or "None is open."


def _picture(report: QualityReport) -> str:
    """The last days of each table as coloured squares: Dagster shows no other picture that needs no server."""
    days = report.window.dates()[-_DAYS_SHOWN:]
    rows = [f"| {table.layer}/{table.table} | {_squares(table, days)} |" for table in report.tables]
    legend = " ".join(f"{square} {state}" for state, square in _SQUARES.items())
    return "\n".join([f"| table | {days[0]} to {days[-1]} |", "|---|---|", *rows, "", legend])


def _squares(table: TableQuality, days: list[date]) -> str:
    told: dict[date, DayState] = {day.day: day for day in table.days}
    return "".join(_SQUARES[told[day].state] if day in told else _NOTHING for day in days)
