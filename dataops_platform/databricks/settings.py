"""What the DATAOPS_DATABRICKS_* variables say, checked; who asks is told by the DATABRICKS_* variables of the SDK."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops_platform.errors import EnvironmentProblem

#: Says where the engine `connect` computes; it may hold a token, so only secrets of the workspace hold it.
CONNECT_URL = "DATAOPS_CONNECT_URL"
#: What may run Spark DataFrames within a job.
ENGINES_IN_A_JOB = ("embedded", "connect")
_VOLUME = re.compile(r"(/[\w.@+-]+)*/Volumes(/[\w.@+-]+){3,}")
_WHEEL = re.compile(_VOLUME.pattern + r"\.whl")
_CLUSTER = re.compile(r"\d{4}-\d{6}-[a-z0-9]+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SECRET = re.compile(r"\{\{secrets/[^/{}\s]+/[^/{}\s]+\}\}")


@dataclass(frozen=True)
class DatabricksSettings:
    """Where and how a run's steps become job runs.

    Attributes:
        volume: folder of a Unity Catalog volume through which orders and answers go.
        wheel: this package, built and put where the workspace finds it.
        engine: what runs Spark DataFrames there.
        cluster: the identity of the cluster that does it; empty for serverless compute, or a cluster for each step.
        new_cluster: what the cluster for each step is, as the Jobs interface spells it; empty where there is none.
        budget_policy: whom serverless compute is charged to.
        secret_scope: where the job finds the lake's AWS keys, and the address of the engine `connect`; empty where its
            compute has a role, or knows.
    """

    volume: str
    wheel: str
    engine: str = "embedded"
    cluster: str = ""
    new_cluster: Mapping[str, Any] = field(default_factory=dict)
    budget_policy: str = ""
    secret_scope: str = ""


def read_databricks_settings(given: Mapping[str, str], engine: str) -> DatabricksSettings:
    """The settings for a run whose steps are Databricks jobs.

    Raises:
        EnvironmentProblem: a variable is missing or says nothing usable; the message names it and what it may be.
    """
    cluster, new_cluster = _cluster(given.get("DATAOPS_DATABRICKS_CLUSTER") or "")
    told = DatabricksSettings(
        volume=_told(given, "DATAOPS_DATABRICKS_VOLUME", _VOLUME, "/Volumes/<catalog>/<schema>/<volume>"),
        wheel=_told(given, "DATAOPS_DATABRICKS_WHEEL", _WHEEL, "/Volumes/…/dataops_platform-….whl"),
        engine=engine,
        cluster=cluster,
        new_cluster=new_cluster,
        budget_policy=_optional(given, "DATAOPS_DATABRICKS_BUDGET_POLICY"),
        secret_scope=_optional(given, "DATAOPS_DATABRICKS_SECRET_SCOPE"),
    )
    _require_compute(told)
    return told


def _require_compute(told: DatabricksSettings) -> None:
    """What is asked to compute can be found there, as far as that is known before anything starts."""
    address = told.new_cluster.get("spark_env_vars", {}).get(CONNECT_URL, "")
    if ";" in address and not _SECRET.fullmatch(address):
        raise EnvironmentProblem(
            f"DATAOPS_DATABRICKS_CLUSTER names a file whose spark_env_vars hold {CONNECT_URL} with parameters, which "
            "everybody could read who sees the job run: put it into a secret scope, and write "
            "{{secrets/<scope>/<key>}}."
        )
    if told.engine == "connect" and not (told.cluster or told.secret_scope or address):
        why = "a new cluster's is not known here" if told.new_cluster else "serverless compute has none"
        raise EnvironmentProblem(
            f"DATAOPS_DATABRICKS_ENGINE=connect needs an address of Spark Connect, and {why}: name a cluster that is "
            f"there by DATAOPS_DATABRICKS_CLUSTER, or put {CONNECT_URL} into the scope that "
            "DATAOPS_DATABRICKS_SECRET_SCOPE names."
        )


def read_unity_catalog(given: Mapping[str, str]) -> str:
    """The catalog into which crawls look; empty where there is none.

    Raises:
        EnvironmentProblem: DATAOPS_UNITY_CATALOG is no name of a catalog.
    """
    return _optional(given, "DATAOPS_UNITY_CATALOG")


def _told(given: Mapping[str, str], name: str, allowed: re.Pattern[str], example: str) -> str:
    value = (given.get(name) or "").rstrip("/")
    if not allowed.fullmatch(value):
        raise EnvironmentProblem(
            f"{name} is {value!r}; where DATAOPS_ENGINE is databricks, write {example}. See docs/databricks.md."
        )
    return value


def _optional(given: Mapping[str, str], name: str) -> str:
    value = given.get(name) or ""
    if value and not _NAME.fullmatch(value):
        raise EnvironmentProblem(f"{name} is {value!r}; write letters, digits, _ and -, or unset it.")
    return value


def _cluster(value: str) -> tuple[str, Mapping[str, Any]]:
    if not value or _CLUSTER.fullmatch(value):
        return value, {}
    try:
        told = json.loads(Path(value).read_text(encoding="utf-8")) if value.endswith(".json") else None
    except (OSError, ValueError) as error:
        raise EnvironmentProblem(
            f"DATAOPS_DATABRICKS_CLUSTER names {value}, which cannot be read as JSON ({type(error).__name__})."
        ) from None
    if not isinstance(told, dict) or "spark_version" not in told:
        raise EnvironmentProblem(
            f"DATAOPS_DATABRICKS_CLUSTER is {value!r}; write a cluster's identity, such as 0923-164208-meows279, or "
            "the path of a .json file with a new cluster's spark_version, node_type_id, …; or unset it for serverless "
            "compute."
        )
    return "", told
