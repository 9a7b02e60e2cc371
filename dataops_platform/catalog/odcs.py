"""This room's export: a contract as the Open Data Contract Standard writes it, the same bytes for the same contract.

What the standard has words for is said in them. Everything else that is judged stands beside it, in the contract's own
words: under `customProperties`, or as the `implementation` of a quality rule. No change leaves the export as it was.
"""

from __future__ import annotations

from typing import Any

import yaml

from dataops_platform.catalog.plain_values import ExportDumper, ExportLoader, OneLine, duration, plain
from dataops_platform.core.alerting import USUALLY
from dataops_platform.core.arrivals import DAILY
from dataops_platform.core.contract import ContractColumn, Table, TableContract
from dataops_platform.core.rules import Limit
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, present, valid

#: How every export begins; a file without it is somebody else's.
MARK = "# Written by `dataops contracts export`."
_HEADER = f"{MARK} To change it, change the table's file in dataops_platform/tables/."

Document = dict[str, Any]

_LOGICAL_TYPES = {
    "text": "string",
    "date": "date",
    "timestamp": "timestamp",
    "decimal": "number",
    "integer": "integer",
    "double": "number",
    "boolean": "boolean",
}
_INGESTION_DATE = {
    "name": "ingestion_date",
    "logicalType": "date",
    "physicalType": "date",
    "description": "UTC date on which the row landed, or as of which it was built.",
    "required": True,
    "classification": "public",
    "partitioned": True,
    "partitionKeyPosition": 1,
}
_ONE_LINE = 1 << 20  # a text that is folded shows more lines in a diff than were changed


def written(table: Table) -> str:
    """The export of a table's contract, as its file holds it."""
    body = yaml.dump(
        document(table), Dumper=ExportDumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE
    )
    return f"{_HEADER}\n{body}"


def read(text: str) -> Document:
    """The document that `written` made the text of, its numbers exact.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(text, ExportLoader)  # type: ignore[no-any-return]  # noqa: S506  # a safe loader with decimals


def document(table: Table) -> Document:
    """The contract of a table in the words of the standard, version 3.2."""
    contract = table.contract
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": contract.name,
        "name": contract.name,
        "version": contract.version,
        "status": "active",
        "description": {"purpose": contract.description},
        "team": {"name": contract.owner},
        "schema": [_schema(table)],
        "slaProperties": [_freshness(contract)],
    }


def _schema(table: Table) -> Document:
    contract = table.contract
    own: Document = {
        "eventDate": contract.event_date,
        "nullValues": plain(contract.null_values),
        "encoding": contract.encoding,
        "waivers": [OneLine(plain(waiver)) for waiver in contract.waivers],
    }
    if contract.arrivals != DAILY:
        own["arrivals"] = OneLine(plain(contract.arrivals))
    if contract.anomalies:
        own["anomalies"] = OneLine(plain(contract.anomalies))
    if contract.alerts != USUALLY:
        own["alerts"] = OneLine(plain(contract.alerts))
    return {
        "name": contract.name,
        "physicalName": f"{table.layer}/{contract.name}",
        "logicalType": "object",
        "physicalType": "table",
        "properties": [*(_column(table, column) for column in contract.fields), _INGESTION_DATE],
        "quality": _table_checks(table),
        "customProperties": _properties(**own),
    }


def _column(table: Table, column: ContractColumn) -> Document:
    contract = table.contract
    partitions = ("ingestion_date", *contract.partitioned_by)
    told = {
        "name": column.name,
        "logicalType": _LOGICAL_TYPES[column.kind],
        "logicalTypeOptions": {"format": column.format} if column.format else None,
        "physicalType": column.spark_type,
        "description": column.description or None,
        "required": column.is_critical,
        "classification": "public" if column.is_public else "restricted",
        **_position("primaryKey", "primaryKeyPosition", column.name, contract.key),
        **_position("partitioned", "partitionKeyPosition", column.name, partitions),
        "quality": _column_checks(table, column) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _position(is_one: str, nth: str, column: str, columns: tuple[str, ...]) -> Document:
    return {is_one: True, nth: columns.index(column) + 1} if column in columns else {}


def _column_checks(table: Table, column: ContractColumn) -> list[Document]:
    found = []
    if column.is_critical:
        nulls = {"metric": "nullValues", **_most(_limit(table, present(column.name)))}
        found.append(_check(table, present(column.name), type="library", **nulls))
    if column.checks:
        rules = [OneLine(check=check.name, **plain(check.statistics or {})) for check in column.checks]
        how = {"type": "custom", "engine": "pandera", "implementation": {"checks": rules}}
        found.append(_check(table, valid(column.name), **how))
    elif column.kind != "text" and not table.is_gold:  # what a gold table computes has its type already
        text = f"Every value converts to {column.spark_type}."
        found.append(_check(table, valid(column.name), type="text", description=text))
    return found


def _table_checks(table: Table) -> list[Document]:
    contract, found = table.contract, []
    if not table.is_gold:
        text = "Every line of every file can be read."
        found.append(_check(table, UNREADABLE, type="text", description=text))
    keys = {
        "description": f"Each {' + '.join(contract.key)} occurs once in an ingestion date.",
        "metric": "duplicateValues",
        "arguments": {"properties": list(contract.key)},
    }
    found.append(_check(table, UNIQUE, type="library", **keys, **_most(_limit(table, UNIQUE))))
    for rule in contract.rules:
        told = OneLine(rule=type(rule).__name__, **plain(rule))
        how = {"type": "custom", "description": rule.meaning, "engine": "dataops", "implementation": told}
        found.append(_check(table, rule.check, **how))
    for name in table.reconciled:
        text = f"{name.replace('_', ' ')}, as the table's reconcile() counts it.".capitalize()
        found.append(_check(table, name, type="text", description=text))
    return found


def _check(table: Table, name: str, **told: Any) -> Document:
    return {"name": name, **told, "customProperties": _properties(limit=OneLine(plain(_limit(table, name))))}


def _limit(table: Table, check: str) -> Limit:
    return table.contract.limit(check, is_product=table.is_gold)


def _most(limit: Limit) -> Document:
    """What refuses the ingestion date, as the standard compares it."""
    if isinstance(limit.fail, float):
        return {"mustBeLessOrEqualTo": (plain(limit.fail) * 100).normalize(), "unit": "percent"}
    if limit.fail is None:
        return {"mustBeLessOrEqualTo": 100, "unit": "percent"}
    return {"mustBeLessOrEqualTo": limit.fail, "unit": "rows"}


def _properties(**told: Any) -> list[Document]:
    return [{"property": name, "value": value} for name, value in told.items()]


def _freshness(contract: TableContract) -> Document:
    return {
        "property": "freshness",
        **duration(contract.freshness),
        "element": f"{contract.name}.ingestion_date",
        "description": "How old the newest ingestion date may get before the table counts as late.",
    }
