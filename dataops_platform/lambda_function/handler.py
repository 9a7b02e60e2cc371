"""This room's entry: AWS Lambda calls `handler` with an event of S3, SNS or EventBridge, or a batch of SQS."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from dataops_platform.databricks.jobs import DatabricksJobs
from dataops_platform.errors import EnvironmentProblem, PlatformError
from dataops_platform.lambda_function.intake import Intake
from dataops_platform.lambda_function.settings import (
    FunctionSettings,
    JobSettings,
    read_function_settings,
    source_tables,
)
from dataops_platform.landing.announced import Announced, partitions_from
from dataops_platform.landing.ingest import Ingest
from dataops_platform.landing.notifications import Told, read_event, read_message
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store, object_store
from dataops_platform.resources.secrets import secret


def handler(event: Mapping[str, Any], context: Any) -> Any:
    """Everything the event names is in the raw zone, and its job is started.

    Of a batch of SQS, the messages that are not done are returned, so that they alone come again. Any other event
    that is not done raises, and Lambda calls again.
    """
    intake = opened()
    if not _is_of_sqs(event):
        _take(intake, read_event(event), "the event")
        return None

    def one(record: SQSRecord) -> None:
        _take(intake, read_message(record.body), f"message {record.message_id}")

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event, record_handler=one, processor=processor, context=context)  # type: ignore[arg-type]  # a Mapping will do


def _is_of_sqs(event: Mapping[str, Any]) -> bool:
    records = event.get("Records")
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:sqs"


def _take(intake: Intake, told: Told, name: str) -> None:
    log = logging.getLogger(__name__)
    try:
        arrivals = intake.take(told)
    except PlatformError as problem:
        log.warning("Of %s not everything is done: %s", name, problem)
        raise
    log.info("Of %s: %s", name, ", ".join(arrival.fate for arrival in arrivals) or "nothing to do")


@cache
def opened() -> Intake:
    """The intake of this process, made of its variables when the first event comes."""
    return intake_for(read_function_settings(os.environ), source_tables())


def intake_for(settings: FunctionSettings, tables: frozenset[str]) -> Intake:
    """The intake that these settings ask for; nothing is contacted before it is used."""
    landing = object_store(settings.landing_url)
    if not isinstance(landing, S3Store):
        raise EnvironmentProblem(f"DATAOPS_LANDING_URL is {settings.landing_url!r}; write s3://bucket.")
    step = Ingest(landing, object_store(settings.lake_url), tables, partitions_from(settings.first_date))
    return Intake(Announced(step, S3Heads(landing)), _jobs(settings.job) if settings.job else None)


def _jobs(job: JobSettings) -> DatabricksJobs:
    # The secret is read for each start: one that was renewed is used at once.
    return DatabricksJobs(job.host, job.job_id, lambda: secret(job.token_secret))
