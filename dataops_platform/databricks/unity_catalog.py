"""Unity Catalog as a registry: tables of the lake by three-part names, as external Delta tables.

Only what Unity Catalog keeps by itself is told: a name, a comment at creation, and tags. `COMMENT ON` and `ALTER …
COMMENT` would commit to a table's Delta log, which has one writer, and that is not Databricks: comments of columns are
in the log, where the platform puts them and keeps them up to date.
https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-create-table-using
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.sql import StatementState, StatementStatus

from dataops_platform.core.registry import Known, Registered, Registration
from dataops_platform.databricks.client import answered
from dataops_platform.databricks.unity_tables import UnityTables
from dataops_platform.errors import EnvironmentProblem, Unreachable

_NAME = re.compile(r"[A-Za-z0-9_]+")
#: Bronze and quarantine, with rows as they landed, get no names.
_PUBLISHED = ("silver/", "gold/")
_WAITING = {StatementState.PENDING, StatementState.RUNNING}
#: How often a statement is looked at after its first half minute: a warehouse that was stopped takes minutes to start.
_LOOKS = 60


class UnityCatalog:
    """One catalog of a workspace, asked by one of its SQL warehouses."""

    name = UnityTables.name

    def __init__(self, client: WorkspaceClient, catalog: str, warehouse: str, *, pause: float = 5.0) -> None:
        self._client = client
        self._catalog = catalog
        self._warehouse = warehouse
        self._pause = pause

    def register(
        self,
        tables: Sequence[Registration],
        there: Collection[str],  # noqa: ARG002  # the port: see below
        at: datetime,  # noqa: ARG002  # likewise
    ) -> Registered:
        """The catalog shows those of `tables` that people read; see the port.

        Tags are brought up to date each time, a comment is given once. A name whose table is no more is left as it is:
        reading it fails, and says so.
        """
        published = [table for table in tables if table.table.startswith(_PUBLISHED)]
        for table in published:
            self._register(table)
        return Registered(tuple(table.table for table in published))

    def tables(self) -> list[Known]:
        """Whatever the schemas of published tables hold, others' tables too; see the port."""
        return listed(self._client, self._catalog)

    def full_name(self, table: str) -> str:
        """The whole name of `<layer>/<name>`."""
        return ".".join((self._catalog, *table.split("/")))

    def _register(self, table: Registration) -> None:
        layer, _, name = table.table.partition("/")
        schema = f"{_identifier(self._catalog)}.{_identifier(layer)}"
        whole, said = f"{schema}.{_identifier(name)}", self.full_name(table.table)
        self._run(said, f"CREATE SCHEMA IF NOT EXISTS {schema} COMMENT {_text(table.about_layer)}")
        self._run(
            said,
            f"CREATE TABLE IF NOT EXISTS {whole} USING DELTA LOCATION {_text(table.location)} "
            f"COMMENT {_text(table.description)}",
        )
        self._run(said, f"ALTER TABLE {whole} SET TAGS ({_tags(_told(table))})")
        for column, kind in table.classes.items():
            tags = _tags({"classification": kind})
            self._run(said, f"ALTER TABLE {whole} ALTER COLUMN {_identifier(column)} SET TAGS ({tags})")

    def _run(self, name: str, statement: str) -> None:
        with answered(f"register {name}"):
            sent = self._client.statement_execution.execute_statement(
                statement, self._warehouse, wait_timeout="30s"
            )
            status, looks = sent.status, 0
            while status is not None and status.state in _WAITING and looks < _LOOKS:
                time.sleep(self._pause)
                looks += 1
                status = self._client.statement_execution.get_statement(sent.statement_id or "").status
        _require_success(name, status)


def listed(client: WorkspaceClient, catalog: str) -> list[Known]:
    """Whatever the schemas of published tables hold in that catalog."""
    found: list[Known] = []
    for layer in (one.rstrip("/") for one in _PUBLISHED):
        with answered(f"list the tables of {catalog}.{layer}"), suppress(NotFound):
            named = client.tables.list(catalog, layer)
            found += [Known(f"{layer}/{one.name}", one.storage_location or "") for one in named]
    return sorted(found)


def _require_success(name: str, status: StatementStatus | None) -> None:
    state = status.state if status is not None else None
    if state in {StatementState.SUCCEEDED, StatementState.CLOSED}:
        return
    if state is None or state in _WAITING:
        raise Unreachable(
            f"Databricks did not register {name}: its warehouse has not answered. Try again later."
        )
    error = status.error if status is not None else None
    code = error.error_code.value if error is not None and error.error_code is not None else state.value
    # Its words are of names and places; no statement of ours holds a row.
    said = f" {error.message.splitlines()[0]}" if error is not None and error.message else ""
    raise EnvironmentProblem(
        f"Databricks did not register {name}: {code}.{said} Check that the catalog is there, and that an external "
        "location covers the lake (CREATE EXTERNAL TABLE on it)."
    )


def _told(table: Registration) -> dict[str, str]:
    return {
        "owner": table.owner,
        "contract_version": table.parameters.get("dataops_contract_version", ""),
    }


def _identifier(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise EnvironmentProblem(
            f"{name!r} cannot be part of a table's name in Unity Catalog: use letters, digits and _."
        )
    return f"`{name}`"


def _text(value: str) -> str:
    """The value as a literal of Databricks SQL; statements that define something take no parameters."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{_text(name)} = {_text(value)}" for name, value in tags.items())
