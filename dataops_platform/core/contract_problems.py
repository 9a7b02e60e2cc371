"""This room's contract problems: what in a contract makes no sense, told while definitions load."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from dataops_platform.core import watching
from dataops_platform.core.rules import Aggregate, Comparison, Reference, Rule
from dataops_platform.core.verdict import usual
from dataops_platform.errors import ContractProblem

if TYPE_CHECKING:
    from dataops_platform.core.contract import Table, TableContract

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_NUMBERS = ("decimal", "integer", "double")
_TIMES = ("date", "timestamp")


def refuse_problems(contract: TableContract) -> None:
    """The contract makes sense.

    Raises:
        ContractProblem: it does not; the message names table and column, check or rule, and what to do.
    """
    _refuse_bad_names(contract)
    _refuse_unknown_columns(contract)
    _refuse_bad_rules(contract)
    _refuse_bad_limits(contract)
    senseless = watching.problem(contract.anomalies, contract.columns)
    if senseless:
        raise ContractProblem(f"Table {contract.name}: its anomalies make no sense: {senseless}.")
    for column in contract.key:
        if contract.columns[column].nullable:
            raise ContractProblem(
                f"Table {contract.name}: key column {column} may be null. Write nullable=False, "
                "or choose a key that every row has."
            )


def _refuse_bad_names(contract: TableContract) -> None:
    if not _NAME.fullmatch(contract.name):
        raise ContractProblem(f"Table name {contract.name!r}: use lower-case letters, digits and _ only.")
    for column in contract.columns:
        if column.startswith("_") or column.lower() in {"ingestion_date", "year", "month"}:
            raise ContractProblem(
                f"Table {contract.name}: column {column} has a name the platform uses itself; rename it."
            )
        if not _COLUMN.fullmatch(column):
            raise ContractProblem(
                f"Table {contract.name}: {column!r} cannot be a column's name in every engine. Use letters, digits "
                "and _ only, and have the file's header say the same."
            )
    alike = Counter(column.lower() for column in contract.columns)
    twice = [column for column in contract.columns if alike[column.lower()] > 1]
    if twice:
        raise ContractProblem(
            f"Table {contract.name}: columns {' and '.join(twice)} differ in case only, which Spark does not see."
        )
    if not contract.key:
        raise ContractProblem(f"Table {contract.name} has no key. Name the columns that identify a row.")


def _refuse_unknown_columns(contract: TableContract) -> None:
    named = {
        "key": contract.key,
        "event_date": (contract.event_date,) if contract.event_date else (),
        "public": contract.public,
        "formats": tuple(contract.formats),
        "partitioned_by": contract.partitioned_by,
    }
    for where, columns in named.items():
        unknown = [column for column in columns if column not in contract.columns]
        if unknown:
            raise ContractProblem(
                f"Table {contract.name}: {where} names {', '.join(unknown)}, which it does not declare. "
                f"Declared are {', '.join(contract.columns)}."
            )


def _refuse_bad_rules(contract: TableContract) -> None:
    kinds = {column.name: column.kind for column in contract.fields}
    for rule in contract.rules:
        unknown = [column for column in rule.columns if column not in kinds]
        problem = f"it names {', '.join(unknown)}, which is not declared" if unknown else rule.problem
        problem = problem or _kind_problem(rule, kinds)
        if problem:
            raise ContractProblem(
                f"Table {contract.name}: the rule {rule.check} cannot be judged: {problem}."
            )
    twice = [name for name, count in Counter(rule.check for rule in contract.rules).items() if count > 1]
    if twice:
        raise ContractProblem(f"Table {contract.name}: there are several rules {', '.join(twice)}; keep one.")


def _kind_problem(rule: Rule, kinds: Mapping[str, str]) -> str | None:
    if isinstance(rule, Aggregate):
        known = _NUMBERS if rule.statistic in {"sum", "mean"} else (*_NUMBERS, *_TIMES)
        if rule.statistic != "distinct" and kinds[rule.column] not in known:
            return f"{rule.column} is a {kinds[rule.column]}, which has no {rule.statistic} to judge"
    if isinstance(rule, Comparison):
        left, right = kinds[rule.left], kinds[rule.right]
        if left != right and not (left in _NUMBERS and right in _NUMBERS):
            return f"{rule.left} is a {left} and {rule.right} a {right}"
    return None


def _refuse_bad_limits(contract: TableContract) -> None:
    waivable = (*contract.checks, *map(usual, contract.refusing))
    named = [("a limit", check, contract.checks) for check in contract.limits]
    named += [("a waiver", waiver.check, waivable) for waiver in contract.waivers]
    for what, check, known in named:
        if check not in known:
            raise ContractProblem(
                f"Table {contract.name}: {what} names the check {check!r}, which it does not have. "
                f"It has {', '.join(known)}."
            )
    for check, limit in contract.limits.items():
        if limit.problem:
            raise ContractProblem(
                f"Table {contract.name}: the limit of {check} makes no sense: {limit.problem}."
            )
    for waiver in contract.waivers:
        if not (waiver.owner and waiver.reason):
            raise ContractProblem(
                f"Table {contract.name}: the waiver of {waiver.check} names no owner or no reason; write both."
            )


def refuse_bad_references(tables: Sequence[Table]) -> None:
    """What the tables' rules refer to is there, is of the same kind, and does not refer back.

    Raises:
        ContractProblem: it is not; the message names table and rule, and what to do.
    """
    sources = {table.name: table.contract for table in tables if not table.is_gold}
    for table in tables:
        for rule in table.contract.references:
            problem = _reference_problem(rule, table, sources)
            if problem:
                raise ContractProblem(
                    f"Table {table.name}: the rule {rule.check} cannot be judged: {problem}."
                )
    try:
        TopologicalSorter(
            {table.name: {rule.table for rule in table.contract.references} for table in tables}
        ).prepare()
    except CycleError as error:
        raise ContractProblem(
            f"Tables {' → '.join(error.args[1])} refer to each other in a circle, so none of them can be judged "
            "first. Remove one of these references."
        ) from None


def _reference_problem(rule: Reference, table: Table, sources: Mapping[str, TableContract]) -> str | None:
    if table.is_gold:
        return "a table that is built from others has no rows to hold back; write it as its reconcile()"
    known = sources.get(rule.table)
    if known is None:
        return f"no file in tables/ declares {rule.table}; it may refer to {', '.join(sorted(sources))}"
    kinds = {column.name: column.kind for column in table.contract.fields}
    keys = {column.name: column.kind for column in known.fields}
    ours, theirs = [kinds[name] for name in rule.columns], [keys[name] for name in known.key]
    if ours != theirs:
        return (
            f"its columns are {', '.join(ours)}, and the key of {rule.table} ({', '.join(known.key)}) is "
            f"{', '.join(theirs)}"
        )
    return None
