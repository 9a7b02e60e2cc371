"""Column comments: every engine and catalog that reads a table's Delta log sees what its columns hold."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from dataops_platform.quality.meaning import described
from dataops_platform_tests.layers.small_platform import day

LANDED = {
    "customers": "customer_id,name,email,signup_region,signup_date,city\nc1,Ada,a@x.org,EU,2026-01-01,Ulm\n,B,,,,\n",
    "transactions": "customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,1.50\n",
}


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
        for found in (DeltaTable(where), DeltaTable(where, version=0)):
            fields = json.loads(found.schema().to_json())["fields"]
            told = {field["name"]: field["metadata"].get("comment") for field in fields}
            assert told == {column: described(column, contract) for column in told}
            assert all(told[column] for column in contract.columns)
        for file in DeltaTable(where).file_uris():
            assert not any(field.metadata for field in pq.read_schema(file))
