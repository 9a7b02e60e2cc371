"""This room's environments: what the variables say, and the adapters each environment is made of. Only here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlparse

from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.observability.journal import DeltaJournal
from dataops_platform.resources.engine import EmbeddedEngine
from dataops_platform.resources.inventory import DeltaInventory
from dataops_platform.resources.lake import DeltaLake
from dataops_platform.resources.object_store import object_store

ENVIRONMENTS = ("local", "test", "staging", "production")
ENGINES = ("embedded",)
_READABLE = re.compile(r"[A-Za-z0-9._/+=@~-]+")


@dataclass(frozen=True)
class Settings:
    """What the DATAOPS_* variables say, checked.

    Attributes:
        first_date: the first ingestion date there is a partition for.
        sensors_run: whether sensors start switched on.
    """

    environment: str
    engine: str
    landing_url: str
    lake_url: str
    first_date: date
    sensors_run: bool = False


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
        lake_url=_url(given, "DATAOPS_LAKE_URL", "s3://lake"),
        first_date=_date(given, "DATAOPS_FIRST_DATE", "2018-01-01"),
        sensors_run=_one_of(given, "DATAOPS_SENSORS", sensors) == "on",
    )


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
            f"{name} is {value!r}; write s3://bucket, s3://bucket/prefix or a folder's path."
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


def platform_for(settings: Settings, tables: Sequence[Table]) -> Platform:
    """The platform of one environment; nothing is contacted before it is used."""
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        os.environ.setdefault("AWS_ALLOW_HTTP", "true")  # the engine and delta-rs ask for it; boto3 does not
    engine = EmbeddedEngine()
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
    return Platform(
        tables=tuple(tables),
        engine=engine,
        lake=lake,
        landing=object_store(settings.landing_url),
        lake_store=object_store(lake_url),
        journal=DeltaJournal(lake),
        first_date=settings.first_date,
    )


def inventory_of(platform: Platform) -> DeltaInventory:
    """The lake of a platform as a crawler sees it."""
    return DeltaInventory(platform.lake.url, platform.lake_store)
