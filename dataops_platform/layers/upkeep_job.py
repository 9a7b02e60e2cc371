"""This room's upkeep job: every night tables are made small again, which grow by a file or a version a step."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.core.upkeep import Heap, Upkeep
from dataops_platform.errors import TableTooNew, WriteConflict
from dataops_platform.layers.assets import told_to_dagster
from dataops_platform.layers.quarantine_words import grid
from dataops_platform.layers.schedules import daily

JOB = "maintain_tables"
SCHEDULE = "nightly_maintenance"
#: In UTC: after the catalogue has been made, before the day's digest.
_EVERY_NIGHT = "03:30"


class Kept(NamedTuple):
    """What became of a table; `after` is None where somebody else was at it, or nothing was to be done.

    Of one that was passed over, `problem` says why.
    """

    table: str
    before: Heap | None
    after: Heap | None = None
    problem: str = ""


def is_untidy(heap: Heap) -> bool:
    """Whether tidying would spare readers or the storage anything."""
    return heap.spare > 0


def maintained(upkeep: Upkeep, *, dry_run: bool = False) -> Iterator[Kept]:
    """Each table, tidied where that spares anything; only looked at in a dry run.

    One that another program has raised to a newer protocol is passed over. What runs that died left staged is gone
    then, too.
    """
    if not dry_run:
        upkeep.sweep()
    for table in upkeep.tables():
        try:
            kept = _kept(upkeep, table, dry_run=dry_run)
        except TableTooNew as problem:
            kept = Kept(table, None, problem=str(problem))
        yield kept


def _kept(upkeep: Upkeep, table: str, *, dry_run: bool) -> Kept:
    before = upkeep.look(table)
    if dry_run or not is_untidy(before):
        return Kept(table, before)
    try:
        return Kept(table, before, upkeep.tidy(table))
    except WriteConflict:
        return Kept(table, before)


def upkeep_definitions(upkeep_of: Callable[[Platform], Upkeep], *, is_running: bool) -> dg.Definitions:
    """The job `maintain_tables` and its nightly schedule."""

    @dg.op(name="maintain", required_resource_keys={"platform"}, out=dg.Out(dg.Nothing), pool=JOB)
    def maintain(context: dg.OpExecutionContext) -> None:
        with told_to_dagster():
            found = list(maintained(upkeep_of(context.resources.platform)))
        metadata = {"tables": dg.MetadataValue.md(told(found))}
        if passed_over := [one.problem for one in found if one.problem]:
            raise dg.Failure("\n".join(passed_over), metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @dg.job(
        name=JOB,
        description=(
            "Journal, metrics, receipts, incidents and the like: the same rows in few files, with a checkpoint. Of the "
            "tables of the layers, files that were replaced more than a week ago are removed. Others may read and "
            "write meanwhile. A table of a newer Delta protocol is passed over, and the run fails when all others are "
            "done. `dataops maintain` does the same."
        ),
    )
    def job() -> None:
        maintain()

    nightly = daily(SCHEDULE, JOB, _EVERY_NIGHT, is_running=is_running)
    return dg.Definitions(jobs=[job], schedules=[nightly])


def told(found: list[Kept]) -> str:
    """What became of each table, as a table in Markdown."""
    columns = ("table", "files", "then", "commits to read", "then", "passed over")
    return grid(columns, [_row(one) for one in found])


def _row(one: Kept) -> tuple[str, ...]:
    before, after = _numbers(one.before), _numbers(one.after)
    return one.table, before[0], after[0], before[1], after[1], one.problem


def _numbers(heap: Heap | None) -> tuple[str, str]:
    return ("", "") if heap is None else (f"{heap.files:,}", f"{heap.commits:,}")
