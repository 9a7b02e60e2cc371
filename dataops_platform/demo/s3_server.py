"""This file holds what a client must know of a running S3 server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_REGION = "us-east-1"


@dataclass(frozen=True)
class S3Server:
    """A running S3 server and what a client must know to use it.

    Attributes:
        endpoint: where it listens, e.g. `http://127.0.0.1:8333`; on the loopback interface only.
        access_key: the one identity's key; kept with the server's folder.
        secret_key: its secret; not part of the object's text.
        log: the server's own words since its last start.
        process_id: the server's process, which leads a process group of its own.
    """

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    log: Path
    process_id: int

    def environment(self) -> dict[str, str]:
        """The variables by which boto3, object_store, Spark and the platform itself find this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": _REGION,
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_ALLOW_HTTP": "true",
        }

    def client(self) -> S3Client:
        """A boto3 client of this server, whatever the environment says; it tries each call once."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=_REGION,
            config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=2
            ),
        )

    def make_buckets(self, names: Sequence[str]) -> None:
        """The buckets exist; those that did already keep what they hold."""
        with closing(self.client()) as client:
            present = {bucket.get("Name") for bucket in client.list_buckets().get("Buckets", [])}
            for name in names:
                if name not in present:
                    client.create_bucket(Bucket=name)
