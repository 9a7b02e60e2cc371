"""This file holds the clients of AWS services that the platform only reports to: they give up soon."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.errors import EnvironmentProblem, PlatformError, Unreachable

_PERMANENT = (
    "AccessDenied",
    "AuthorizationError",
    "InvalidClientTokenId",
    "NotFound",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
)


def reporting_client(service: str) -> Any:
    """A client of `service`, from the ordinary AWS_* variables, which gives up on a silent server in half a minute."""
    import boto3.session

    config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
    try:
        return boto3.session.Session().client(service, config=config)  # type: ignore[call-overload]
    except (BotoCoreError, ValueError) as error:
        raise EnvironmentProblem(
            f"No client of {service} could be made ({type(error).__name__}). Check AWS_REGION, AWS_PROFILE and "
            f"AWS_ENDPOINT_URL_{service.upper()}."
        ) from None


def problem(service: str, error: BotoCoreError | ClientError, waiting: str) -> PlatformError:
    """The error in words: which service did not take what, where that waits, and what to do."""
    code = type(error).__name__
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "no code"))
    if code.startswith(_PERMANENT) or code == "NoCredentialsError":
        return EnvironmentProblem(
            f"{service} refuses this ({code}). {waiting} Check the AWS_* variables and what their owner may do."
        )
    return Unreachable(f"{service} did not take this ({code}). {waiting}")
