"""A process that is killed between any two steps: the next sync ends where it would have ended."""

import signal

import pytest

from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.reliability.after_a_fault import assert_whole
from dataops_platform_tests.reliability.crashing import POINTS, killed

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FILES = {
    ("customers", 1): "customer_id,name,signup_region\nc1,Ana,SP\nc2,,RJ\n",
    (
        "transactions",
        1,
    ): "customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,5\nc1,t2,2026-01-01,x\n",
    ("transactions", 2): "customer_id,transaction_id,transaction_date,amount\nc1,t3,2026-01-02,7\n",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_here_leaves_what_the_next_sync_completes(platform_of, shipped_tables, point):
    platform = platform_of(shipped_tables)
    for (table, number), text in FILES.items():
        platform.land(table, day(number), text)

    assert killed(platform.folder, point) == -signal.SIGKILL

    assert platform.sync().problems == []
    assert platform.column("silver/transactions", "transaction_id") == ["t1", "t3"]
    assert platform.column("quarantine/transactions", "transaction_id") == ["t2"]
    assert [str(spent) for spent in platform.column("gold/customer_360", "total_spend", day(2))] == [
        "0.00",
        "12.00",
    ]
    assert_whole(platform, [(f"{t}/dt={day(n)}/a.csv", text.encode()) for (t, n), text in FILES.items()])
