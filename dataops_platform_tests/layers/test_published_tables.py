"""Published tables: where every landed row ends, what a refused partition leaves alone, what mends it."""

import gzip

import pytest

from dataops_platform_tests.layers.small_platform import day

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
PROVENANCE = ("_source_object", "_position", "ingestion_date")


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A platform of customers and transactions alone, without gold."""
    return platform_of([table for table in shipped_tables if table.name in {"customers", "transactions"}])


def payments(*amounts, start=1):
    """A file of payments with these amounts, `t1`, `t2`, … of customer c1."""
    return HEADER + "".join(f"c1,t{n},2026-01-01,{text}\n" for n, text in enumerate(amounts, start))


TOO_MANY_DUPLICATES = HEADER + "c1,t1,2026-01-01,1.00\n" * 2


def places(rows):
    return sorted(tuple(row[name] for name in PROVENANCE) for row in rows)


def texts(shop, rows, of=None):
    """What landed in the columns of these rows, by their place."""
    columns = [*shop.ports.table("transactions").contract.columns, "_rescued", "_corrupt_record"]
    told = {tuple(row[name] for name in PROVENANCE): [row[name] for name in columns] for row in rows}
    return {place: told[place] for place in (told if of is None else of)}


def reasons(shop, table="transactions"):
    return {row["_position"]: row["_reasons"] for row in shop.rows(f"quarantine/{table}")}


def test_every_bronze_row_ends_in_silver_or_in_quarantine(shop):
    broken_amounts = "".join(f"c1,t{n},2026-01-01,{text}\n" for n, text in ((2, "1.555"), (3, "-1"), (4, "")))
    sound = "".join(f"c1,s{n},2026-01-01,1\n" for n in range(20))
    body = (
        f"{HEADER}{broken_amounts}c1,t5,2026-02-31,1\nc1,d,2026-01-01,1\nc1,d,2026-01-01,2\nragged\n{sound}"
    )
    shop.land("transactions", day(2), body)
    shop.land("transactions", day(3), gzip.compress(payments("1", "x").encode()), name="b.csv.gz")
    shop.land("transactions", day(3), b"\x1f\x8bnot gzip", name="c.csv")

    assert shop.sync().problems == []

    silver, quarantine = shop.rows("silver/transactions"), shop.rows("quarantine/transactions")
    assert places(silver + quarantine) == places(shop.rows("bronze/transactions"))
    assert not set(places(silver)) & set(places(quarantine))
    assert (len(silver), len(quarantine)) == (22, 8)
    assert texts(shop, quarantine) == texts(shop, shop.rows("bronze/transactions"), of=places(quarantine))


def test_a_quarantined_row_is_as_it_landed_with_all_reasons_its_file_and_the_contract_version(shop):
    shop.land("transactions", day(2), payments(" 1.555 ", "1") + "c1,t3,2026-02-31,-1\n")

    shop.sync()

    first, second = sorted(shop.rows("quarantine/transactions"), key=lambda row: row["_position"])
    assert first["amount"] == " 1.555 "
    assert first["_reasons"] == ["amount_is_valid: is no number with at most 2 decimals"]
    assert second["_reasons"] == [
        "transaction_date_is_valid: is no date written as yyyy-MM-dd",
        "amount_is_valid: breaks greater_than_or_equal_to(0)",
    ]
    assert first["_contract_version"] == shop.ports.table("transactions").contract.version
    assert first["_source_object"] == "s3://landing/transactions/dt=2026-01-02/a.csv"


def test_of_a_refused_partition_all_rows_are_in_quarantine_and_silver_keeps_what_it_had(shop):
    shop.land("transactions", day(2), payments("1.00", "2.00"))
    shop.sync()
    before = shop.rows("silver/transactions")
    shop.land("transactions", day(2), TOO_MANY_DUPLICATES + "c1,t9,2026-01-01,x\n", name="b.csv")

    done = shop.sync()

    assert [problem[:42] for problem in done.problems] == ["transactions of 2026-01-02 was refused: 1 "]
    assert shop.rows("silver/transactions") == before
    assert texts(shop, shop.rows("quarantine/transactions")) == texts(shop, shop.rows("bronze/transactions"))
    assert all("partition_is_accepted" in found[-1] for found in reasons(shop).values())
    assert {row["amount"] for row in shop.rows("quarantine/transactions")} == {"1.00", "2.00", "x"}


def test_a_partition_refused_at_first_has_no_silver_rows(shop):
    shop.land("transactions", day(2), TOO_MANY_DUPLICATES)

    assert shop.sync().problems

    assert shop.rows("silver/transactions") == []
    assert len(shop.rows("quarantine/transactions")) == 2


def test_a_corrected_file_under_the_same_key_mends_a_refused_partition(shop):
    shop.land("transactions", day(2), TOO_MANY_DUPLICATES)
    shop.sync()
    shop.land("transactions", day(2), payments("1.00", "2.00"))

    assert shop.sync().problems == []

    assert shop.column("silver/transactions", "transaction_id") == ["t1", "t2"]
    assert shop.rows("quarantine/transactions") == []
    assert len(shop.rows("bronze/transactions")) == 2


def test_a_refused_partition_is_told_by_every_sync_until_it_is_mended(shop):
    shop.land("transactions", day(2), TOO_MANY_DUPLICATES)
    first = shop.sync()

    again = shop.sync()

    assert again.problems == first.problems != []
    assert not again.due


def test_a_partitions_run_changes_no_other_partition(shop):
    names = [f"{layer}/transactions" for layer in ("bronze", "silver", "quarantine")]
    shop.land("transactions", day(2), payments("1", "x"))
    shop.land("transactions", day(3), payments("2", "x"))
    shop.sync()
    before = {name: shop.files(name, day(2)) for name in names}
    shop.land("transactions", day(3), payments("3", "y"))

    shop.sync()

    assert all(before.values())
    assert {name: shop.files(name, day(2)) for name in names} == before
    assert [str(amount) for amount in shop.column("silver/transactions", "amount", day(3))] == ["3.00"]


def test_a_sync_that_finds_nothing_new_writes_nothing(shop):
    shop.land("transactions", day(2), payments("1", "x"))
    shop.sync()
    before = {path: path.stat().st_mtime_ns for path in (shop.folder / "lake").rglob("*")}

    again = shop.sync()

    assert (again.ingested.copied, again.ingested.known) == ([], 1)
    assert {path: path.stat().st_mtime_ns for path in (shop.folder / "lake").rglob("*")} == before


def test_a_file_without_a_critical_column_is_refused_naming_file_and_column(shop):
    shop.land("transactions", day(2), payments("1"), name="sound.csv")
    shop.land("transactions", day(2), "customer_id,transaction_id,transaction_date\nc1,t9,2026-01-01\n")

    [problem] = shop.sync().problems

    assert "s3://landing/transactions/dt=2026-01-02/a.csv has no column amount" in problem


def test_a_file_in_which_no_value_of_a_type_converts_is_refused_naming_file_and_column(shop):
    shop.land("transactions", day(2), payments("1"), name="sound.csv")
    shop.land("transactions", day(2), payments("one", "two", start=5))

    [problem] = shop.sync().problems

    assert "no value of amount in s3://landing/transactions/dt=2026-01-02/a.csv converts" in problem


def test_an_added_column_is_kept_and_a_missing_optional_one_is_null(shop):
    shop.land("customers", day(2), "city,customer_id,shoe_size\nRio,c1,41\n")

    assert shop.sync().problems == []

    [row] = shop.rows("silver/customers")
    assert (row["city"], row["customer_id"], row["name"]) == ("Rio", "c1", None)
    assert row["_rescued"] == '{"shoe_size":"41"}'


def test_silver_is_typed_trimmed_and_cleansed(shop):
    shop.land(
        "customers", day(2), "customer_id,name,email,signup_date\n c1 , Ana ,A@X.org ,2025-12-31\nc2,,,\n"
    )

    shop.sync()

    ana, nobody = sorted(shop.rows("silver/customers"), key=lambda row: row["customer_id"])
    assert (ana["customer_id"], ana["name"], ana["email"]) == ("c1", "Ana", "a@x.org")
    assert (ana["year"], ana["month"]) == (2025, 12)
    assert (nobody["email"], nobody["signup_date"], nobody["year"]) == ("unknown@example.com", None, None)


def test_no_message_about_a_refused_partition_holds_a_value_of_its_rows(shop):
    shop.land("transactions", day(2), HEADER + "secret-person,t,2026-01-01,1\n" * 2)

    [problem] = shop.sync().problems

    assert "secret-person" not in problem
    assert "\n" not in problem


def test_metrics_of_a_partition_are_recorded_whatever_the_outcome(shop):
    shop.land("transactions", day(2), TOO_MANY_DUPLICATES)

    shop.sync()

    found = {
        row["metric"]: row["value"] for row in shop.rows("observability/metrics") if row["layer"] == "silver"
    }
    assert found["row_count"] == 2
    assert found["duplicate_pct"] == 50
    assert found["amount_null_pct"] == 0
    assert found["quarantined"] == 2
