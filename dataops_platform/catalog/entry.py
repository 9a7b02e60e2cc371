"""This room's entry: one table of the lake as `metadata.json` tells it, from its log and from its contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson

from dataops_platform.catalog.classification import classification
from dataops_platform.catalog.plain_values import plain
from dataops_platform.catalog.rule_changes import words
from dataops_platform.core.contract import ContractColumn, Table
from dataops_platform.core.inventory import ColumnFacts, TableFacts
from dataops_platform.quality.meaning import ABOUT, described, meaning
from dataops_platform.quality.verdicts import check_names

Entry = dict[str, Any]

#: A longer value says no more about a column, and pages and files have to hold it.
LONGEST_VALUE = 200
_LONGEST_COMMENT = 2_000
_FACTS: Entry = {
    "problem": None,
    "created_at": None,
    "altered_at": None,
    "version": None,
    "rows": None,
    "files": None,
    "bytes": None,
    "columns": [],
    "partitioned_by": [],
    "partitions": None,
    "gaps": [],
    "writes": [],
    "properties": {},
    "sample": {"columns": [], "rows": [], "problem": ""},
    "quarantined": [],
}


def unreadable(name: str, url: str, table: Table | None, problem: str) -> Entry:
    """The entry of a table that cannot be read: what its contract says, and the problem."""
    return {**_promised(name, url, table), **_FACTS, "problem": problem}


def described_table(
    name: str,
    url: str,
    table: Table | None,
    facts: TableFacts,
    reasons: Mapping[date, Mapping[str, int]],
) -> Entry:
    """The entry of a table that was looked at."""
    promised = _promised(name, url, table)
    layer = promised["layer"]
    columns = [_column(column, layer, table) for column in facts.columns]
    return {
        **promised,
        "description": promised["description"] or facts.comment[:_LONGEST_COMMENT],
        "problem": None,
        "created_at": _moment(facts.created_at),
        "altered_at": _moment(facts.altered_at),
        "version": facts.version,
        "rows": facts.rows,
        "files": facts.files,
        "bytes": facts.bytes,
        "columns": columns,
        "partitioned_by": list(facts.partitioned_by),
        "partitions": _partitions(facts),
        "gaps": [[day.isoformat() for day in gap] for gap in _gaps(layer, facts)],
        "writes": [{**vars(write), "at": _moment(write.at)} for write in facts.writes],
        "properties": dict(facts.properties),
        "sample": {
            "columns": list(facts.sample.rows[0]) if facts.sample.rows else [],
            "rows": [[cell(value) for value in row.values()] for row in facts.sample.rows],
            "problem": facts.sample.problem,
        },
        "quarantined": [
            {"ingestion_date": day.isoformat(), "reason": reason[:LONGEST_VALUE], "rows": rows}
            for day in sorted(reasons)
            for reason, rows in reasons[day].items()
        ],
    }


def _gaps(layer: str, facts: TableFacts) -> list[tuple[date, date]]:
    """A day of which nothing was held in quarantine is no gap."""
    return [] if layer == "quarantine" else gaps(sorted(facts.dates or ()))


def gaps(dates: Sequence[date]) -> list[tuple[date, date]]:
    """The first and the last day of each stretch of days between the dates of which there is none."""
    a_day = timedelta(days=1)
    return [(before + a_day, after - a_day) for before, after in pairwise(dates) if after - before > a_day]


def cell(value: Any) -> str | None:
    """A value as people read it, cut short where it is long."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    if isinstance(value, list | dict):
        value = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _promised(name: str, url: str, table: Table | None) -> Entry:
    layer, _, short = name.partition("/")
    contract = table.contract if table else None
    return {
        "table": name,
        "layer": layer,
        "name": short,
        "location": f"{url}/{name}",
        "description": contract.description if contract else "",
        "about": ABOUT.get(layer, "") if contract else "",
        "owner": contract.owner if contract else None,
        "contract": _contract(layer, table) if table else None,
        "upstream": _upstream(layer, table) if table else [],
    }


def _upstream(layer: str, table: Table) -> list[str]:
    if layer == "gold":
        return [f"silver/{source}" for source in table.sources]
    return [] if layer == "bronze" else [f"bronze/{table.name}"]


def _contract(layer: str, table: Table) -> Entry:
    contract = table.contract
    names = (*check_names(contract, is_product=table.is_gold), *table.reconciled)
    return {
        "version": contract.version,
        "key": list(contract.key),
        "event_date": contract.event_date,
        "freshness_hours": contract.freshness / timedelta(hours=1),
        "checks": [
            {"name": name, "meaning": meaning(name, table)} for name in names if layer in {"silver", "gold"}
        ],
        "waivers": [
            {"check": one.check, "owner": one.owner, "until": one.until.isoformat(), "reason": one.reason}
            for one in contract.waivers
        ],
    }


def _column(column: ColumnFacts, layer: str, table: Table | None) -> Entry:
    contract = table.contract if table else None
    declared = (
        next((field for field in contract.fields if field.name == column.name), None) if contract else None
    )
    text = described(column.name, contract) if contract else None
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.is_nullable,
        "description": text or column.comment[:_LONGEST_COMMENT],
        "classification": classification(column.name, table),
        "is_key": contract is not None and column.name in contract.key,
        "rules": _rules(declared) if declared and layer in {"silver", "gold"} else [],
    }


def _rules(column: ContractColumn) -> list[str]:
    asked = ["has a value"] if column.is_critical else []
    asked += [f"written as {column.format}"] if column.format else []
    for check in column.checks:
        asked += words({"check": check.name or "rule", **plain(check.statistics or {})})
    return asked


def _partitions(facts: TableFacts) -> Entry | None:
    """Side by side, not one object for each date: a lake has hundreds of thousands."""
    if facts.dates is None:
        return None
    days = sorted(facts.dates)
    return {
        "dates": [day.isoformat() for day in days],
        **{part: [getattr(facts.dates[day], part) for day in days] for part in ("rows", "files", "bytes")},
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
