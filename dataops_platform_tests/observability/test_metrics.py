"""Metrics: every published partition has each number once, however often its step was begun."""

from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dataops_platform.core.measurement import Measurement
from dataops_platform.layers import steps
from dataops_platform.observability.exposition import exposition
from dataops_platform.observability.metrics import KEY, latest, measurements, record
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.layers.small_platform import day

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)
TRANSACTIONS = (
    "customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,1.00\nc1,t2,2026-01-01,x\n"
)


def measured(value, *, of="orders", layer="silver", on=MONDAY, metric="row_count", at=NINE):
    """One number of a partition, measured by a run of its own."""
    return Measurement(of, layer, on, metric, value, f"run at {at:%H:%M}", at)


def numbers(lake):
    """The numbers that hold, by table, date and metric."""
    rows = latest(lake).to_dict("records")
    return {(row["table"], row["ingestion_date"].date(), row["metric"]): row["value"] for row in rows}


def test_a_lake_without_metrics_has_none(lake):
    assert latest(lake).empty


def test_of_a_partition_measured_twice_the_later_number_holds(lake):
    record(lake, [measured(10.0, at=NINE + timedelta(minutes=5))])
    record(lake, [measured(7.0), measured(3.0, on=TUESDAY)])

    assert numbers(lake) == {("orders", MONDAY, "row_count"): 10.0, ("orders", TUESDAY, "row_count"): 3.0}


def test_layers_of_a_table_are_measured_apart(lake):
    record(lake, [measured(10.0, layer="bronze"), measured(9.0)])

    assert sorted(latest(lake)["value"]) == [9.0, 10.0]


def test_the_time_of_a_step_is_shared_among_its_dates_and_a_date_has_its_own_age():
    found = measurements("orders", "silver", {MONDAY: {}, TUESDAY: {}}, run_id="r", seconds=8.0)

    told = {(one.ingestion_date, one.metric): one.value for one in found}
    assert told[MONDAY, "processing_time"] == told[TUESDAY, "processing_time"] == 4.0
    assert told[MONDAY, "freshness_lag"] - told[TUESDAY, "freshness_lag"] == 86_400


@pytest.mark.integration
def test_a_step_that_was_cut_off_before_its_journal_entry_leaves_each_number_once(
    platform_of, shipped_tables, monkeypatch
):
    shop = platform_of(shipped_tables)
    shop.land("transactions", day(2), TRANSACTIONS)
    shop.load_bronze("transactions", [day(2)])
    ports = shop.ports
    with monkeypatch.context() as cut:
        cut.setattr(type(ports.journal), "record", lambda _journal, _entries: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            steps.publish_silver(ports, ports.table("transactions"), [day(2)], "cut off")

    assert not shop.sync().problems

    found = latest(shop.ports.lake)
    assert not found.duplicated(KEY).any()
    silver = found[(found["layer"] == "silver") & (found["table"] == "transactions")]
    told = dict(zip(silver["metric"], silver["value"], strict=True))
    assert "cut off" not in set(silver["run_id"])
    assert (told["row_count"], told["quarantined"], told["error_count"]) == (2, 1, 1)
    assert (told["amount_null_pct"], told["duplicate_pct"], told["files"]) == (0, 0, 1)
    assert min(told["bytes"], told["processing_time"], told["freshness_lag"]) > 0
    assert {"bronze", "silver", "gold"} == set(found["layer"])


def test_prometheus_reads_the_numbers_of_the_newest_dates(lake):
    record(
        lake,
        [
            measured(10.0),
            measured(12.0, on=TUESDAY),
            measured(5.0, on=TUESDAY, metric="total_null_pct"),
            measured(60.0, on=TUESDAY, metric="freshness_lag"),
            measured(8.0, of='say "hi"\n', metric="bytes"),
        ],
    )

    text = exposition(latest(lake), NINE)

    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    assert {(one.name, one.labels["table"], one.labels.get("column"), one.value) for one in samples} == {
        ("dataops_row_count", "orders", None, 12.0),
        ("dataops_null_pct", "orders", "total", 5.0),
        ("dataops_freshness_lag_seconds", "orders", None, 9 * 3600.0),
        ("dataops_bytes", 'say "hi"\n', None, 8.0),
    }


@pytest.mark.integration
def test_a_step_leaves_one_commit_of_numbers_and_one_in_the_journal_however_many_dates_it_is_of(
    platform_of, shipped_tables, monkeypatch
):
    small, commits = platform_of(shipped_tables), []
    append = DeltaLake.append

    def counted(lake, table, rows):
        commits.append(table)
        append(lake, table, rows)

    monkeypatch.setattr(DeltaLake, "append", counted)
    for number in range(2, 8):
        small.land("customers", day(number), "customer_id,name\nc1,Ann\n")

    assert not small.sync().problems

    steps = 3  # bronze, silver and gold of one table each
    assert commits.count("observability/metrics") == commits.count("observability/verdicts") == steps
    assert len(commits) <= 3 * steps


def test_a_broken_check_counts_until_its_date_is_measured_again_without_it(lake):
    broken = measured(3.0, metric="amount_is_valid_failed")
    record(lake, [measured(10.0), broken])
    assert numbers(lake)["orders", MONDAY, "amount_is_valid_failed"] == 3.0

    later = NINE + timedelta(minutes=5)
    record(lake, [measured(10.0, at=later)])

    assert numbers(lake) == {("orders", MONDAY, "row_count"): 10.0}
    assert "broken_rows" not in exposition(latest(lake), NINE)
    record(lake, [measured(10.0, at=later), measured(3.0, metric="amount_is_valid_warned", at=later)])
    families = {one.name: one for one in text_string_to_metric_families(exposition(latest(lake), NINE))}
    [sample] = families["dataops_broken_rows"].samples
    assert (sample.labels["check"], sample.value) == ("amount_is_valid", 3.0)
