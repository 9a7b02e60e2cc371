"""This room's environments: what the variables say, and the adapters each environment is made of. Only here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from dataops_platform.core.alerting import AlertRules, Channel
from dataops_platform.core.contract import Table
from dataops_platform.core.measurement import MetricSink
from dataops_platform.core.platform import Platform
from dataops_platform.databricks import settings as databricks_settings
from dataops_platform.databricks.unity_tables import UnityTables
from dataops_platform.engines.connect_address import ConnectAddress, read_connect_address
from dataops_platform.engines.engine import ConnectEngine
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.resources import staging
from dataops_platform.resources.channels import AppriseChannel, SnsChannel
from dataops_platform.resources.cloudwatch import CloudWatchSink
from dataops_platform.resources.glue import GlueRegistry
from dataops_platform.resources.inventory import DeltaInventory
from dataops_platform.resources.lake import DeltaLake
from dataops_platform.resources.object_heads import S3Heads
from dataops_platform.resources.object_store import S3Store, object_store
from dataops_platform.resources.otlp import OtlpSink
from dataops_platform.resources.sqs_queue import SqsQueue
from dataops_platform.resources.upkeep import DeltaUpkeep

if TYPE_CHECKING:
    from dataops_platform.databricks.steps import DatabricksSteps

ENVIRONMENTS = ("local", "test", "staging", "production")
ENGINES = ("embedded", "spark", "connect", "databricks")
#: Where S3 is, which a job elsewhere has to know too; its keys it has from where it runs.
_OF_S3 = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ALLOW_HTTP")
_LAKE = ("DATAOPS_LAKE_URL", "s3://lake")
_HOURS = 24
_QUEUE = re.compile(r"https?://[^/\s@]+/\d{12}/[A-Za-z0-9_-]{1,80}")
_READABLE = re.compile(r"[A-Za-z0-9._/+=@~-]+")


@dataclass(frozen=True)
class Settings:
    """What the DATAOPS_* variables say, checked.

    Attributes:
        first_date: the first ingestion date there is a partition for.
        sensors_run: whether sensors start switched on.
        cloudwatch: whether metrics are sent to CloudWatch.
        otlp: whether they are sent to an OpenTelemetry collector.
        alert_topic: the SNS topic that alerts go to.
        alert_urls: the addresses, as apprise spells them, that alerts go to; they hold secrets.
        alert_rules: when and how often people are told.
        queue_url: the SQS queue of S3's notifications; empty where there is none.
        databricks: where and how steps become Databricks jobs; None where they do not.
        glue: whether crawls register tables in AWS Glue.
        unity_catalog: the catalog of Unity Catalog into which crawls look; empty where there is none.
        connect: the Spark Connect server that computes; None where it is another engine.
        staging_url: where that server and this process meet.
    """

    environment: str
    engine: str
    landing_url: str
    lake_url: str
    first_date: date
    sensors_run: bool = False
    cloudwatch: bool = False
    otlp: bool = False
    alert_topic: str | None = None
    alert_urls: tuple[str, ...] = field(default=(), repr=False)
    alert_rules: AlertRules = field(default_factory=AlertRules)
    queue_url: str = ""
    databricks: databricks_settings.DatabricksSettings | None = None
    glue: bool = False
    unity_catalog: str = ""
    connect: ConnectAddress | None = None
    staging_url: str = ""


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        EnvironmentProblem: a variable holds a value the platform cannot use; the message names it and what it may be.
    """
    given = os.environ if variables is None else variables
    environment = _one_of(given, "DATAOPS_ENV", ENVIRONMENTS)
    sensors = ("on", "off") if environment in {"staging", "production"} else ("off", "on")
    return Settings(
        environment=environment,
        engine=_one_of(given, "DATAOPS_ENGINE", ENGINES),
        landing_url=_url(given, "DATAOPS_LANDING_URL", "s3://landing"),
        lake_url=_url(given, *_LAKE),
        first_date=_date(given, "DATAOPS_FIRST_DATE", "2018-01-01"),
        sensors_run=_one_of(given, "DATAOPS_SENSORS", sensors) == "on",
        cloudwatch=_one_of(given, "DATAOPS_CLOUDWATCH", ("off", "on")) == "on",
        otlp=_one_of(given, "DATAOPS_OTLP", ("off", "on")) == "on",
        alert_topic=_topic(given, "DATAOPS_ALERT_SNS_TOPIC"),
        alert_urls=tuple(given.get("DATAOPS_ALERT_URLS", "").split()),
        alert_rules=AlertRules(
            quiet=_hours(given, "DATAOPS_QUIET_HOURS"),
            runs_url=given.get("DATAOPS_DAGSTER_URL") or None,
            pages_url=given.get("DATAOPS_PAGES_URL") or None,
        ),
        queue_url=_queue_url(given, "DATAOPS_QUEUE_URL"),
        databricks=_databricks(given),
        glue=_one_of(given, "DATAOPS_GLUE", ("off", "on")) == "on",
        unity_catalog=databricks_settings.read_unity_catalog(given),
        connect=read_connect_address(given) if given.get("DATAOPS_ENGINE") == "connect" else None,
        staging_url=_url(given, "DATAOPS_STAGING_URL", f"{_url(given, *_LAKE).rstrip('/')}/{staging.FOLDER}"),
    )


