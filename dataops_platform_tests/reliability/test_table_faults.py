"""S3 that fails while a Delta table is written: what a table holds is there once, or what it held before."""

from typing import Any

import pytest
from deltalake import DeltaTable

from dataops_platform.errors import PlatformError
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.reliability.fault_proxy import fault_proxy_process
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, TUESDAY, rows

pytestmark = pytest.mark.integration

FAULTS = [
    (method, fault)
    for method, faults in {
        "GET": ("fails", "is to slow down", "breaks off", "is reset"),
        "PUT": ("fails", "is to slow down", "is reset", "loses its answer"),
    }.items()
    for fault in faults
]
JOURNAL = "observability/journal"


@pytest.fixture(params=FAULTS, ids=" that ".join)
def lake(request, weed_server, weed_area, monkeypatch):
    """An empty lake, each of whose objects meets a fault when it is first asked for; no engine is needed."""
    method, fault = request.param
    with fault_proxy_process(weed_server.endpoint, fault, method) as endpoint:
        for name, value in {**weed_server.environment(), "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)
        no_engine: Any = None
        yield DeltaLake(f"s3://lake/{weed_area.lake.prefix.rstrip('/')}", no_engine)


@pytest.fixture
def names(lake, weed_server):
    """Reads the names of a table's rows as the server holds them."""

    def read(table):
        found = DeltaTable(f"{lake.url}/{table}", storage_options=weed_server.environment())
        return sorted(row["name"] for row in delta_rows(found))

    return read


def tried_until_it_is_done(work):
    """As often as somebody would be told to run it again."""
    for _ in range(8):
        try:
            return work()
        except PlatformError as error:
            assert error.is_transient  # noqa: PT017  # what is not would not be tried again
    return pytest.fail("it was never done")


def test_a_fault_once_at_each_address_doubles_no_row_of_a_table_that_is_made_and_replaced(lake, names):
    tried_until_it_is_done(lambda: lake.replace(NAME, rows(MONDAY, MONDAY, name="before"), [MONDAY]))
    assert names(NAME) == ["before"] * 2

    tried_until_it_is_done(
        lambda: lake.replace(NAME, rows(MONDAY, TUESDAY, TUESDAY, name="after"), [MONDAY, TUESDAY])
    )
    assert names(NAME) == ["after"] * 3


def test_a_fault_once_at_each_address_doubles_no_entry_of_the_journal(lake, names):
    for name in ("first", "second"):
        tried_until_it_is_done(lambda name=name: lake.append(JOURNAL, rows(TUESDAY, name=name).table))

    assert names(JOURNAL) == ["first", "second"]
