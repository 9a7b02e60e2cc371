"""Profiles: what published values look like, held against pandas; nothing of values that are not public."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_platform.core.contract import Date, Money, TableContract
from dataops_platform.quality.counts import Alike, Counts
from dataops_platform.quality.profile import SHARES, profiles
from dataops_platform.quality.sample import Sampled
from dataops_platform_tests.layers.small_platform import day

DAY = day(2)
SALES = "sale_id,amount,weight,sold_on,channel,buyer\n"


def sales(*public):
    """The contract of a table of sales, of which these columns are public."""
    return TableContract(
        name="sales",
        description="One row for each sale.",
        owner="team:sales",
        key=("sale_id",),
        public=public,
        columns={
            "sale_id": pandera.Column(str, nullable=False),
            "amount": pandera.Column(Money, nullable=True),
            "weight": pandera.Column(float, nullable=True),
            "sold_on": pandera.Column(Date, nullable=True),
            "channel": pandera.Column(str, nullable=True),
            "buyer": pandera.Column(str, nullable=True),
        },
    )


@dataclasses.dataclass
class Given:
    """Rows on their way into the lake, in batches of a thousand."""

    table: pa.Table

    @property
    def schema(self):
        return self.table.schema

    def batches(self, _dates):
        return pa.RecordBatchReader.from_batches(self.schema, self.table.to_batches(max_chunksize=1_000))


def kept(number, days, *, times=1):
    """The sample of so many rows a date, after they were read so many times."""
    numbers = pa.array(np.repeat(np.arange(number), len(days)))
    rows = pa.table({"n": numbers, "ingestion_date": pa.array(days * number, pa.date32())})
    sampled = Sampled(Given(rows), dict.fromkeys(days, number))
    for _ in range(times):
        assert sampled.batches(days).read_all().num_rows == rows.num_rows
    return sampled


@pytest.fixture
def told(platform_of):
    """Publishes sales and reads their profiles, by column."""

    def publish(text, *public):
        from dataops_platform.core.contract import Table

        small = platform_of([Table(sales(*public), lambda rows: rows)])
        small.land("sales", DAY, text)
        small.sync()
        assert small.column("silver/sales", "sale_id")
        return {row["column"]: row for row in small.rows("observability/profiles")}

    return publish


def test_a_profile_tells_what_pandas_tells_of_the_published_rows(told):
    rows = [
        f"s{n},{n % 7}.50,{n / 4},2026-01-{1 + n % 9:02},{'web' if n % 3 else 'shop'},b{n % 5}"
        for n in range(60)
    ]

    found = told(SALES + "\n".join([*rows, "s61,,,,,"]) + "\n", "amount", "weight", "sold_on", "channel")

    frame = pd.DataFrame([row.split(",") for row in rows], columns=SALES.strip().split(","))
    amounts = frame["amount"].astype(float)
    amount = found["amount"]
    assert (amount["rows"], amount["nulls"], amount["looked_at"], amount["distinct"]) == (61, 1, 61, 7)
    assert (amount["minimum"], amount["maximum"]) == ("0.50", "6.50")
    assert amount["mean"] == pytest.approx(amounts.mean())
    assert amount["quantiles"] == pytest.approx(amounts.quantile(SHARES).tolist())
    assert amount["counts"] == np.histogram(amounts, bins=12)[0].tolist()
    assert (found["sold_on"]["minimum"], found["sold_on"]["maximum"]) == ("2026-01-01", "2026-01-09")
    assert found["sold_on"]["quantiles"][2] == pytest.approx(
        pd.to_datetime(frame["sold_on"]).astype("datetime64[s]").astype("int64").quantile(0.5)
    )
    assert found["channel"]["frequent"] == ["web", "shop"]
    assert found["channel"]["frequent_rows"] == [40, 20]


def test_of_values_that_are_not_public_a_profile_tells_only_how_many_there_are(told):
    found = told(SALES + "s1,12.34,1.5,2026-01-01,web,Ada Lovelace\ns2,99.99,2.5,2026-01-02,web,\n")

    assert all("Ada" not in repr(row) and "12.34" not in repr(row) for row in found.values())
    assert (found["buyer"]["rows"], found["buyer"]["nulls"], found["buyer"]["distinct"]) == (2, 1, 1)
    assert found["amount"]["minimum"] is None
    assert found["amount"]["quantiles"] == found["amount"]["counts"] == found["amount"]["frequent"] == []


def test_rows_that_are_not_published_are_not_in_the_profile(told):
    found = told(
        SALES + "s1,1.00,1,2026-01-01,web,a\ns2,no number,9,2026-01-01,shop,b\n", "weight", "channel"
    )

    assert (found["weight"]["maximum"], found["weight"]["rows"]) == ("1.0", 1)
    assert found["channel"]["frequent"] == ["web"]


def test_all_rows_of_a_small_date_are_looked_at_and_every_nth_of_a_large_one():
    assert kept(450, [DAY]).of(DAY)["n"].to_pylist() == list(range(450))
    assert kept(20_001, [DAY]).of(DAY)["n"].to_pylist() == list(range(0, 20_001, 3))


def test_dates_that_come_mixed_are_kept_apart():
    days = [day(number) for number in range(1, 31)]

    sample = kept(40, days)

    assert all(sample.of(on)["n"].to_pylist() == list(range(40)) for on in days)
    assert all(set(sample.of(on)["ingestion_date"].to_pylist()) == {on} for on in days)


def test_the_more_dates_there_are_the_fewer_rows_of_each_are_kept():
    days = [DAY + timedelta(days=number) for number in range(100)]

    sample = kept(4_000, days)

    assert {sample.of(on).num_rows for on in days} == {2_000}


def test_rows_that_are_read_again_are_not_kept_twice():
    assert kept(450, [DAY], times=2).of(DAY).num_rows == 450


@given(
    st.lists(st.floats(allow_nan=True), max_size=20),
    st.lists(st.decimals(places=2, min_value=-(10**15), max_value=10**15), max_size=20),
    st.lists(st.dates(), max_size=20),
)
def test_no_values_are_too_odd_to_be_profiled(weights, amounts, dates):
    contract = sales("amount", "weight", "sold_on", "channel", "buyer", "sale_id")
    number = max(len(weights), len(amounts), len(dates))
    filled = [values + [None] * (number - len(values)) for values in (amounts, weights, dates)]
    columns = {
        "sale_id": pa.array(["s"] * number, pa.string()),
        "amount": pa.array(map(Decimal, filled[0]) if not filled[0] else filled[0], pa.decimal128(18, 2)),
        "weight": pa.array(filled[1], pa.float64()),
        "sold_on": pa.array(filled[2], pa.date32()),
        "channel": pa.nulls(number, pa.string()),
        "buyer": pa.array(["b\n" * 99] * number, pa.string()),
        "ingestion_date": pa.array([date(2026, 1, 2)] * number, pa.date32()),
    }
    rows = Sampled(Given(pa.table(columns)), {DAY: number})
    rows.batches([DAY]).read_all()

    found = profiles(contract, Counts([Alike(DAY, "f", (), (), (), number)]), rows, [DAY])

    assert [each.column for each in found] == list(contract.columns)
    assert all(sum(each.counts) <= number for each in found)
    assert all(len(value) <= 80 for each in found for value, _ in each.frequent)
