"""The registry of AWS Glue: Delta tables as Athena, Redshift, EMR and Spark find them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dataops_platform.core.registry import Known, Registered, Registration
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.aws import problem, reporting_client
from dataops_platform.resources.inventory import LAYERS

if TYPE_CHECKING:
    from dataops_platform.core.inventory import ColumnFacts

#: Names that Athena and Spark can both say without quotes; Glue itself keeps no capitals.
_NAME = re.compile(r"[a-z0-9_]{1,255}")
_LONGEST_COMMENT, _LONGEST_DESCRIPTION = 255, 2048
#: Types of Delta that Hive, whose words Glue speaks, does not know.
_WORDS = {"timestamp_ntz": "timestamp", "variant": "string", "void": "string"}
_LAKE, _REMOVED = "dataops_lake", "dataops_removed_at"
_PREFIX = "dataops_"
#: What Spark writes into the entry of a Delta table. A Hive client refuses an entry without formats, though nobody
#: uses them: the provider says that the log is to be read. Athena asks for the provider and the path:
#: https://docs.aws.amazon.com/athena/latest/ug/delta-lake-tables-syncing-metadata.html
_DELTA = {"EXTERNAL": "TRUE", "spark.sql.sources.provider": "delta", "classification": "delta"}
_FORMATS = {
    "InputFormat": "org.apache.hadoop.mapred.SequenceFileInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
}
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_SAID = ("Description", "Owner", "TableType", "PartitionKeys", "Parameters", "StorageDescriptor")


class GlueRegistry:
    """The databases bronze, silver, quarantine and gold of one account and region, for the tables of one lake."""

    name = "AWS Glue"

    def __init__(self, lake_url: str) -> None:
        if not lake_url.startswith("s3://"):
            raise EnvironmentProblem(
                f"AWS Glue knows tables on S3 only, and the lake is {lake_url!r}. Unset DATAOPS_GLUE, or use a bucket."
            )
        self._lake_url = lake_url.rstrip("/")

    @cached_property
    def _client(self) -> Any:
        return reporting_client("glue")

    def tables(self) -> list[Known]:
        """Whatever these databases hold, others' tables too; see the port."""
        with _told():
            found = [(layer, one) for layer in LAYERS for one in (self._found(layer) or {}).values()]
        return sorted(
            Known(
                f"{layer}/{one['Name']}",
                one.get("StorageDescriptor", {}).get("Location", ""),
                one.get("Parameters", {}).get(_REMOVED, "") if self._is_ours(one) else "",
            )
            for layer, one in found
        )

    def register(self, tables: Sequence[Registration], there: Collection[str], at: datetime) -> Registered:
        """Each of `tables` has its entry; those of this lake that are not `there` are marked; see the port."""
        written: list[str] = []
        removed: list[str] = []
        problems: list[str] = []
        with _told():
            for layer in LAYERS:
                known = self._entries(layer)
                for table in (one for one in tables if one.table.startswith(f"{layer}/")):
                    try:
                        written += [table.table] if self._is_written(layer, table, known) else []
                    except _NotTaken as error:
                        problems.append(str(error))
                gone = [one for one in known.values() if f"{layer}/{one['Name']}" not in there]
                removed += [f"{layer}/{one['Name']}" for one in gone if self._is_marked(layer, one, at)]
        return Registered(tuple(written), tuple(removed), tuple(problems))

    def _entries(self, layer: str) -> dict[str, Any]:
        """What Glue knows of a layer's database, which is there from now on."""
        found = self._found(layer)
        if found is not None:
            return found
        told = {"Name": layer, "Description": f"Tables of the layer {layer} of {self._lake_url}."}
        with suppress(self._client.exceptions.AlreadyExistsException):  # another process was first
            self._client.create_database(DatabaseInput=told)
        return {}

    def _found(self, layer: str) -> dict[str, Any] | None:
        """The entries of a layer's database by name; nothing where there is no such database."""
        pages = self._client.get_paginator("get_tables").paginate(DatabaseName=layer)
        try:
            return {entry["Name"]: entry for page in pages for entry in page["TableList"]}
        except self._client.exceptions.EntityNotFoundException:
            return None

    def _is_written(self, layer: str, table: Registration, known: Mapping[str, Any]) -> bool:
        """Whether the entry had to be written; it is right now.

        Raises:
            _NotTaken: it cannot be written, or is somebody else's.
        """
        told = _entry(table, self._lake_url)
        entry = known.get(told["Name"])
        if not _NAME.fullmatch(told["Name"]):
            raise _NotTaken(
                f"{table.table} has no entry in AWS Glue: its name is not of a-z, 0-9 and _ alone."
            )
        if entry is not None and not self._is_ours(entry):
            raise _NotTaken(
                f"{table.table} has no entry in AWS Glue: there is a table {layer}.{told['Name']} of somebody else. "
                "Rename one of the two, or remove that entry."
            )
        if entry is not None:
            others = {k: v for k, v in entry["Parameters"].items() if not k.startswith(_PREFIX)}
            told["Parameters"] = {**others, **told["Parameters"]}
            if _said(entry) == _said(told):
                return False
        self._put(layer, told, is_new=entry is None)
        return True

    def _is_ours(self, entry: Mapping[str, Any]) -> bool:
        return bool(entry.get("Parameters", {}).get(_LAKE) == self._lake_url)

    def _is_marked(self, layer: str, entry: Mapping[str, Any], at: datetime) -> bool:
        """Whether the entry of a table that is no more had to be marked."""
        if not self._is_ours(entry) or _REMOVED in entry["Parameters"]:
            return False
        told = {name: entry[name] for name in ("Name", *_SAID) if name in entry}
        told["Parameters"] = {**entry["Parameters"], _REMOVED: at.isoformat(timespec="seconds")}
        self._put(layer, told, is_new=False)
        return True

    def _put(self, layer: str, told: Mapping[str, Any], *, is_new: bool) -> None:
        errors = self._client.exceptions
        try:
            if is_new:
                self._client.create_table(DatabaseName=layer, TableInput=told)
            else:  # without the archive, as Glue would keep each of them for ever
                self._client.update_table(DatabaseName=layer, TableInput=told, SkipArchive=True)
        except (
            errors.InvalidInputException,
            errors.AlreadyExistsException,
            errors.EntityNotFoundException,
        ) as error:
            code = error.response["Error"]["Code"]
            raise _NotTaken(
                f"{layer}/{told['Name']} has no entry in AWS Glue, which refused it ({code})."
            ) from None


