"""Secrets of AWS Secrets Manager."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.errors import EnvironmentProblem


def secret(name: str, client: Any = None) -> str:
    """The text of the secret of this name or ARN.

    Raises:
        EnvironmentProblem: there is none, or it may not be read.
    """
    import boto3.session

    try:
        asked = client or boto3.session.Session().client("secretsmanager")
        return str(asked.get_secret_value(SecretId=name)["SecretString"])
    except (ClientError, BotoCoreError, KeyError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise EnvironmentProblem(
            f"The secret that DATABRICKS_TOKEN_SECRET names could not be read ({code}). Check its name, and that "
            "secretsmanager:GetSecretValue is allowed on it."
        ) from None
