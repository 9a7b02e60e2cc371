"""Object stores: a real S3 bucket, or what stands in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from mimetypes import guess_type
from pathlib import Path
from time import sleep
from typing import Any, TypeVar
from urllib.parse import urlparse

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.landed_object import PART, StoredObject
from dataops_platform.core.ports import ObjectStore, OpenedObject
from dataops_platform.errors import ObjectChanged
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.opened import Opened
from dataops_platform.resources.s3_answers import CONFLICT, EXISTS, GONE, client, code, encryption, problem

_Answer = TypeVar("_Answer")
#: S3 takes no more parts than this of one object.
_MOST_PARTS = 10_000
#: boto3 tries a request again, but neither an answer that breaks off midway nor a conflict of two writers.
_ATTEMPTS = 4
#: S3 deletes no more than this at once.


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
            self._client = client()
        return self._client

    def objects(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix` and follows `after`, in the order of keys."""
        start = {"StartAfter": self.prefix + after} if after else {}
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=self.prefix + prefix, **start
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
            raise problem(error, self.name, self.prefix) from error

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

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None where it is gone."""
        try:
            return self._get(key)[0]
        except ObjectChanged:
            return None

    def open(self, stored: StoredObject) -> OpenedObject:
        """Exactly this version; one of many parts is read by a request for each, so that a break costs one part."""
        part = max(PART, -(-stored.size // _MOST_PARTS))
        version = {"VersionId": stored.version_id} if stored.version_id else {}
        condition = {**({"IfMatch": f'"{stored.etag}"'} if stored.etag else {}), **version}
        # What fits into one part is asked for whole: an empty object has no range.
        spans = [f"bytes={start}-{start + part - 1}" for start in range(0, stored.size, part)]
        first, version_id = self._get(
            stored.key, **condition, **({"Range": spans[0]} if len(spans) > 1 else {})
        )
        if version_id:
            # From here on it may be overwritten: a versioned bucket still has it.
            condition["VersionId"] = version_id
        rest = (self._get(stored.key, **condition, Range=span)[0] for span in spans[1:])
        return Opened(version_id, chain([first], rest))

    def _get(self, key: str, **conditions: str) -> tuple[bytes, str | None]:
        """Body and version id of one answer."""

        def get() -> tuple[bytes, str | None]:
            answer = self.client.get_object(Bucket=self.name, Key=self.prefix + key, **conditions)
            version = answer.get("VersionId")
            return bytes(answer["Body"].read()), None if version == "null" else version

        try:
            return _repeated(get, lambda error: not isinstance(error, ClientError))
        except (ClientError, BotoCoreError) as error:
            if code(error) in GONE:
                raise ObjectChanged(f"{key} is not there any more in the version that was listed.") from error
            raise problem(error, self.name, self.prefix) from error

    def create(self, key: str, body: bytes | Iterable[bytes]) -> bool:
        """Write a new object with If-None-Match, in parts if there is more than one; False where the key exists."""
        parts = iter([body] if isinstance(body, bytes) else body)
        first, second = next(parts, b""), next(parts, None)
        try:
            if second is None:
                self._put(key, first)
            elif self._exists(key):
                return False
            else:
                self._upload(key, chain((first, second), parts))
        except (ClientError, BotoCoreError) as error:
            if code(error) in EXISTS or (code(error) == "NoSuchUpload" and self._exists(key)):
                return False
            raise problem(error, self.name, self.prefix) from error
        return True

    def put(self, key: str, body: bytes) -> None:
        """The key holds this from now on, with the type that its name ends in."""
        where = {"Bucket": self.name, "Key": self.prefix + key}
        kind = guess_type(key)[0] or "application/octet-stream"
        try:
            self.client.put_object(**where, Body=body, ContentType=kind, **encryption())
        except (ClientError, BotoCoreError) as error:
            raise problem(error, self.name, self.prefix) from error

    def _put(self, key: str, body: bytes) -> None:
        where = {"Bucket": self.name, "Key": self.prefix + key}
        _repeated(
            lambda: self.client.put_object(**where, Body=body, IfNoneMatch="*", **encryption()),
            _is_conflict,
        )

    def _exists(self, key: str) -> bool:
        try:
            self.client.head_object(Bucket=self.name, Key=self.prefix + key)
        except ClientError as error:
            if code(error) in GONE:
                return False
            raise
        return True

    def _upload(self, key: str, parts: Iterable[bytes]) -> None:
        """All or nothing; of a killed process parts stay behind unseen, until the bucket's own rule drops them."""
        where = {"Bucket": self.name, "Key": self.prefix + key}
        upload = {
            **where,
            "UploadId": self.client.create_multipart_upload(**where, **encryption())["UploadId"],
        }
        try:
            sent = [
                {"PartNumber": number, "ETag": self._sent({**upload, "PartNumber": number}, part)}
                for number, part in enumerate(parts, 1)
            ]
            _repeated(
                lambda: self.client.complete_multipart_upload(
                    **upload, MultipartUpload={"Parts": sent}, IfNoneMatch="*"
                ),
                _is_conflict,
            )
        except BaseException:
            self._abandon(upload)
            raise

    def _sent(self, part: dict[str, Any], body: bytes) -> str:
        return str(_repeated(lambda: self.client.upload_part(**part, Body=body), _is_conflict)["ETag"])

    def _abandon(self, upload: dict[str, str]) -> None:
        try:
            self.client.abort_multipart_upload(**upload)
        except (ClientError, BotoCoreError):
            return  # it is completed, or the server is away: what stopped the upload is what has to be told


def _is_conflict(error: Exception) -> bool:
    return code(error) in CONFLICT


def _repeated(ask: Callable[[], _Answer], is_worth_it: Callable[[Exception], bool]) -> _Answer:
    for attempt in range(1, _ATTEMPTS):
        try:
            return ask()
        except (ClientError, BotoCoreError) as error:
            if not is_worth_it(error):
                raise
            sleep(0.05 * 2**attempt)
    return ask()
