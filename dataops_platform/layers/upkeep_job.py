"""This room's upkeep job: every night tables are made small again, which grow by a file or a version a step."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import dagster as dg

from dataops_platform.core.platform import Platform
from dataops_platform.core.upkeep import Heap, Upkeep
from dataops_platform.errors import WriteConflict
from dataops_platform.layers.assets import told_to_dagster
from dataops_platform.layers.quarantine_words import grid
from dataops_platform.layers.schedules import daily

JOB = "maintain_tables"
SCHEDULE = "nightly_maintenance"
#: In UTC: after the catalogue has been made, before the day's digest.
_EVERY_NIGHT = "03:30"


class Kept(NamedTuple):
    """What became of a table; `after` is None where somebody else was at it, or nothing was to be done."""

    table: str
    before: Heap
    after: Heap | None


def is_untidy(heap: Heap) -> bool:
    """Whether tidying would spare readers or the storage anything."""
    return heap.spare > 0


def maintained(upkeep: Upkeep, *, dry_run: bool = False) -> Iterator[Kept]:
    """Each table, tidied where that spares anything; only looked at in a dry run.

    What runs that died left staged is gone then, too.
    """
    if not dry_run:
        upkeep.sweep()
    for table in upkeep.tables():
        before, after = upkeep.look(table), None
        if is_untidy(before) and not dry_run:
            try:
                after = upkeep.tidy(table)
            except WriteConflict:
                after = None
        yield Kept(table, before, after)


def upkeep_definitions(upkeep_of: Callable[[Platform], Upkeep], *, is_running: bool) -> dg.Definitions:
    """The job `maintain_tables` and its nightly schedule."""

    @dg.op(name="maintain", required_resource_keys={"platform"}, out=dg.Out(dg.Nothing), pool=JOB)
    def maintain(context: dg.OpExecutionContext) -> None:
        with told_to_dagster():
            found = list(maintained(upkeep_of(context.resources.platform)))
        context.add_output_metadata({"tables": dg.MetadataValue.md(told(found))})

    @dg.job(
        name=JOB,
        description=(
            "Journal, metrics, receipts, incidents and the like: the same rows in few files, with a checkpoint. Of the "
            "tables of the layers, files that were replaced more than a week ago are removed. Others may read and "
            "write meanwhile. `dataops maintain` does the same."
        ),
    )
    def job() -> None:
        maintain()

    nightly = daily(SCHEDULE, JOB, _EVERY_NIGHT, is_running=is_running)
    return dg.Definitions(jobs=[job], schedules=[nightly])


def told(found: list[Kept]) -> str:
    """What became of each table, as a table in Markdown."""
    return grid(("table", "files", "then", "commits to read", "then"), [_row(one) for one in found])


def _row(one: Kept) -> tuple[str, ...]:
    then = ("", "") if one.after is None else (f"{one.after.files:,}", f"{one.after.commits:,}")
    return one.table, f"{one.before.files:,}", then[0], f"{one.before.commits:,}", then[1]
