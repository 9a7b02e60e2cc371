"""This room's quarantine: what is held there and why, and how people get it out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from pyspark.sql import functions as F

from dataops_platform.core.contract import Table
from dataops_platform.core.near_names import did_you_mean
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Instruction
from dataops_platform.errors import NoSuchPartition, UnclearRequest
from dataops_platform.layers.due import due_for_silver


@dataclass(frozen=True)
class Reason:
    """Why rows of one date are held, how many, and when the first and the last of them landed."""

    text: str
    rows: int
    first_landed: datetime
    last_landed: datetime


@dataclass(frozen=True)
class Held:
    """What quarantine holds of one ingestion date of one table.

    Attributes:
        refused: the refusal's message, or empty where only single rows are held.
        released_by: who lifted the refusal, or None.
        is_current: whether today's contract judged it; otherwise `replay` can.
    """

    table: str
    ingestion_date: date
    rows: int
    refused: str
    released_by: str | None
    is_current: bool
    reasons: tuple[Reason, ...]


def held(platform: Platform, table: Table) -> list[Held]:
    """What is held of a table, by date; dates judged by an older contract are listed even if they hold nothing."""
    state, name = platform.journal.state(), f"quarantine/{table.name}"
    facts = {day: found.rows for day, found in platform.lake.partitions(name).items() if found.rows}
    reasons = _reasons(platform, name, sorted(facts))
    found = []
    for day, entry in sorted(state.of("silver", table.name).items()):
        is_current = entry.contract_version == table.contract.version
        if facts.get(day) or not is_current:
            release = state.instruction("release", table.name, day)
            found.append(
                Held(
                    table=table.name,
                    ingestion_date=day,
                    rows=facts.get(day, 0),
                    refused=entry.message,
                    released_by=release.by if release else None,
                    is_current=is_current,
                    reasons=tuple(reasons.get(day, ())),
                )
            )
    return found


def _reasons(platform: Platform, name: str, dates: Sequence[date]) -> dict[date, list[Reason]]:
    frame = platform.lake.frame(name, dates) if dates else None
    if frame is None:
        return {}
    each = frame.select("ingestion_date", F.explode("_reasons").alias("reason"), "_ingested_at")
    counted = each.groupBy("ingestion_date", "reason").agg(
        F.count(F.lit(1)).alias("rows"),
        F.min("_ingested_at").alias("first"),
        F.max("_ingested_at").alias("last"),
    )
    found: dict[date, list[Reason]] = {}
    for row in sorted(counted.toArrow().to_pylist(), key=lambda row: (-row["rows"], row["reason"])):
        reason = Reason(row["reason"], row["rows"], row["first"], row["last"])
        found.setdefault(row["ingestion_date"], []).append(reason)
    return found


def rows(
    platform: Platform, table: Table, day: date, *, check: str | None, most: int
) -> list[dict[str, Any]]:
    """Rows held of one date as they landed, in order of file and position; those that break `check` if it is named.

    Raises:
        NoSuchPartition: nothing is held of that date, or no row that breaks the check.
    """
    name = f"quarantine/{table.name}"
    facts = platform.lake.partitions(name).get(day)
    frame = platform.lake.frame(name, [day]) if facts is not None and facts.rows else None
    if frame is None:
        raise NoSuchPartition(
            f"{name} holds nothing of {day}. `dataops quarantine list {table.name}` shows what it holds."
        )
    if check is not None:
        told = F.concat(F.lit("\n"), F.concat_ws("\n", "_reasons"))
        frame = frame.filter(told.contains(f"\n{check}:"))
    found: list[dict[str, Any]] = (
        frame.orderBy("_source_object", "_position").limit(most).toArrow().to_pylist()
    )
    if not found:
        reasons = _reasons(platform, name, [day]).get(day, ())
        broken = list(dict.fromkeys(reason.text.split(":", 1)[0] for reason in reasons))
        raise NoSuchPartition(
            f"No row of {name} of {day} breaks {check!r}.{did_you_mean(check or '', broken)} "
            f"What they break is {', '.join(broken)}."
        )
    return found


def release(platform: Platform, table: Table, dates: Sequence[date], *, by: str, reason: str) -> list[date]:
    """The refusal of these dates is lifted, as they have landed; what is due then publishes their sound rows.

    Their broken rows stay in quarantine. Dates that were released before are left as they are.

    Returns:
        the dates that were not released before.

    Raises:
        NoSuchPartition: a date that is not refused; nothing was released.
        UnclearRequest: no date, nobody or no reason is named; nothing was released.
    """
    refuse_unsaid({"which dates": bool(dates), "who decides": bool(by.strip()), "why": bool(reason.strip())})
    fresh = releasable(platform, table, dates)
    _instruct(platform, table, fresh, "release", by, reason)
    return fresh


def releasable(platform: Platform, table: Table, dates: Sequence[date]) -> list[date]:
    """Those of the dates that a release would lift the refusal of; the others were released before.

    Raises:
        NoSuchPartition: a date that is not refused.
    """
    state = platform.journal.state()
    judged = state.of("silver", table.name)
    fresh = [day for day in sorted(set(dates)) if state.instruction("release", table.name, day) is None]
    for day in fresh:
        if day not in judged or judged[day].accepted:
            raise NoSuchPartition(
                f"{table.name} of {day} is not refused, so there is nothing to release. "
                f"`dataops quarantine list {table.name}` shows which dates are."
            )
    return fresh


def sound_rows(platform: Platform, table: Table, day: date) -> int:
    """How many rows of a refused date break no check themselves: a release would publish them."""
    frame = platform.lake.frame(f"quarantine/{table.name}", [day])
    return 0 if frame is None else frame.filter(F.size("_reasons") == 1).count()


def replay(platform: Platform, table: Table, dates: Sequence[date] | None, *, by: str) -> list[date]:
    """These dates, or all that an older contract judged, are due to be judged by the contract of today.

    Returns:
        the dates that are due by it.

    Raises:
        NoSuchPartition: a date that was never judged; nothing is due by it.
        UnclearRequest: nobody is named; nothing is due by it.
    """
    refuse_unsaid({"who decides": bool(by.strip())})
    state, version = platform.journal.state(), table.contract.version
    judged = state.of("silver", table.name)
    wanted = sorted(judged if dates is None else set(dates))
    for day in wanted:
        if day not in judged:
            raise NoSuchPartition(f"{table.name} of {day} was never judged: nothing of that date has landed.")
    outdated = [day for day in wanted if judged[day].contract_version != version]
    _instruct(platform, table, outdated, "replay", by, f"judged by {version}")
    return outdated


def waiting(platform: Platform, table: Table, dates: Sequence[date]) -> list[date]:
    """Those of the dates that are due to be judged, by what was said of them or by what has landed."""
    due = set(due_for_silver(platform.journal.state(), table))
    return [day for day in sorted(set(dates)) if day in due]


def refuse_unsaid(said: Mapping[str, bool]) -> None:
    """Everything that a decision needs was said.

    Raises:
        UnclearRequest: names what was not.
    """
    unsaid = [what for what, is_said in said.items() if not is_said]
    if unsaid:
        raise UnclearRequest(f"Nothing was done, because it was not said {' and '.join(unsaid)}.")


def _instruct(
    platform: Platform,
    table: Table,
    dates: Sequence[date],
    kind: Literal["release", "replay"],
    by: str,
    reason: str,
) -> None:
    loaded, at = platform.journal.state().of("bronze", table.name), datetime.now(UTC)
    platform.journal.instruct(
        [
            Instruction(
                kind=kind,
                table=table.name,
                ingestion_date=day,
                inputs=loaded[day].inputs,
                contract_version=table.contract.version,
                by=by,
                reason=reason,
                at=at,
            )
            for day in dates
        ]
    )
