"""This file holds the catalogs of the emulated workspace: the few statements by which tables are registered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

_TEXT = r"'((?:[^'\\]|\\.)*)'"
_NAME = r"((?:`\w+`\.?)+)"
_SCHEMA = re.compile(rf"CREATE SCHEMA IF NOT EXISTS {_NAME} COMMENT {_TEXT}")
_TABLE = re.compile(rf"CREATE TABLE IF NOT EXISTS {_NAME} USING DELTA LOCATION {_TEXT} COMMENT {_TEXT}")
_TABLE_TAGS = re.compile(rf"ALTER TABLE {_NAME} SET TAGS \((.*)\)")
_COLUMN_TAGS = re.compile(rf"ALTER TABLE {_NAME} ALTER COLUMN `(\w+)` SET TAGS \((.*)\)")
_TAG = re.compile(rf"{_TEXT} = {_TEXT}")


class Refused(Exception):
    """The statement cannot be done; the message is Databricks' error code and words."""


@dataclass
class Named:
    """A table that is registered."""

    location: str
    comment: str
    tags: dict[str, str] = field(default_factory=dict)
    column_tags: dict[str, dict[str, str]] = field(default_factory=dict)


class Catalogs:
    """Schemas and tables by their whole names; the catalog `main` is there from the beginning.

    Attributes:
        slow: how many statements more are told to be pending at first, as by a warehouse that has to start.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, str] = {}
        self.tables: dict[str, Named] = {}
        self.slow = 0
        self._known = {"main"}
        self._numbers = count(1)
        self._answers: dict[str, dict[str, Any]] = {}

    def execute(self, statement: str) -> dict[str, Any]:
        """What `sql/statements` answers."""
        number = f"statement-{next(self._numbers)}"
        try:
            self._do(statement)
            status: dict[str, Any] = {"state": "SUCCEEDED"}
        except Refused as refused:
            status = {"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": str(refused)}}
        self._answers[number] = {"statement_id": number, "status": status}
        if self.slow:
            self.slow -= 1
            return {"statement_id": number, "status": {"state": "PENDING"}}
        return self._answers[number]

    def answer(self, number: str) -> dict[str, Any]:
        """What became of a statement."""
        return self._answers[number]

    def _do(self, statement: str) -> None:
        if found := _SCHEMA.fullmatch(statement):
            name = _plain(found[1])
            if name.partition(".")[0] not in self._known:
                raise Refused(
                    f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{name.partition('.')[0]}' was not found."
                )
            self.schemas.setdefault(name, _read(found[2]))
        elif found := _TABLE.fullmatch(statement):
            location = _read(found[2])
            if not location.startswith("s3:") and not (Path(location) / "_delta_log").is_dir():
                raise Refused(f"[DELTA_TABLE_NOT_FOUND] There is no Delta table at {location}.")
            self.tables.setdefault(_plain(found[1]), Named(location, _read(found[3])))
        elif found := _TABLE_TAGS.fullmatch(statement):
            self.tables[_plain(found[1])].tags |= _tags(found[2])
        elif found := _COLUMN_TAGS.fullmatch(statement):
            self.tables[_plain(found[1])].column_tags.setdefault(found[2], {}).update(_tags(found[3]))
        else:
            raise Refused("[PARSE_SYNTAX_ERROR] Syntax error.")


def _plain(name: str) -> str:
    return name.replace("`", "")


def _read(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _tags(text: str) -> dict[str, str]:
    return {_read(found[1]): _read(found[2]) for found in _TAG.finditer(text)}
