"""What a workspace's secrets say to a job run: the lake's keys where its compute has no role, an engine's address."""

from __future__ import annotations

import base64

from dataops_platform.databricks.settings import CONNECT_URL
from dataops_platform.errors import EnvironmentProblem

_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})


def secret_variables(scope: str) -> dict[str, str]:
    """AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, and DATAOPS_CONNECT_URL: what `scope` has of these names.

    Raises:
        EnvironmentProblem: it has none of them, or one key without the other, or whoever runs the job may not read it.
    """
    from dataops_platform.databricks.client import answered, workspace_client

    with answered(f"give the secrets of the scope {scope}"):
        secrets = workspace_client().secrets
        listed = {
            (found.key or "").upper() for found in secrets.list_secrets(scope)
        }  # their case says nothing
        there = listed & {*_KEYS, CONNECT_URL}
        if not there or 0 < len(there & _KEYS) < len(_KEYS):
            raise EnvironmentProblem(
                f"DATAOPS_DATABRICKS_SECRET_SCOPE names the scope {scope}, which holds "
                f"{' and '.join(sorted(there)) or 'none'} of {', '.join(sorted(_KEYS))} and {CONNECT_URL}: put the "
                "lake's two keys there, or the address, or all three (`databricks secrets put-secret`). Nothing was "
                "begun."
            )
        values = {name: secrets.get_secret(scope, name).value or "" for name in sorted(there)}
    return {name: base64.b64decode(value).decode() for name, value in values.items()}
