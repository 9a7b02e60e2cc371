"""Deletion of objects that can be made anew. No method of stores: what ingests has neither it nor the right to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import singledispatch

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.ports import ObjectStore
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.object_store import S3Store
from dataops_platform.resources.s3_answers import problem

_KEYS_A_REQUEST = 1000


@singledispatch
def drop(store: ObjectStore, keys: Sequence[str]) -> None:
    """These objects are gone, those that were already as well; of a bucket with versions, from what is listed."""
    raise TypeError(f"{type(store).__name__} deletes nothing ({len(keys)} objects)")


@drop.register
def _of_folder(store: FolderStore, keys: Sequence[str]) -> None:
    """Folders that hold nothing any more are gone too."""
    for path in (store.root / key for key in keys):
        path.unlink(missing_ok=True)
        for folder in path.relative_to(store.root).parents[:-1]:
            with suppress(OSError):  # it holds other files
                (store.root / folder).rmdir()


@drop.register
def _of_bucket(store: S3Store, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), _KEYS_A_REQUEST):
        named = [{"Key": store.prefix + key} for key in keys[start : start + _KEYS_A_REQUEST]]
        try:
            answer = store.client.delete_objects(Bucket=store.name, Delete={"Objects": named, "Quiet": True})
        except (ClientError, BotoCoreError) as error:
            raise problem(error, store.name, store.prefix) from error
        if answer.get("Errors"):
            raise EnvironmentProblem(
                f"{len(answer['Errors'])} of {len(named)} objects in s3://{store.name}/{store.prefix} could not be "
                f"deleted ({answer['Errors'][0].get('Code')}). Check that s3:DeleteObject is allowed there."
            )