class _NotTaken(Exception):
    """One table has no entry; all others may have."""


def _entry(table: Registration, lake_url: str) -> dict[str, Any]:
    """The table in Glue's words."""
    partitions = set(table.partitioned_by)
    parameters = {**_DELTA, **table.parameters, _LAKE: lake_url}
    return {
        "Name": table.table.partition("/")[2],
        "Description": _in_a_line(table.description)[:_LONGEST_DESCRIPTION],
        "Owner": table.owner,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [_column(one) for one in table.columns if one.name in partitions],
        "Parameters": {name: value for name, value in parameters.items() if value},
        "StorageDescriptor": {
            "Columns": [_column(one) for one in table.columns if one.name not in partitions],
            "Location": table.location,
            **_FORMATS,
            "SerdeInfo": {
                "SerializationLibrary": _SERDE,
                "Parameters": {"serialization.format": "1", "path": table.location},
            },
        },
    }


def _column(column: ColumnFacts) -> dict[str, str]:
    told = {"Name": column.name.lower(), "Type": _WORDS.get(column.type, column.type)}
    comment = _in_a_line(column.comment)[:_LONGEST_COMMENT]
    return told | ({"Comment": comment} if comment else {})


def _in_a_line(text: str) -> str:
    """Glue takes one line, and what turns writing around has no place in it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of what we say of a table; Glue adds fields of its own."""
    storage = entry["StorageDescriptor"]
    return {name: entry.get(name) for name in _SAID if name != "StorageDescriptor"} | {
        name: storage.get(name) for name in ("Columns", "Location", "SerdeInfo", *_FORMATS)
    }


@contextmanager
def _told() -> Iterator[None]:
    """Whatever else Glue refuses is told in our words."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise problem("glue", error, "The next crawl brings it up to date.") from error
