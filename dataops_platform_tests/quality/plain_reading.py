"""This file holds a plain reading of a contract: landed rows → what becomes of them, one by one and without an engine.

It shares no code with the judgement, only the contract: where the two disagree, one is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataops_platform.core.contract import ContractColumn, TableContract
from dataops_platform_tests.quality.plain_values import keeps, value_of

Row = Mapping[str, Any]

_UNREADABLE = "row_is_readable: the line or file could not be read"
_SUPERSEDED = "key_is_unique: a later row of this date has the same key"
_REFUSED = "partition_is_accepted: the partition as a whole was refused"
_PROVENANCE = ("_rescued", "_source_object", "_position", "_ingested_at", "ingestion_date")
_EXPECTED = {
    "date": "is no date written as yyyy-MM-dd",
    "timestamp": "is no timestamp written as yyyy-MM-dd HH:mm:ss",
    "integer": "is no whole number",
    "double": "is no number",
    "boolean": "is neither true nor false",
}


@dataclass(frozen=True)
class Outcome:
    """What becomes of the rows of one ingestion date.

    Attributes:
        checks: of each check how many rows it judged, how many failed, and whether it refuses the date.
        silver: typed rows.
        quarantine: rows as they landed, each with its reasons.
    """

    rows: int
    accepted: int
    superseded: int
    checks: Mapping[str, tuple[int, int, bool]]
    silver: Sequence[Row]
    quarantine: Sequence[Row]


@dataclass(frozen=True)
class _Judged:
    row: Row
    values: Mapping[str, Any]
    reasons: set[str]

    @property
    def is_readable(self) -> bool:
        return self.row["_corrupt_record"] is None

    @property
    def broken(self) -> set[str]:
        return {reason.split(":")[0] for reason in self.reasons}


def outcome(contract: TableContract, rows: Iterable[Row]) -> Outcome:
    """What becomes of these rows, all of one ingestion date."""
    judged = [_judged(contract, row) for row in rows]
    repeated = _supersede(contract, judged)
    checks = _checks(contract, judged, repeated)
    refused = any(refuses for _, _, refuses in checks.values())
    sound = [] if refused else [each for each in judged if not each.reasons]
    others = judged if refused else [each for each in judged if each.reasons]
    return Outcome(
        rows=len(judged),
        accepted=len(sound),
        superseded=sum(_SUPERSEDED in each.reasons for each in judged),
        checks=checks,
        silver=[_published(contract, each) for each in sound],
        quarantine=[_rejected(contract, each, {_REFUSED} if refused else set()) for each in others],
    )


def _judged(contract: TableContract, row: Row) -> _Judged:
    if row["_corrupt_record"] is not None:
        return _Judged(row, dict.fromkeys(contract.columns), {_UNREADABLE})
    values = {field.name: value_of(field, row[field.name]) for field in contract.fields}
    reasons = set()
    for field in contract.fields:
        text, value = row[field.name], values[field.name]
        if text is None and field.is_critical:
            reasons.add(f"{field.name}_is_present: no value in a critical column")
        if text is not None and value is None:
            reasons.add(_unconverted(field))
        if value is not None:
            broken = (check.error for check in field.checks if not keeps(value, check))
            reasons |= {f"{field.name}_is_valid: breaks {error}" for error in broken}
    return _Judged(row, values, reasons)


def _supersede(contract: TableContract, judged: Iterable[_Judged]) -> int:
    """All but the last landed row of a key are told that they are superseded; how many keys occur more than once."""
    by_key = defaultdict(list)
    for each in judged:
        key = tuple(each.values[column] for column in contract.key)
        if None not in key:
            by_key[key].append(each)
    for same in by_key.values():
        same.sort(
            key=lambda each: tuple(each.row[c] for c in ("_ingested_at", "_source_object", "_position"))
        )
        for earlier in same[:-1]:
            earlier.reasons.add(_SUPERSEDED)
    return sum(len(same) > 1 for same in by_key.values())


def _checks(
    contract: TableContract, judged: Sequence[_Judged], repeated: int
) -> dict[str, tuple[int, int, bool]]:
    readable = [each for each in judged if each.is_readable]
    failed = Counter(check for each in judged for check in each.broken)
    limit, rows = contract.thresholds, len(readable)
    checks = {"row_is_readable": (len(judged), len(judged) - rows, False)}
    for column in contract.critical:
        nulls = failed[f"{column}_is_present"]
        is_absent = any(column in (each.row["_absent"] or "").split("\n") for each in readable)
        too_many = rows > limit.null_ratio_needs_rows and nulls / rows > limit.max_null_ratio
        checks[f"{column}_is_present"] = rows, nulls, is_absent or too_many
    for field in contract.fields:
        if field.kind != "text" or field.checks:
            given = sum(each.row[field.name] is not None for each in readable)
            name = f"{field.name}_is_valid"
            checks[name] = given, failed[name], _is_unusable(field, readable)
    too_many = bool(judged) and repeated / len(judged) > limit.max_duplicate_ratio
    checks["key_is_unique"] = rows, failed["key_is_unique"], too_many
    return checks


def _is_unusable(field: ContractColumn, readable: Iterable[_Judged]) -> bool:
    """Whether a file has values of the column, and none that converts."""
    converts = defaultdict(list)
    for each in readable:
        if each.row[field.name] is not None:
            converts[each.row["_source_object"]].append(each.values[field.name] is not None)
    return any(not any(of_file) for of_file in converts.values())


def _published(contract: TableContract, judged: _Judged) -> Row:
    day = judged.values[contract.event_date] if contract.event_date else None
    derived = {"year": day and day.year, "month": day and day.month} if contract.event_date else {}
    return {**judged.values, **derived, **{name: judged.row[name] for name in _PROVENANCE}}


def _rejected(contract: TableContract, judged: _Judged, also: set[str]) -> Row:
    landed = {name: judged.row[name] for name in (*contract.columns, "_corrupt_record", *_PROVENANCE)}
    return {**landed, "_reasons": sorted(judged.reasons | also), "_contract_version": contract.version}


def _unconverted(field: ContractColumn) -> str:
    if field.format:
        written = f"is no {field.kind} written as {field.format}"
    elif field.kind == "decimal":
        written = f"is no number with at most {field.scale} decimals"
    else:
        written = _EXPECTED[field.kind]
    return f"{field.name}_is_valid: {written}"
