"""This room's verdicts: counts → what the contract says of each partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dataops_platform.core.contract import TableContract
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, Check, Verdict, present, valid
from dataops_platform.quality.conversion import expectation
from dataops_platform.quality.judgement import Alike


@dataclass
class _Partition:
    rows: int = 0
    sound: int = 0
    nulls: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    file_rows: Counter[str] = field(default_factory=Counter)
    file_nulls: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated_keys: int = 0
    superseded: int = 0

    @property
    def unreadable(self) -> int:
        return self.broken[UNREADABLE]

    @property
    def readable(self) -> int:
        return self.rows - self.unreadable


def check_names(contract: TableContract, *, is_product: bool = False) -> tuple[str, ...]:
    """The names of every check of a table, in the order people read them."""
    names = [UNREADABLE, *map(present, contract.critical), *map(valid, _validated(contract)), UNIQUE]
    # A product's values are computed in their types: only its rules can be broken.
    return tuple(name for name in names if not is_product or name not in _only_of_sources(contract))


def _only_of_sources(contract: TableContract) -> set[str]:
    return {UNREADABLE, *(valid(f.name) for f in contract.fields if not f.checks)}


def verdicts(
    contract: TableContract,
    dates: Sequence[date],
    counts: Iterable[Alike],
    *,
    is_product: bool = False,
    repeated_keys: Iterable[Mapping[str, Any]] = (),
) -> list[Verdict]:
    """One verdict for each date, in order; a date without rows has checks that judged nothing.

    A product (gold) has no quarantine: one broken row refuses its snapshot, and so does one of its `repeated_keys`.
    """
    partitions = {day: _Partition() for day in dates}
    for group in counts:
        _add(partitions[group.ingestion_date], group)
    for repeated in repeated_keys:
        partition = partitions[repeated["ingestion_date"]]
        partition.repeated_keys, partition.superseded = repeated["keys"], repeated["superseded"]
    found = [_verdict(contract, day, partition) for day, partition in partitions.items()]
    return [_strict(verdict, contract) for verdict in found] if is_product else found


def _strict(verdict: Verdict, contract: TableContract) -> Verdict:
    checks = tuple(
        replace(
            check, refusal=check.refusal or f"{check.name} fails for {check.failed} of {check.judged} rows"
        )
        if check.failed
        else check
        for check in verdict.checks
        if check.name not in _only_of_sources(contract)
    )
    refused = any(check.refusal for check in checks)
    return replace(verdict, checks=checks, accepted=0 if refused else verdict.rows)


def _add(partition: _Partition, group: Alike) -> None:
    rows, file = group.rows, group.source_object
    partition.rows += rows
    partition.sound += 0 if group.reasons else rows
    partition.repeated_keys += rows if group.latest else 0
    broken = {reason.split(":", 1)[0] for reason in group.reasons}
    for check in broken:
        partition.broken[check] += rows
    partition.superseded = partition.broken[UNIQUE]
    for reason in group.reasons:
        partition.reasons[file, reason] += rows
    for column in group.nulls:
        partition.nulls[column] += rows
        partition.file_nulls[file, column] += rows
    if UNREADABLE not in broken:
        partition.file_rows[file] += rows
        partition.files[file] = group.absent


def _verdict(contract: TableContract, day: date, partition: _Partition) -> Verdict:
    checks = (
        Check(UNREADABLE, partition.rows, partition.unreadable),
        *(_presence(contract, column, partition) for column in contract.critical),
        *(_validity(contract, name, partition) for name in _validated(contract)),
        _uniqueness(contract, partition),
    )
    refused = any(check.refusal for check in checks)
    share = 100 / partition.rows if partition.rows else 0.0
    of_readable = 100 / partition.readable if partition.readable else 0.0
    metrics = {
        "row_count": float(partition.rows),
        "duplicate_pct": partition.repeated_keys * share,
        **{f"{f.name}_null_pct": partition.nulls[f.name] * of_readable for f in contract.fields},
    }
    return Verdict(
        table=contract.name,
        ingestion_date=day,
        rows=partition.rows,
        accepted=0 if refused else partition.sound,
        superseded=partition.superseded,
        checks=checks,
        metrics=metrics,
    )


def _validated(contract: TableContract) -> list[str]:
    return [f.name for f in contract.fields if f.kind != "text" or f.checks]


def _presence(contract: TableContract, column: str, partition: _Partition) -> Check:
    limit = contract.thresholds
    nulls, rows = partition.nulls[column], partition.readable
    lacking = sorted(file for file, absent in partition.files.items() if column in absent)
    refusal = None
    if lacking:
        refusal = f"{lacking[0]} has no column {column}, which every row needs"
    elif rows > limit.null_ratio_needs_rows and nulls / rows > limit.max_null_ratio:
        refusal = f"{column} is null in {nulls} of {rows} rows ({nulls / rows:.1%}, allowed {limit.max_null_ratio:.0%})"
    return Check(present(column), rows, nulls, refusal)


def _validity(contract: TableContract, column: str, partition: _Partition) -> Check:
    found = next(f for f in contract.fields if f.name == column)
    values = partition.readable - partition.nulls[column]
    reason = f"{valid(column)}: {expectation(found)}"
    unusable = sorted(
        file
        for file, rows in partition.file_rows.items()
        if partition.reasons[file, reason]
        and partition.reasons[file, reason] == rows - partition.file_nulls[file, column]
    )
    refusal = None
    if unusable and found.kind != "text":
        refusal = f"no value of {column} in {unusable[0]} converts: each {expectation(found)}"
    return Check(valid(column), values, partition.broken[valid(column)], refusal)


def _uniqueness(contract: TableContract, partition: _Partition) -> Check:
    limit = contract.thresholds.max_duplicate_ratio
    refusal = None
    if partition.rows and partition.repeated_keys / partition.rows > limit:
        share = partition.repeated_keys / partition.rows
        refusal = (
            f"{partition.repeated_keys} keys ({', '.join(contract.key)}) occur more than once in "
            f"{partition.rows} rows ({share:.1%}, allowed {limit:.0%})"
        )
    return Check(UNIQUE, partition.readable, partition.superseded, refusal)
