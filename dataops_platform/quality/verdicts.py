"""This room's verdicts: counts → what the contract says of each partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dataops_platform.core.contract import ContractColumn, TableContract
from dataops_platform.core.rules import allowance
from dataops_platform.core.verdict import UNIQUE, UNREADABLE, Check, Verdict, present, valid
from dataops_platform.quality.conversion import expectation
from dataops_platform.quality.counts import Counts, value
from dataops_platform.quality.tally import Tally


@dataclass(frozen=True)
class _Finding:
    """What was found of one check.

    Attributes:
        told: what is wrong, in words with numbers.
        measured: what its limit is held against, where that is not `failed` of `judged`.
        fatal: what refuses whatever the limit says.
    """

    name: str
    judged: int
    failed: int
    told: str
    measured: tuple[int, int] | None = None
    fatal: str | None = None


def check_names(contract: TableContract, *, is_product: bool = False) -> tuple[str, ...]:
    """The names of every check of a table, in the order people read them."""
    if not is_product:
        return contract.checks
    # A product's values are computed in their types: only its rules can be broken.
    of_sources = {UNREADABLE, *(valid(f.name) for f in contract.fields if not f.checks)}
    return tuple(name for name in contract.checks if name not in of_sources)


def verdicts(
    contract: TableContract,
    dates: Sequence[date],
    counts: Counts,
    *,
    is_product: bool = False,
    repeated_keys: Iterable[Mapping[str, Any]] = (),
    released: Mapping[date, str] | None = None,
) -> list[Verdict]:
    """One verdict for each date, in order; a date without rows has checks that judged nothing.

    Dates that were `released`, with who did and why, are not refused, and their checks say so.
    A product (gold) has no quarantine: one broken row refuses its snapshot, and so does one of its `repeated_keys`.
    """
    tallies = {day: Tally() for day in dates}
    for group in counts.groups:
        tallies[group.ingestion_date].add(group)
    for (day, column), number in counts.distinct.items():
        tallies[day].distinct[column] = number
    for repeated in repeated_keys:
        tally = tallies[repeated["ingestion_date"]]
        tally.repeated_keys, tally.superseded = repeated["keys"], repeated["superseded"]
    answers = released or {}
    return [
        _verdict(contract, day, tally, is_product=is_product, released=answers.get(day))
        for day, tally in tallies.items()
    ]


def _verdict(
    contract: TableContract, day: date, tally: Tally, *, is_product: bool, released: str | None
) -> Verdict:
    names = check_names(contract, is_product=is_product)
    found = (finding for finding in _findings(contract, day, tally) if finding.name in names)
    checks = tuple(
        _check(contract, finding, answer(contract, finding.name, day, released), is_product=is_product)
        for finding in found
    )
    publishable = tally.rows if is_product else tally.sound
    share = 100 / tally.rows if tally.rows else 0.0
    of_readable = 100 / tally.readable if tally.readable else 0.0
    return Verdict(
        table=contract.name,
        ingestion_date=day,
        rows=tally.rows,
        accepted=0 if any(check.refusal for check in checks) else publishable,
        superseded=tally.superseded,
        checks=checks,
        metrics={
            "row_count": float(tally.rows),
            "duplicate_pct": tally.repeated_keys * share,
            **{f"{f.name}_null_pct": tally.nulls[f.name] * of_readable for f in contract.fields},
        },
    )


def answer(contract: TableContract, check: str, day: date, released: str | None) -> str | None:
    """Who answers for the check not refusing this date, if anybody does."""
    waiver = contract.waiver(check, day)
    if waiver is None:
        return released
    return f"waived by {waiver.owner} until {waiver.until}: {waiver.reason}"


def _check(contract: TableContract, finding: _Finding, answered: str | None, *, is_product: bool) -> Check:
    name, judged, failed = finding.name, finding.judged, finding.failed
    limit = contract.limit(name, is_product=is_product)
    amount, of = finding.measured or (failed, judged)
    refusal, warning = finding.fatal, None
    if refusal is None and limit.refuses(amount, of):
        refusal = f"{finding.told} ({amount / of:.1%}, allowed {allowance(limit.fail)})"
    if refusal is None and limit.warns(amount, of):
        warning = finding.told
    if refusal and answered:
        return Check(name, judged, failed, warning=refusal, waiver=answered)
    return Check(name, judged, failed, refusal, warning)


def _findings(contract: TableContract, day: date, tally: Tally) -> Iterator[_Finding]:
    unreadable = f"{tally.unreadable} of {tally.rows} rows could not be read"
    yield _Finding(UNREADABLE, tally.rows, tally.unreadable, unreadable)
    for column in contract.critical:
        yield _presence(column, tally)
    for field in contract.fields:
        if valid(field.name) in contract.checks:
            yield _validity(field, tally)
    for rule in contract.row_rules:
        broken = tally.broken[rule.check]
        told = f"{rule.meaning} is broken in {broken} of {tally.readable} rows"
        yield _Finding(rule.check, tally.readable, broken, told)
    keys, key = tally.repeated_keys, ", ".join(contract.key)
    occur = f"1 key ({key}) occurs" if keys == 1 else f"{keys} keys ({key}) occur"
    told = f"{occur} more than once in {tally.rows} rows"
    yield _Finding(UNIQUE, tally.readable, tally.superseded, told, (keys, tally.rows))
    yield from _aggregates(contract, day, tally)


def _presence(column: str, tally: Tally) -> _Finding:
    nulls, rows = tally.nulls[column], tally.readable
    lacking = sorted(file for file, absent in tally.files.items() if column in absent)
    fatal = f"{lacking[0]} has no column {column}, which every row needs" if lacking else None
    return _Finding(present(column), rows, nulls, f"{column} is null in {nulls} of {rows} rows", fatal=fatal)


def _validity(field: ContractColumn, tally: Tally) -> _Finding:
    column, name = field.name, valid(field.name)
    values, broken = tally.readable - tally.nulls[column], tally.broken[name]
    reason = f"{name}: {expectation(field)}"
    unusable = sorted(
        file
        for file, rows in tally.file_rows.items()
        if tally.reasons[file, reason]
        and tally.reasons[file, reason] == rows - tally.file_nulls[file, column]
    )
    fatal = None
    if unusable and field.kind != "text":
        fatal = f"no value of {column} in {unusable[0]} converts: each {expectation(field)}"
    told = f"{broken} of {values} values of {column} do not convert or break a rule"
    return _Finding(name, values, broken, told, fatal=fatal)


def _aggregates(contract: TableContract, day: date, tally: Tally) -> Iterator[_Finding]:
    for rule in contract.aggregates:
        is_distinct = rule.statistic == "distinct"
        found = tally.distinct.get(rule.column) if is_distinct else value(rule, tally.sound_groups)
        if found is None:
            yield _Finding(rule.check, 0, 0, "")
            continue
        holds = rule.holds(found, day)
        told = f"{rule.statistic} of {rule.column} is {found} in {tally.sound} rows, not {rule.bounds}"
        fatal = None if holds or not rule.refuses else told
        yield _Finding(rule.check, tally.sound, 0 if holds else 1, told, fatal=fatal)
