"""Whatever is wrong with a file's content, its rows end in silver or quarantine, once, and no other date minds."""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
import pytest

from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform, day
from dataops_platform_tests.reliability.after_a_fault import assert_whole, partition_files
from dataops_platform_tests.reliability.broken_files import broken_files, csv

FAULTS = broken_files()
#: Each fault has an ingestion date of its own, and on the last date all is well.
DAYS = {name: day(number) for number, name in enumerate(FAULTS, 1)}
NEIGHBOUR = day(31)


@dataclass(frozen=True)
class Shop:
    """The platform after its broken files, and what there was before them."""

    platform: SmallPlatform
    untouched: Mapping[str, set[str]]
    problems: list[str]


@pytest.fixture(scope="module")
def shop(engine, tmp_path_factory):
    """A platform on which a sound file had been published before every broken one landed."""
    tables = [table for table in load_tables() if table.name == "transactions"]
    with dg.DagsterInstance.ephemeral() as instance:
        platform = SmallPlatform(tmp_path_factory.mktemp("faults"), engine, tables, instance)
        platform.land("transactions", NEIGHBOUR, csv())
        platform.sync()
        untouched = partition_files(platform, NEIGHBOUR)
        for name, broken in FAULTS.items():
            platform.land("transactions", DAYS[name], broken.body, name=broken.name)
        yield Shop(platform, untouched, platform.sync().problems)


@pytest.mark.parametrize("fault", FAULTS)
def test_rows_of_a_file_with_this_fault_end_where_they_belong(shop, fault):
    expected, on = FAULTS[fault], DAYS[fault]
    silver = sorted(row["transaction_id"] for row in shop.platform.rows("silver/transactions", on))
    reasons = [row["_reasons"] for row in shop.platform.rows("quarantine/transactions", on)]

    assert tuple(silver) == expected.silver
    assert len(reasons) == len(expected.reasons)
    for prefix in expected.reasons:
        assert any(reason.startswith(prefix) for told in reasons for reason in told)
    refusals = [problem for problem in shop.problems if str(on) in problem]
    assert bool(refusals) is bool(expected.refused)
    assert all(expected.refused in problem for problem in refusals)


def test_broken_files_lose_and_double_nothing_and_leave_other_dates_alone(shop):
    landed = [(f"transactions/dt={DAYS[name]}/{broken.name}", broken.body) for name, broken in FAULTS.items()]

    assert_whole(shop.platform, [*landed, (f"transactions/dt={NEIGHBOUR}/a.csv", csv())])

    assert partition_files(shop.platform, NEIGHBOUR) == shop.untouched
    assert len(shop.platform.column("silver/transactions", "transaction_id", NEIGHBOUR)) == 2
