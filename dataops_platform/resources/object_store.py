"""Object stores: a real S3 bucket, or a folder that behaves like one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.landed_object import StoredObject
from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import EnvironmentProblem, Unreachable

_GONE = {"404", "NoSuchKey", "412", "PreconditionFailed"}
_EXISTS = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_WRONG_CREDENTIALS = {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
#: Requests under way at once; the pool has to hold as many connections.
PARALLEL_REQUESTS = 16


def object_store(url: str) -> ObjectStore:
    """The store behind a URL: `s3://bucket/prefix`, or a folder."""
    parsed = urlparse(url)
    if parsed.scheme == "s3":
        return S3Store(parsed.netloc, parsed.path.strip("/"))
    return FolderStore(Path(parsed.path if parsed.scheme == "file" else url))


class S3Store:
    """A bucket, or what lies below a prefix of it."""

    def __init__(self, bucket: str, prefix: str = "", client: Any = None) -> None:
        self.name = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self._client = client

    @property
    def client(self) -> Any:
        """The boto3 client; made on first use, from the ordinary AWS_* variables."""
        if self._client is None:
            self._client = _client()
        return self._client

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in the order of keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=self.prefix + prefix
        )
        for page in self._told(pages):
            for found in page.get("Contents", ()):
                yield StoredObject(
                    found["Key"].removeprefix(self.prefix),
                    found["Size"],
                    found["ETag"].strip('"'),
                    found["LastModified"],
                )

    def _told(self, pages: Any) -> Iterator[Any]:
        try:
            yield from pages
        except (ClientError, BotoCoreError) as error:
            raise self._problem(error) from error

    def folders(self, prefix: str) -> list[str]:
        """The distinct next path segments below `prefix`."""
        start = self.prefix + prefix
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=start, Delimiter="/"
        )
        return [
            found["Prefix"].removeprefix(start).rstrip("/")
            for page in self._told(pages)
            for found in page.get("CommonPrefixes", ())
        ]

    def read(self, key: str, *, etag: str | None = None) -> bytes | None:
        """The object's bytes; None where it is gone or no longer that version."""
        condition = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            answer = self.client.get_object(Bucket=self.name, Key=self.prefix + key, **condition)
            return bytes(answer["Body"].read())
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _GONE:
                return None
            raise self._problem(error) from error

    def create(self, key: str, body: bytes) -> bool:
        """Write a new object with If-None-Match; False where the key exists already."""
        try:
            self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=body, IfNoneMatch="*")
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _EXISTS:
                return False
            raise self._problem(error) from error
        return True

    def put(self, key: str, body: bytes) -> None:
        """The key holds this from now on, with the type that its name ends in."""
        kind = guess_type(key)[0] or "application/octet-stream"
        try:
            self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=body, ContentType=kind)
        except (ClientError, BotoCoreError) as error:
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> EnvironmentProblem:
        code, where = _code(error), f"s3://{self.name}/{self.prefix}"
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "AWS")
        if code == "NoSuchBucket":
            return EnvironmentProblem(
                f"Bucket {self.name} does not exist at {endpoint}. Create it, or point DATAOPS_LANDING_URL and "
                "DATAOPS_LAKE_URL at buckets that do."
            )
        if code in _WRONG_CREDENTIALS:
            return EnvironmentProblem(
                f"{where} refused the credentials ({code}). Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                "what they may do."
            )
        if code == "NoCredentialsError":
            return EnvironmentProblem(
                f"No credentials for {where}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
            )
        return Unreachable(
            f"S3 did not answer at {endpoint} for {where} ({code}). Check AWS_ENDPOINT_URL and that the server runs."
        )


def _client() -> Any:
    """A client that gives up on a silent server within a minute; boto3 alone would wait for five."""
    import boto3.session
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=PARALLEL_REQUESTS,
    )
    try:
        # A session of its own: the default one keeps the first credentials it ever saw.
        return boto3.session.Session().client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise EnvironmentProblem(
            f"No S3 client could be made ({type(error).__name__}). Check AWS_ENDPOINT_URL, AWS_REGION and AWS_PROFILE."
        ) from None


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


class FolderStore:
    """A folder whose files are the objects."""

    def __init__(self, root: Path) -> None:
        self.name = root.name or "folder"
        self.prefix = ""
        self._root = root

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every file whose path below the folder begins with `prefix`, in the order of paths."""
        start = self._root / prefix.rpartition("/")[0]
        if not self._root.is_dir():
            raise EnvironmentProblem(
                f"Folder {self._root} does not exist. Create it, or set the URL that names it."
            )
        found = (Path(folder) / name for folder, _, names in os.walk(start) for name in names)
        for path in sorted(found):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and not path.name.endswith(".partial"):
                yield self._stored(key, path)

    @staticmethod
    def _stored(key: str, path: Path) -> StoredObject:
        facts = path.stat()
        landed_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
        return StoredObject(key, facts.st_size, f"{facts.st_mtime_ns:x}", landed_at)

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders below `prefix`."""
        start = self._root / prefix
        return sorted(path.name for path in start.iterdir() if path.is_dir()) if start.is_dir() else []

    def read(self, key: str, *, etag: str | None = None) -> bytes | None:
        """The file's bytes; None where it is gone or no longer that version."""
        path = self._root / key
        if not path.is_file():
            return None
        body = path.read_bytes()
        return body if etag in (None, self._stored(key, path).etag) else None

    def create(self, key: str, body: bytes) -> bool:
        """Write a new file whole or not at all; False where it exists already."""
        path = self._root / key
        if path.exists():
            return False
        partial = self._partial(path, body)
        try:
            os.link(partial, path)  # fails where another writer was first; rename would overwrite
        except FileExistsError:
            return False
        finally:
            partial.unlink()
        return True

    def put(self, key: str, body: bytes) -> None:
        """The file holds this from now on, whole at every moment."""
        path = self._root / key
        self._partial(path, body).replace(path)

    @staticmethod
    def _partial(path: Path, body: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{uuid4().hex}.partial")
        partial.write_bytes(body)
        return partial
