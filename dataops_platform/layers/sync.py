"""This room's sync: does headless, in the foreground, what the sensor and the daemon do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Entry
from dataops_platform.landing.ingest import Ingested
from dataops_platform.layers.dagster_internals import StepFailureData
from dataops_platform.layers.due import Due, due
from dataops_platform.layers.executor import execute
from dataops_platform.layers.runs import ingest, request

#: What keeps one file from being copied keeps thousands.
_MOST_TOLD = 10
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Synced:
    """What a sync did.

    Attributes:
        refused: the last verdict of every partition that stands refused, from this sync or an earlier one.
        left: what is still due because a run failed.
        errors: why it failed.
    """

    ingested: Ingested
    due: Due
    refused: list[Entry] = field(default_factory=list)
    left: Due = field(default_factory=Due)
    errors: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """A line for each partition that failed, for each step that did, and for files that could not be copied."""
        failed = [f"{key}: {error}" for key, error in self.ingested.failed.items()]
        return [entry.message for entry in self.refused] + self.errors + failed[:_MOST_TOLD]


def sync(
    platform: Platform,
    job: Callable[[Platform], dg.JobDefinition],
    instance: dg.DagsterInstance,
    advance: Callable[[int, int], None],
) -> Synced:
    """Everything that has landed is in gold, or in quarantine with its reasons."""
    ingested, listing = ingest(platform, advance)
    wanted = due(platform, listing)
    errors = work(job(platform), instance, lambda: request(platform, listing))
    left = due(platform, listing)
    return Synced(ingested, wanted, refused(platform), left, errors if left else [])


def work(
    definition: dg.JobDefinition,
    instance: dg.DagsterInstance,
    asked: Callable[[], tuple[Due, dg.RunRequest | None]],
) -> list[str]:
    """What is asked for is done, and asked again, until nothing is left or the same is asked twice.

    Returns:
        why steps of the last run failed.
    """
    tried, errors = set(), []
    while True:  # where some dates are refused, what is built from the others is due after the run, and so on
        wanted, run = asked()
        if run is None or wanted.identity in tried:
            break
        tried.add(wanted.identity)
        run_id, events = execute(definition, run, instance, run_config=_QUIET)
        errors = _errors(run_id, events)
    return errors


def _errors(run_id: str, events: Sequence[dg.DagsterEvent]) -> list[str]:
    """Why each step failed; of an error nobody foresaw its kind, since its text may quote rows."""
    return [
        _told(event.step_key or "", failure, run_id)
        for event in events
        if event.is_step_failure and (failure := event.step_failure_data)
    ]


def _told(step: str, failure: StepFailureData, run_id: str) -> str:
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    kind = error.cls_name if error is not None else "an unknown error"
    return (
        f"Step {step} ended with {kind}, which nobody foresaw; its partitions are still due. The trace is in the log "
        f"of run {run_id} in Dagster (set DAGSTER_HOME to keep runs). Please report it."
    )


def refused(platform: Platform) -> list[Entry]:
    """The last verdict of every partition that stands refused, in the order of dates."""
    entries = platform.journal.state().last.values()
    return sorted((e for e in entries if not e.accepted), key=lambda e: (e.ingestion_date, e.table))
