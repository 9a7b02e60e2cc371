"""This room's release of rows: single rows of quarantine are published as they are, because somebody answers for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from pyspark.sql import functions as F

from dataops_platform.core.contract import Table
from dataops_platform.core.near_names import did_you_mean
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Instruction, RowPlace
from dataops_platform.core.verdict import ACCEPTED
from dataops_platform.errors import NoSuchPartition, UnclearRequest
from dataops_platform.layers.quarantine import refuse_unsaid
from dataops_platform.quality.judgement import releasable


def release_rows(
    platform: Platform, table: Table, day: date, places: Sequence[RowPlace], *, by: str, reason: str
) -> list[RowPlace]:
    """These rows of quarantine are due to be published as they are, although they break rules of the contract.

    Rows that were released before are left as they are; a file that lands later makes it void, like any instruction.

    Returns:
        the rows that were not released before.

    Raises:
        NoSuchPartition: a row that is not held, or that is held for more than rules it breaks; nothing was released.
        UnclearRequest: nobody or no reason is named; nothing was released.
    """
    refuse_unsaid({"who decides": bool(by.strip()), "why": bool(reason.strip())})
    fresh = releasable_rows(platform, table, day, places)
    if fresh:
        state = platform.journal.state()
        before = state.instruction("release_rows", table.name, day)
        instruction = Instruction(
            kind="release_rows",
            table=table.name,
            ingestion_date=day,
            inputs=state.of("bronze", table.name)[day].inputs,
            contract_version=table.contract.version,
            by=by,
            reason=reason,
            at=datetime.now(UTC),
            rows=(*(before.rows if before else ()), *fresh),
        )
        platform.journal.instruct([instruction])
    return fresh


def releasable_rows(
    platform: Platform, table: Table, day: date, places: Sequence[RowPlace]
) -> list[RowPlace]:
    """Those of the rows that were not released before, all of which can be.

    Raises:
        NoSuchPartition: a row that is not held, or that is held for more than rules it breaks.
    """
    before = platform.journal.state().instruction("release_rows", table.name, day)
    fresh = [place for place in dict.fromkeys(places) if not before or place not in before.rows]
    held, lifted = (_held(platform, table, day), releasable(table.contract)) if fresh else ({}, frozenset())
    for place in fresh:
        _refuse_unpublishable(table, day, place, held.get(place), lifted)
    return fresh


def places(
    platform: Platform, table: Table, day: date, rows: Sequence[str], *, check: str = ""
) -> list[RowPlace]:
    """The rows that are meant by `FILE:POSITION`, and those held of a date that only break rules, `check` too.

    Raises:
        UnclearRequest: neither is told, a row is not told so, or the table has no such check.
    """
    if not (rows or check):
        raise UnclearRequest("Say which rows: those that break a check, or single ones as FILE:POSITION.")
    if check and check not in table.contract.checks:
        raise UnclearRequest(
            f"{table.name} has no check {check!r}.{did_you_mean(check, table.contract.checks)} "
            f"It has {', '.join(table.contract.checks)}."
        )
    held, lifted = (_held(platform, table, day), releasable(table.contract)) if check else ({}, frozenset())
    broken = [
        place
        for place, told in held.items()
        if any(_check(reason) == check for reason in told) and not _in_the_way(told, lifted)
    ]
    return sorted({*map(_place, rows), *broken})


def _place(row: str) -> RowPlace:
    file, _, position = row.rpartition(":")
    if not (file and position.isdigit()):
        raise UnclearRequest(
            f"{row!r} names no row: write its file and its position with a colon between, as "
            "`dataops quarantine show` tells them, e.g. s3://landing/customers/a.csv:12."
        )
    return RowPlace(file, int(position))


def _held(platform: Platform, table: Table, day: date) -> Mapping[RowPlace, Sequence[str]]:
    frame = platform.lake.frame(f"quarantine/{table.name}", [day])
    if frame is None:
        return {}
    rows = frame.select("_source_object", "_position", F.col("_reasons")).toArrow().to_pylist()
    return {RowPlace(row["_source_object"], row["_position"]): row["_reasons"] for row in rows}


def _refuse_unpublishable(
    table: Table, day: date, place: RowPlace, told: Sequence[str] | None, lifted: frozenset[str]
) -> None:
    where = f"row {place.position} of {place.source_object}"
    if told is None:
        raise NoSuchPartition(
            f"quarantine/{table.name} of {day} does not hold {where}. "
            f"`dataops quarantine show {table.name} {day}` shows what it holds."
        )
    others = _in_the_way(told, lifted)
    if others:
        raise NoSuchPartition(
            f"quarantine/{table.name} of {day}: {where} cannot be published as it is ({', '.join(others)}): only rows "
            "that do nothing but break rules can. Land the corrected file under the same key instead."
        )


def _in_the_way(told: Sequence[str], lifted: frozenset[str]) -> list[str]:
    """The checks that no word of anybody lifts for a row: it has no value, no type, or gave way to another."""
    return sorted({_check(reason) for reason in told if reason not in lifted} - {ACCEPTED})


def _check(reason: str) -> str:
    return reason.split(":", 1)[0]
