"""Object heads: what S3 says of one key."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.landed_object import StoredObject
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.object_store import S3Store

_GONE = {"404", "NoSuchKey"}
_REFUSED = {"400", "401", "403", "AccessDenied", "Forbidden", "BadRequest"}


class S3Heads:
    """Tells of single objects of a bucket, through the client of its store."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def head(self, key: str) -> StoredObject | None:
        """The object as a listing would tell it; None where there is none.

        Raises:
            EnvironmentProblem: S3 refuses this object, or (transient) did not answer.
        """
        store = self._store
        try:
            told = store.client.head_object(Bucket=store.name, Key=store.prefix + key)
        except (ClientError, BotoCoreError) as error:
            code = _code(error)
            if code in _GONE:
                return None
            raise self._problem(code) from error
        # A listing tells whole seconds, and so does a head: both give a version the same name in the raw zone.
        return StoredObject(key, told["ContentLength"], told["ETag"].strip('"'), told["LastModified"])

    def _problem(self, code: str) -> EnvironmentProblem:
        where = f"s3://{self._store.name}/{self._store.prefix}"
        if code in _REFUSED:
            return EnvironmentProblem(
                f"{where} refused to tell of an object ({code}). Check that s3:GetObject is allowed on it, and "
                "s3:ListBucket on the bucket: without that S3 refuses what does not exist, too."
            )
        return Unreachable(f"S3 did not tell of an object in {where} ({code}). It is asked again.")


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
