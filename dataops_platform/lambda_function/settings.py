"""This room's settings: what the function's variables say, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urlparse

from dataops_platform.errors import EnvironmentProblem

#: Written when the function is packaged, since contracts need libraries that it does not have.
SOURCE_TABLES = "source_tables.json"


@dataclass(frozen=True)
class JobSettings:
    """The Databricks job that is started for each new object.

    Attributes:
        token_secret: name or ARN of the secret that holds the access token.
    """

    host: str
    job_id: int
    token_secret: str


@dataclass(frozen=True)
class FunctionSettings:
    """What the function's variables say.

    Attributes:
        first_date: the first ingestion date there is a partition for.
        job: the job to start; None where none is.
    """

    landing_url: str
    lake_url: str
    first_date: date
    job: JobSettings | None = None


def read_function_settings(given: Mapping[str, str]) -> FunctionSettings:
    """The settings of the function.

    Raises:
        EnvironmentProblem: a variable is missing or says nothing usable; the message names it and what it may be.
    """
    first = given.get("DATAOPS_FIRST_DATE") or "2018-01-01"
    try:
        first_date = date.fromisoformat(first)
    except ValueError:
        raise EnvironmentProblem(
            f"DATAOPS_FIRST_DATE is {first!r}; write a date as YYYY-MM-DD, e.g. 2018-01-01."
        ) from None
    return FunctionSettings(
        landing_url=bucket(given, "DATAOPS_LANDING_URL"),
        lake_url=bucket(given, "DATAOPS_LAKE_URL"),
        first_date=first_date,
        job=_job(given),
    )


def bucket(given: Mapping[str, str], name: str) -> str:
    """The variable's value: a bucket, or what lies below a prefix of it."""
    value = given.get(name) or ""
    parsed = urlparse(value)
    if parsed.scheme != "s3" or not parsed.netloc:
        raise EnvironmentProblem(f"{name} is {value!r}; write s3://bucket or s3://bucket/prefix.")
    return value


def _job(given: Mapping[str, str]) -> JobSettings | None:
    wanted = (given.get("TRIGGER_DATABRICKS_JOB") or "false").lower()
    if wanted not in {"true", "false"}:
        raise EnvironmentProblem(f"TRIGGER_DATABRICKS_JOB is {wanted!r}; it may be true or false.")
    if wanted == "false":
        return None
    told = {name: given.get(name) or "" for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN_SECRET")}
    missing = [name for name, value in told.items() if not value]
    number = given.get("DATABRICKS_JOB_ID") or ""
    if not number.isascii() or not number.isdecimal():
        raise EnvironmentProblem(f"DATABRICKS_JOB_ID is {number!r}; write the number of the job to start.")
    if missing:
        raise EnvironmentProblem(
            f"{' and '.join(missing)} must be set where TRIGGER_DATABRICKS_JOB is true: the workspace's URL, and the "
            "name of the secret that holds an access token."
        )
    return JobSettings(told["DATABRICKS_HOST"], int(number), told["DATABRICKS_TOKEN_SECRET"])


def source_tables(folder: Traversable | None = None) -> frozenset[str]:
    """The names of the tables that land in files, as they were when the function was packaged.

    Raises:
        EnvironmentProblem: it was not packaged.
    """
    file = (folder or files(__package__)) / SOURCE_TABLES  # which may be inside a zip
    if not file.is_file():
        raise EnvironmentProblem(
            f"{file} is not there, so no table is known. Package the function with deploy/lambda/build.py."
        )
    return frozenset(json.loads(file.read_text(encoding="utf-8")))
