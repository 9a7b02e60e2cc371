"""This room's words about quarantine: what was done and why rows are held, on terminals and in Dagster's pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import dagster as dg

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.ports import RowPlace
from dataops_platform.core.verdict import ACCEPTED, Verdict, usual


def why_held(contract: TableContract, verdict: Verdict) -> dict[str, dg.MetadataValue]:
    """The metadata `why`: rows of one date by the reason why they are held; none where none is.

    A row with several reasons counts for each. These are counts and the contract's words: no value of a row is told.
    """
    if not verdict.quarantined:
        return {}
    of_a_date = {*(rule.check for rule in contract.aggregates), *map(usual, contract.refusing)}
    broken = [check for check in verdict.checks if check.failed and check.name not in of_a_date]
    found = [(check.name, check.failed, check.told) for check in broken]
    if verdict.refusals:
        others = [check.told for check in verdict.checks if check.refusal and check not in broken]
        told = " ".join(["the partition as a whole was refused.", *others])
        found = [(ACCEPTED, verdict.rows, told), *found]
    lines = [(name, f"{count:,}", text) for name, count, text in found]
    return {"why": dg.MetadataValue.md(grid(("check", "rows", "what was found"), lines))}


def told_released(table: Table, dates: Sequence[date], fresh: Sequence[date]) -> str:
    """What a release of `dates` did, in a sentence."""
    before = len(set(dates)) - len(fresh)
    return f"{counted(len(fresh))} of {table.name} released now, {before} before."


def told_released_rows(table: Table, day: date, places: Sequence[RowPlace], fresh: Sequence[RowPlace]) -> str:
    """What a release of rows did, in a sentence."""
    before = len(set(places)) - len(fresh)
    rows = "1 row" if len(fresh) == 1 else f"{len(fresh)} rows"
    return f"{rows} of {table.name} of {day} released now, {before} before."


def told_replayed(table: Table, outdated: Sequence[date]) -> str:
    """What a replay did, in a sentence."""
    if not outdated:
        return f"No such date of {table.name} was judged by an older contract: nothing is to be judged again."
    return f"{counted(len(outdated))} of {table.name} judged by an older contract, to be judged again."


def counted(dates: int) -> str:
    """So many dates, in words."""
    return "1 date" if dates == 1 else f"{dates} dates"


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in markdown; whatever a cell holds stays in its cell."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
