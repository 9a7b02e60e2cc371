"""Upkeep of the layers' tables: what no reader can need any more goes, whoever writes meanwhile, and rows stay."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from dataops_platform.layers.upkeep_job import maintained
from dataops_platform.resources.folder_store import FolderStore
from dataops_platform.resources.upkeep import DeltaUpkeep
from dataops_platform_tests.resources.given_rows import (
    MONDAY,
    NAME,
    TUESDAY,
    Given,
    counts,
    raised,
    rows,
    state,
)

DAY = 86_400


@pytest.fixture
def upkeep(lake):
    """The upkeep of that lake."""
    return DeltaUpkeep(lake.url, FolderStore(Path(lake.url)))


@pytest.fixture
def replaced(filled):
    """The lake, in which Monday was replaced twice since."""
    for name in ("b", "c"):
        filled.replace(NAME, rows(MONDAY, name=name), [MONDAY])
    return filled


def need_no_earlier_version(lake):
    """Whoever owns the table says that nobody reads what was replaced."""
    kept = {"delta.deletedFileRetentionDuration": "interval 0 seconds"}
    DeltaTable(f"{lake.url}/{NAME}").alter.set_table_properties(kept)


def data_files(lake):
    return sorted(path.name for path in Path(lake.url, NAME).glob("ingestion_date=*/*.parquet"))


def test_what_was_replaced_within_a_week_stays_and_can_be_read(replaced, upkeep):
    before = state(replaced)

    [kept] = maintained(upkeep)

    assert kept.before is not None
    assert (kept.table, kept.before.left, kept.before.spare, kept.after) == (NAME, 2, 0, None)
    assert state(replaced) == before
    assert len(DeltaTable(f"{replaced.url}/{NAME}", version=1).file_uris()) == 2


def test_what_nobody_needs_any_more_goes_and_the_rows_stay(replaced, upkeep):
    need_no_earlier_version(replaced)
    before = state(replaced)

    [kept] = maintained(upkeep)

    assert kept.before is not None
    assert kept.after is not None
    assert (kept.before.spare, kept.after.left, kept.after.spare) == (2, 0, 0)
    assert state(replaced)[2] == before[2]
    assert len(data_files(replaced)) == 2
    assert [one.after for one in maintained(upkeep)] == [None]


def test_the_files_of_a_writer_that_died_go_when_they_are_a_week_old(filled, upkeep):
    folder = Path(filled.url, NAME, f"ingestion_date={MONDAY}")
    for name, age in (("old", 9), ("young", 6)):
        (folder / f"{name}.parquet").write_bytes(b"never committed")
        os.utime(folder / f"{name}.parquet", (time.time() - age * DAY,) * 2)
    before = state(filled)

    list(maintained(upkeep))

    assert {"young.parquet"} <= set(data_files(filled))
    assert "old.parquet" not in data_files(filled)
    assert state(filled)[2] == before[2]


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ({"minReaderVersion": 4, "minWriterVersion": 9}, "version 4"),
        ({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["rowTracking"]}, "rowTracking"),
    ],
    ids=["unreadable", "only to be read"],
)
@pytest.mark.parametrize("dry_run", [False, True], ids=["", "dry run"])
def test_a_table_of_a_newer_protocol_is_passed_over_and_the_others_are_not(
    replaced, upkeep, protocol, told, dry_run
):
    need_no_earlier_version(replaced)
    newer = "gold/newer"
    replaced.replace(newer, rows(MONDAY), [MONDAY])
    raised(replaced.url, newer, **protocol)
    replaced.replace("bronze/payments", rows(MONDAY), [MONDAY])
    log = sorted(Path(replaced.url, newer).rglob("*"))

    kept = {one.table: one for one in maintained(upkeep, dry_run=dry_run)}

    assert set(kept) == {"bronze/payments", NAME, newer}
    assert (kept[newer].before, kept[newer].after) == (None, None)
    assert f"newer Delta protocol ({told})" in kept[newer].problem
    assert sorted(Path(replaced.url, newer).rglob("*")) == log
    others = [kept["bronze/payments"], kept[NAME]]
    assert [one.problem for one in others] == ["", ""]
    assert [one.after is not None for one in others] == [False, not dry_run]


class Meanwhile(Given):
    """Rows that are asked for while somebody else does something."""

    then: Callable[[], object]

    def batches(self, dates):
        self.then()
        return super().batches(dates)


def test_who_publishes_meanwhile_publishes(replaced, upkeep):
    need_no_earlier_version(replaced)
    mine, tidied = Meanwhile(rows(MONDAY, TUESDAY, name="mine").table), []
    mine.then = lambda: tidied.append(upkeep.tidy(NAME).left)

    replaced.replace(NAME, mine, [MONDAY, TUESDAY])

    assert tidied == [0]
    assert counts(replaced.partitions(NAME)) == {MONDAY: 1, TUESDAY: 1}
    assert "'c'" not in str(state(replaced)[2])
