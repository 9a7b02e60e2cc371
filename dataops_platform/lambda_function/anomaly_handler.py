"""This room's second entry: AWS Lambda calls `handler` every hour."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.lambda_function.anomaly_watch import AnomalyWatch
from dataops_platform.lambda_function.settings import bucket
from dataops_platform.resources.channels import SnsChannel
from dataops_platform.resources.cloudwatch_history import CloudWatchHistory
from dataops_platform.resources.object_store import object_store


def handler(_event: Any, _context: Any) -> dict[str, list[str]]:
    """The topic knows of each number of the last full hours that is unusual; what became of each number.

    Raises:
        PlatformError: not all were judged or told, so that Lambda calls again.
    """
    watched = opened().look(datetime.now(UTC))
    log = logging.getLogger(__name__)
    for name in watched.short:
        log.info("Not judged: %s.", name)
    log.info("Told: %s; told before: %s.", watched.told or "nothing", watched.known or "nothing")
    return asdict(watched)


@cache
def opened() -> AnomalyWatch:
    """The watch of this process, made of its variables when it is first called."""
    return watch_for(os.environ)


def watch_for(given: Mapping[str, str]) -> AnomalyWatch:
    """The watch that these variables ask for; nothing is contacted before it is used.

    Raises:
        EnvironmentProblem: a variable is missing or says nothing usable; the message names it and what it may be.
    """
    topic = given.get("DATAOPS_ALERT_SNS_TOPIC") or ""
    if not topic.startswith("arn:"):
        raise EnvironmentProblem(
            f"DATAOPS_ALERT_SNS_TOPIC is {topic!r}; write the topic's ARN, arn:aws:sns:…."
        )
    lake = bucket(given, "DATAOPS_LAKE_URL").rstrip("/")
    channel = SnsChannel(topic, waiting="It is told by the next call.")
    return AnomalyWatch(CloudWatchHistory(), channel, object_store(f"{lake}/observability/anomalies_told"))