def _databricks(given: Mapping[str, str]) -> databricks_settings.DatabricksSettings | None:
    if given.get("DATAOPS_ENGINE") != "databricks":
        return None
    engine = _one_of(given, "DATAOPS_DATABRICKS_ENGINE", databricks_settings.ENGINES_IN_A_JOB)
    return databricks_settings.read_databricks_settings(given, engine)


def _one_of(given: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    value = given.get(name) or allowed[0]
    if value not in allowed:
        raise EnvironmentProblem(
            f"{name} is {value!r}; it may be {', '.join(allowed)}. Unset it for {allowed[0]}."
        )
    return value


def _url(given: Mapping[str, str], name: str, default: str) -> str:
    value = given.get(name) or default
    parsed = urlparse(value)
    if parsed.scheme not in {"", "file", "s3"} or (parsed.scheme == "s3" and not parsed.netloc):
        raise EnvironmentProblem(
            f"{name} is {_shown(value)!r}; write s3://bucket, s3://bucket/prefix or a folder's path."
        )
    return value


def _shown(url: str) -> str:
    """The URL without its password, which has no place in a message."""
    return re.sub("//[^/]*@", "//…@", url)


def _hours(given: Mapping[str, str], name: str) -> tuple[int, int] | None:
    value = given.get(name)
    if not value:
        return None
    first, _, last = value.partition("-")
    if not (first.isdigit() and last.isdigit() and max(int(first), int(last)) < _HOURS):
        raise EnvironmentProblem(f"{name} is {value!r}; write two hours (UTC) as 22-6.")
    return int(first), int(last)


def _topic(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name) or None
    if value is not None and not value.startswith("arn:"):
        # A web hook's address, in the wrong place, would let anyone use it.
        shown = re.sub("(?<=://).*", "…", value)
        raise EnvironmentProblem(f"{name} is {shown!r}; write the topic's ARN, arn:aws:sns:….")
    return value


def _channels(settings: Settings) -> tuple[Channel, ...]:
    topics = (SnsChannel(settings.alert_topic),) if settings.alert_topic else ()
    return (*topics, *map(AppriseChannel, settings.alert_urls))


def _metric_sinks(settings: Settings) -> tuple[MetricSink, ...]:
    cloudwatch = (CloudWatchSink(),) if settings.cloudwatch else ()
    return (*cloudwatch, OtlpSink()) if settings.otlp else cloudwatch


def _queue_url(given: Mapping[str, str], name: str) -> str:
    value = given.get(name) or ""
    if value and not _QUEUE.fullmatch(value):
        raise EnvironmentProblem(
            f"{name} is {_shown(value)!r}; write the URL of a queue as SQS tells it, e.g. "
            "https://sqs.eu-central-1.amazonaws.com/123456789012/landed, or unset it."
        )
    landing = _url(given, "DATAOPS_LANDING_URL", "s3://landing")
    if value and urlparse(landing).scheme != "s3":
        raise EnvironmentProblem(
            f"{name} is {value!r}; it may be set only where DATAOPS_LANDING_URL is a bucket, not {landing!r}: "
            "a folder sends no notifications."
        )
    return value


def _date(given: Mapping[str, str], name: str, default: str) -> date:
    value = given.get(name) or default
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise EnvironmentProblem(
            f"{name} is {value!r}; write a date as YYYY-MM-DD, e.g. {default}."
        ) from None


def engine_for(settings: Settings) -> ConnectEngine:
    """The engine that the settings name; it starts with its first question.

    Raises:
        EnvironmentProblem: it could not start here; the message says what is missing.
    """
    if settings.engine == "spark":
        from dataops_platform.engines.local_spark import spark_engine

        return spark_engine()
    if settings.connect is not None:
        from dataops_platform.engines.remote_spark import remote_engine

        return remote_engine(settings.connect, staging.staging_at(settings.staging_url))
    return EmbeddedEngine()


def platform_for(settings: Settings, tables: Sequence[Table]) -> Platform:
    """The platform of one environment; nothing is contacted before it is used."""
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        os.environ.setdefault("AWS_ALLOW_HTTP", "true")  # the engine and delta-rs ask for it; boto3 does not
    engine = engine_for(settings)
    lake_url = settings.lake_url
    if urlparse(lake_url).scheme != "s3":
        folder = Path(lake_url.removeprefix("file://")).absolute()
        if not _READABLE.fullmatch(str(folder)):
            raise EnvironmentProblem(
                f"DATAOPS_LAKE_URL names {folder}, which the engine cannot read: use letters, digits and . _ - only."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentProblem(
                f"DATAOPS_LAKE_URL names {folder}, which cannot be a folder ({error.strerror}). "
                "Name another, or make room for it."
            ) from error
        lake_url = str(folder)
    lake = DeltaLake(lake_url, engine)
    landing = object_store(settings.landing_url)
    return Platform(
        tables=tuple(tables),
        engine=engine,
        lake=lake,
        landing=landing,
        lake_store=object_store(lake_url),
        journal=DeltaJournal(lake),
        first_date=settings.first_date,
        metric_sinks=_metric_sinks(settings),
        channels=_channels(settings),
        alert_rules=settings.alert_rules,
        notifications=SqsQueue(settings.queue_url) if settings.queue_url else None,
        landing_heads=S3Heads(landing) if isinstance(landing, S3Store) else None,
        remote=remote_steps(settings, lake_url),
        registry=GlueRegistry(lake_url) if settings.glue else None,
        other_registries=(UnityTables(settings.unity_catalog),) if settings.unity_catalog else (),
    )


def remote_steps(settings: Settings, lake_url: str) -> DatabricksSteps | None:
    """Where steps are done, where the settings say that this is not here; nothing is contacted."""
    if settings.databricks is None:
        return None
    from dataops_platform.databricks.steps import DatabricksSteps

    told = {
        "DATAOPS_ENV": settings.environment,
        "DATAOPS_ENGINE": settings.databricks.engine,
        "DATAOPS_LANDING_URL": _from_anywhere(settings.landing_url),
        "DATAOPS_LAKE_URL": lake_url,
        "DATAOPS_FIRST_DATE": settings.first_date.isoformat(),
        **{name: os.environ[name] for name in _OF_S3 if name in os.environ},
    }
    if settings.databricks.engine == "connect":
        told["DATAOPS_STAGING_URL"] = _from_anywhere(settings.staging_url)
    return DatabricksSteps(settings.databricks, told)


def _from_anywhere(url: str) -> str:
    return url if url.startswith("s3:") else str(Path(url).absolute())


def upkeep_of(platform: Platform) -> DeltaUpkeep:
    """How the lake's tables lie."""
    return DeltaUpkeep(platform.lake.url, platform.lake_store)


def inventory_of(platform: Platform) -> DeltaInventory:
    """The lake of a platform as a crawler sees it."""
    return DeltaInventory(platform.lake.url, platform.lake_store)
