"""This file holds how S3 is asked, and what its refusals mean in words."""

from __future__ import annotations

import os
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.errors import EnvironmentProblem, Unreachable

#: Requests under way at once; the pool has to hold as many connections.
PARALLEL_REQUESTS = 16
#: The object is not there, or not in the version that was asked for.
GONE = {"404", "NoSuchKey", "NoSuchVersion", "412", "PreconditionFailed", "InvalidRange"}
EXISTS = {"412", "PreconditionFailed"}
#: Two requests for one key met, and S3 let neither have its way: the same one has to be tried again.
CONFLICT = {"409", "ConditionalRequestConflict", "OperationAborted"}
#: Bytes that a connection takes whole, even from a server that has refused the request by then.
_SMALL = 64 << 10
_WRONG_CREDENTIALS = {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
#: The variables by which delta-rs encrypts tables → the parameters by which boto3 encrypts objects.
_ENCRYPTION = {"AWS_SERVER_SIDE_ENCRYPTION": "ServerSideEncryption", "AWS_SSE_KMS_KEY_ID": "SSEKMSKeyId"}


def client() -> Any:
    """A client that gives up on a silent server within a minute; boto3 alone would wait for five."""
    import boto3.session
    import botocore.session
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=PARALLEL_REQUESTS,
        user_agent="dataops-platform",  # botocore's own is put together anew for each request
    )
    try:
        # A session of its own: the default one keeps the first credentials it ever saw.
        session = botocore.session.get_session()
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        found = boto3.session.Session(botocore_session=session).client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise EnvironmentProblem(
            f"No S3 client could be made ({type(error).__name__}). Check AWS_ENDPOINT_URL, AWS_REGION and AWS_PROFILE."
        ) from None
    found.meta.events.register("before-call.s3", _send_at_once)
    return found


def _send_at_once(params: dict[str, Any], **_told: Any) -> None:
    """A small body follows its request at once: to ask for leave to send it takes as long as to send it."""
    body = params.get("body")
    if isinstance(body, BytesIO) and body.getbuffer().nbytes <= _SMALL:
        params["headers"].pop("Expect", None)


def _moment(told: Any) -> datetime:
    """A time as S3 tells it; of a listing, botocore's own parser takes longer for that than for all else of a key."""
    from botocore.utils import parse_timestamp

    if isinstance(told, str) and told.endswith(" GMT"):  # a header's
        return parsedate_to_datetime(told)
    try:
        return datetime.fromisoformat(told)
    except (TypeError, ValueError):  # none that S3 is known to send
        return parse_timestamp(told)


def encryption() -> dict[str, str]:
    """What a put says of encryption: nothing, so that the bucket's own rule holds, unless a variable asks for more."""
    return {parameter: os.environ[name] for name, parameter in _ENCRYPTION.items() if os.environ.get(name)}


def endpoint() -> str:
    """Where S3 is, without what a URL can say of a user and a password."""
    url = os.environ.get("AWS_ENDPOINT_URL") or "AWS"
    return re.sub("//[^/]*@", "//…@", url)


def code(error: Exception) -> str:
    """S3's own word for a refusal; of a request without an answer, its kind."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


def problem(error: Exception, bucket: str, prefix: str) -> EnvironmentProblem:
    """What stopped a request below `prefix` of a bucket, and what to do about it."""
    told, where = code(error), f"s3://{bucket}/{prefix}"
    if told == "NoSuchBucket":
        return EnvironmentProblem(
            f"Bucket {bucket} does not exist at {endpoint()}. Create it, or point DATAOPS_LANDING_URL and "
            "DATAOPS_LAKE_URL at buckets that do."
        )
    if told in _WRONG_CREDENTIALS:
        return EnvironmentProblem(
            f"{where} refused the credentials ({told}). Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
            "what they may do."
        )
    if told == "NoCredentialsError":
        return EnvironmentProblem(
            f"No credentials for {where}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
        )
    return Unreachable(
        f"S3 did not answer at {endpoint()} for {where} ({told}). Check AWS_ENDPOINT_URL and that the server runs."
    )
