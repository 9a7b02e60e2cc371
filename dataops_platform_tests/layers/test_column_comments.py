"""Column comments: every engine and catalog that reads a table's Delta log sees what its columns hold."""

import json
from pathlib import Path

import pandera.pandas as pandera
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from dataops_platform.quality.meaning import described
from dataops_platform_tests.layers.small_platform import day
from dataops_platform_tests.quality.landed_rows import readings

LANDED = {
    "customers": "customer_id,name,email,signup_region,signup_date,city\nc1,Ada,a@x.org,EU,2026-01-01,Ulm\n,B,,,,\n",
    "transactions": "customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,1.50\n",
}


def comments(where, **version):
    """Of each column what the log says it holds."""
    fields = json.loads(DeltaTable(where, **version).schema().to_json())["fields"]
    return {field["name"]: field["metadata"].get("comment") for field in fields}


@pytest.mark.parametrize("dates", [1, 2])
def test_a_table_says_what_its_columns_hold_from_its_first_commit_on(platform_of, shipped_tables, dates):
    small = platform_of(shipped_tables)
    for number in range(1, dates + 1):
        for table, text in LANDED.items():
            small.land(table, day(number), text)
        assert small.sync().problems == []

    for name in ("bronze/customers", "silver/customers", "quarantine/customers", "gold/customer_360"):
        where = Path(small.ports.lake.url) / name
        contract = small.ports.table(name.partition("/")[2]).contract
        for told in (comments(where), comments(where, version=0)):
            assert told == {column: described(column, contract) for column in told}
            assert all(told[column] for column in contract.columns)
        for file in DeltaTable(where).file_uris():
            assert not any(field.metadata for field in pq.read_schema(file))


def test_a_text_that_changes_in_a_contract_is_told_by_what_is_published_next_and_judges_nothing_anew(
    platform_of,
):
    first, then = "What it showed.", "What it showed, in watts."
    columns = [pandera.Column(int, nullable=True, description=text) for text in (first, then)]
    small, later = [platform_of([readings(value=column)]) for column in columns]
    for number, platform in enumerate([small, later], 1):
        platform.land("readings", day(number), f"reading_id,value\nr{number},7\n")
        assert platform.sync().problems == []

    for layer, commits in (("bronze", 2), ("silver", 2), ("quarantine", 0)):
        where = Path(small.ports.lake.url) / layer / "readings"
        assert (comments(where, version=0)["value"], comments(where)["value"]) == (first, then)
        assert DeltaTable(where).version() == commits + 1, "each date once, and the text"
    assert len(later.rows("silver/readings")) == 2
