"""Dagster's events: exactly what was published counts as materialised, and each partition has its own checks."""

import dagster as dg
import pytest

from dataops_platform.layers.runs import ingest
from dataops_platform_tests.layers.small_platform import day

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
SOUND = HEADER + "c1,t1,2026-01-01,1.00\nc1,t2,2026-01-01,x\n"
REFUSED = HEADER + "c1,t1,2026-01-01,1.00\n" * 2
TRANSACTIONS = ("bronze/transactions", "silver/transactions", "quarantine/transactions")


def materialised(platform, key):
    """The partitions of an asset that Dagster takes for materialised."""
    found = platform.instance.get_materialized_partitions(dg.AssetKey(key.split("/")))
    return sorted(found)


def evaluations(platform, key):
    """Every check evaluation of an asset that was ever stored."""
    logs = [
        entry
        for run in platform.instance.get_runs()
        for entry in platform.instance.all_logs(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        )
    ]
    found = [entry.dagster_event.asset_check_evaluation_data for entry in logs]
    return [each for each in found if each.asset_key.to_user_string() == key]


def by_partition(platform, key, check):
    return {each.partition: each for each in evaluations(platform, key) if each.check_name == check}


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A platform where of three dates of transactions the second is refused."""
    small = platform_of(shipped_tables)
    small.land("customers", day(2), "customer_id\nc1\n")
    for number, text in ((2, SOUND), (3, REFUSED), (4, SOUND)):
        small.land("transactions", day(number), text)
    return small


def test_a_sync_materialises_exactly_what_it_published(shop):
    assert len(shop.sync().problems) == 1

    assert materialised(shop, "bronze/transactions") == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert materialised(shop, "quarantine/transactions") == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert materialised(shop, "silver/transactions") == ["2026-01-02", "2026-01-04"]
    assert materialised(shop, "gold/customer_360") == ["2026-01-02", "2026-01-04"]


def test_a_refused_partition_counts_as_failed_and_no_other_does(shop):
    shop.sync()

    events = shop.instance.event_log_storage
    attempts = events.get_latest_asset_partition_materialization_attempts_without_materializations
    assert set(attempts(dg.AssetKey(["silver", "transactions"]))) == {"2026-01-03"}
    assert set(attempts(dg.AssetKey(["silver", "customers"]))) == set()


def test_each_partition_has_its_own_check_results_which_speak_of_its_own_materialisation(shop):
    shop.sync()

    found = by_partition(shop, "silver/transactions", "key_is_unique")
    assert {partition: each.passed for partition, each in found.items()} == {
        "2026-01-02": True,
        "2026-01-03": False,
        "2026-01-04": True,
    }
    for partition in ("2026-01-02", "2026-01-04"):
        target = found[partition].target_materialization_data
        [record] = shop.instance.fetch_materializations(
            dg.AssetRecordsFilter(
                asset_key=dg.AssetKey(["silver", "transactions"]), asset_partitions=[partition]
            ),
            limit=5,
        ).records
        assert (target.storage_id, target.run_id) == (record.storage_id, record.run_id)
    assert found["2026-01-03"].target_materialization_data is None


def test_a_refusal_is_an_error_and_single_broken_rows_are_a_warning(shop):
    shop.sync()

    unique = by_partition(shop, "silver/transactions", "key_is_unique")["2026-01-03"]
    valid = by_partition(shop, "silver/transactions", "amount_is_valid")["2026-01-02"]
    whole = by_partition(shop, "silver/transactions", "partition_is_accepted")
    assert (unique.severity, unique.blocking) == (dg.AssetCheckSeverity.ERROR, False)
    assert whole["2026-01-03"].severity == dg.AssetCheckSeverity.ERROR
    assert {partition: (each.passed, each.blocking) for partition, each in whole.items()} == {
        "2026-01-02": (True, True),
        "2026-01-03": (False, True),
        "2026-01-04": (True, True),
    }
    assert ": refused, 1 key (customer_id, transaction_id) occurs more than once" in unique.description
    assert (valid.passed, valid.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert valid.description == "2026-01-02: 1 of 2 values of amount do not convert or break a rule."


def test_every_declared_check_is_evaluated_for_every_partition(shop):
    shop.sync()

    specs = {key.name for key in shop.job().asset_layer.asset_graph.asset_check_keys}
    for key in ("silver/transactions", "gold/customer_360"):
        told = {(each.partition, each.check_name) for each in evaluations(shop, key)}
        partitions = {partition for partition, _ in told}
        assert len(told) == len(partitions) * len({name for _, name in told})
        assert {name for _, name in told} <= specs


@pytest.fixture
def range_run(shop):
    """The platform after a person's run of all three dates, files in the raw zone."""
    ingest(shop.ports)
    result = shop.run_range(day(2), day(4), "bronze/customers", "silver/customers", "quarantine/customers")
    assert result.success
    result = shop.run_range(day(2), day(4), *TRANSACTIONS, "gold/customer_360")
    assert not result.success
    return shop


def test_in_a_range_run_with_a_refused_date_the_good_dates_are_materialised_with_their_checks(range_run):
    found = by_partition(range_run, "silver/transactions", "amount_is_present")

    assert materialised(range_run, "bronze/transactions") == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert materialised(range_run, "silver/transactions") == ["2026-01-02", "2026-01-04"]
    assert range_run.column("silver/transactions", "ingestion_date") == [day(2), day(4)]
    assert set(found) == {"2026-01-02", "2026-01-03", "2026-01-04"}
    assert found["2026-01-04"].target_materialization_data is not None


def test_gold_is_built_for_the_dates_that_passed_by_the_run_after_it(range_run):
    assert materialised(range_run, "gold/customer_360") == []

    range_run.sync()

    assert materialised(range_run, "gold/customer_360") == ["2026-01-02", "2026-01-04"]
    assert range_run.column("gold/customer_360", "ingestion_date") == [day(2), day(4)]


def test_a_range_run_of_gold_claims_no_date_on_which_nothing_was_published(range_run):
    assert range_run.run_range(day(2), day(5), "gold/customer_360").success

    assert materialised(range_run, "gold/customer_360") == ["2026-01-02", "2026-01-04"]


def test_metadata_of_a_partition_tells_its_own_numbers(shop):
    shop.sync()

    [record] = shop.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey(["silver", "transactions"]), asset_partitions=["2026-01-04"]),
        limit=5,
    ).records
    metadata = record.asset_materialization.metadata
    told = {name: value.value for name, value in metadata.items()}
    assert told["dagster/partition_row_count"] == 1
    assert told["dagster/row_count"] == 2
    assert told["rows_quarantined"] == 1
    assert told["rows_judged"] == 2
    profile = {record.data["column"]: record.data for record in metadata["profile"].records}
    assert profile["amount"]["least"] == "1.00"
    assert profile["payment_type"]["without_value"] == "1 (100.0%)"
    assert profile["customer_id"]["least"] == "", "it is not public"
