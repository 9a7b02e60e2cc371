"""One `dataops dev` for all tests of its pages: it takes longer to start than any of them to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dataops_platform_tests.ui.dev_server import Running, dataops_dev, keep_in_raw_zone

CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city\n"
LANDED = {
    "customers/dt=2026-06-01/a.csv": CUSTOMERS + "c1,Ada,ADA@x.org,north,2026-01-01,Rome\n",
    "transactions/dt=2026-06-01/a.csv": (
        "customer_id,transaction_id,transaction_date,amount,payment_type,product_id\n"
        "c1,t1,2026-06-01,10.50,card,p1\n"
        "c1,t2,2026-06-01,-1.00,card,p1\n"  # no payment is negative
        "c1,t3,2026-06-01,5.00,card,p2\n"
    ),
    **{
        f"products/dt=2026-06-0{day}/a.csv": f"product_id,name,category,price\np{day},Lamp,light,{day}.50\n"
        for day in (1, 2, 3)
    },
    "support_tickets/dt=2026-06-04/a.csv": (
        "ticket_id,customer_id,status,opened_date\n"
        "k1,c1,OPEN,2026-06-04\n"
        "k1,c1,OPEN,2026-06-04\n"  # half of its keys occur twice: the date is refused
        "k2,c1,OPEN,2026-06-04\n"
    ),
}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with dataops_dev(tmp_path_factory.mktemp("dev")) as started:
        for key, text in LANDED.items():
            started.land(key, text)
        keep_in_raw_zone(started)
        yield started
