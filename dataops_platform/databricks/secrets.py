"""The lake's keys from a workspace's secrets, for a job whose compute has no role of its own."""

from __future__ import annotations

import base64

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def lake_keys(scope: str) -> dict[str, str]:
    """AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as the secrets of these names in `scope` hold them.

    Raises:
        EnvironmentProblem: they are not there, or whoever runs the job may not read them.
    """
    from dataops_platform.databricks.client import answered, workspace_client

    with answered(f"give the secrets of the scope {scope}"):
        secrets = workspace_client().secrets
        values = {name: secrets.get_secret(scope, name).value or "" for name in _KEYS}
    return {name: base64.b64decode(value).decode() for name, value in values.items()}
