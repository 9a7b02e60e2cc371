"""This file holds the clusters of the emulated workspace: what their processes find in their environment.

https://docs.databricks.com/aws/en/security/secrets/secrets-spark-conf-env-var
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET = re.compile(r"\{\{secrets/([^/{}]+)/([^/{}]+)\}\}")


class NotStarted(Exception):
    """A cluster could not be started; the text says why."""


class Clusters:
    """The clusters that are there, and those that a job run asks for.

    Attributes:
        all: each cluster's `spark_env_vars`, by its identity.
    """

    def __init__(self, secrets: Mapping[tuple[str, str], str]) -> None:
        self.all: dict[str, Mapping[str, str]] = {}
        self._secrets = secrets

    def variables(self, task: Mapping[str, Any]) -> dict[str, str]:
        """What a task's process finds; nothing on serverless compute.

        Raises:
            NotStarted: there is no such cluster, or no such secret.
        """
        told: Mapping[str, str] = task.get("new_cluster", {}).get("spark_env_vars", {})
        if (named := task.get("existing_cluster_id")) is not None:
            if named not in self.all:
                raise NotStarted(f"Cluster {named} does not exist")
            told = self.all[named]
        return {name: self._resolved(value) for name, value in told.items()}

    def _resolved(self, value: str) -> str:
        """A secret is referred to by the whole of a value."""
        found = _SECRET.fullmatch(value)
        if found is None:
            return value
        scope, key = found.groups()
        if (scope, key) not in self._secrets:
            raise NotStarted(f"Secret does not exist with scope: {scope} and key: {key}")
        return self._secrets[scope, key]
