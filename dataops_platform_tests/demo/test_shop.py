"""The demo's landing files: the same for the same seed, like a real shop's, wrong where they say so."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from typing import get_args

import pytest

from dataops_platform.demo.landing_file import Kind
from dataops_platform.demo.shop import Sample, make_sample
from dataops_platform_tests.demo.reread import KEYS, Row, health_scores, partition_of, rows, values_in

REFUSED = date(2026, 6, 18)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="module")
def reread(sample: Sample) -> list[Row]:
    return rows(sample)


def fingerprint(sample: Sample) -> str:
    return hashlib.sha256(b"".join(file.key.encode() + file.body for file in sample.files)).hexdigest()


def test_the_same_seed_gives_the_same_bytes(sample: Sample) -> None:
    again = make_sample()

    assert again.files == sample.files
    assert again.defects == sample.defects


def test_another_seed_gives_another_shop(sample: Sample) -> None:
    assert fingerprint(make_sample(seed=8)) != fingerprint(sample)


@pytest.mark.parametrize("seed", [7, 8, 2026])
@pytest.mark.parametrize("wave", [1, 2])
def test_what_is_expected_is_what_a_second_reading_of_the_files_finds(seed: int, wave: int) -> None:
    sample = make_sample(seed=seed)

    found = rows(sample, after_wave=wave)
    for table in KEYS:
        expected, of_table = sample.expected(table, after_wave=wave), [r for r in found if r.table == table]
        by_check = Counter(check for row in of_table for check in row.reasons)
        assert by_check == expected.quarantined_by_check
        assert len(of_table) == expected.bronze_rows
        assert sum(not row.reasons for row in of_table) == expected.silver_rows
        refused = {row.day for row in of_table if "partition_is_accepted" in row.reasons}
        assert refused == set(expected.refused_dates)


def test_every_row_is_expected_in_silver_or_in_quarantine(sample: Sample) -> None:
    for table in sample.tables:
        expected = sample.expected(table)
        assert expected.bronze_rows == expected.silver_rows + expected.quarantine_rows


def test_every_file_version_is_counted_as_landed(sample: Sample) -> None:
    landed = Counter(partition_of(file)[0] for file in sample.files)

    assert {table: sample.expected(table).files for table in sample.tables} == landed


def test_every_planted_defect_lies_in_its_partition_and_no_other_does(
    sample: Sample, reread: list[Row]
) -> None:
    planted: Counter[tuple[str, date, str]] = Counter()
    for defect in sample.defects:
        if defect.check:
            planted[defect.table, defect.ingestion_date, defect.check] += defect.rows

    assert planted == Counter((row.table, row.day, check) for row in reread for check in row.reasons)


def test_every_kind_of_defect_occurs_and_the_common_ones_in_several_tables(sample: Sample) -> None:
    tables: dict[str, set[str]] = {kind: set() for kind in get_args(Kind)}
    for defect in sample.defects:
        tables[defect.kind].add(defect.table)

    assert all(tables.values())
    common = ("null", "duplicate", "bad_amount", "bad_date", "ragged_line")
    assert {kind: len(tables[kind]) for kind in common if len(tables[kind]) < 2} == {}


def test_no_row_has_two_defects_outside_the_refused_partition(reread: list[Row]) -> None:
    assert [r for r in reread if len(r.reasons) > 1 and (r.table, r.day) != ("transactions", REFUSED)] == []


def test_a_quarter_of_the_refused_partition_has_no_customer(reread: list[Row]) -> None:
    partition = [row for row in reread if (row.table, row.day) == ("transactions", REFUSED)]
    reasons = Counter(tuple(sorted(row.reasons)) for row in partition)

    assert len(partition) > 100
    assert reasons == {
        ("customer_id_is_present", "partition_is_accepted"): len(partition) // 4,
        ("partition_is_accepted",): len(partition) - len(partition) // 4,
    }


def test_the_second_wave_brings_one_new_file_for_an_early_date_and_mends_another(sample: Sample) -> None:
    first = {file.key: file for file in sample.files if file.wave == 1}
    late, mended = sorted((f for f in sample.files if f.wave == 2), key=lambda file: file.key in first)

    assert partition_of(late) == ("transactions", date(2026, 6, 5))
    assert [value["amount"] for value in values_in(mended.key, first[mended.key].body)].count("n/a") == 6
    assert not any(value["amount"] == "n/a" for value in values_in(mended.key, mended.body))
    assert len(list(values_in(mended.key, mended.body))) == len(
        list(values_in(mended.key, first[mended.key].body))
    )


def test_repeated_rows_occur_within_one_file_and_across_two_of_a_date(sample: Sample) -> None:
    for table, day in (("transactions", "2026-06-10"), ("web_events", "2026-06-20")):
        files = [file for file in sample.files if file.key.startswith(f"{table}/dt={day}/")]
        first, second = (
            {tuple(values[name] for name in KEYS[table]) for values in values_in(file.key, file.body)}
            for file in files
        )
        assert first & second


def test_thirty_dates_have_landed_as_csv_jsonl_parquet_and_gzip(sample: Sample) -> None:
    dates = {partition_of(file)[1] for file in sample.files}
    endings = Counter(file.key.rpartition("/")[2].partition(".")[2] for file in sample.files)

    assert (min(dates), max(dates), len(dates)) == (date(2026, 6, 1), date(2026, 6, 30), 30)
    assert endings.keys() == {"csv", "jsonl", "jsonl.gz", "parquet"}


def test_days_are_as_busy_as_a_small_shop_and_no_other_partition_is_near_a_limit(reread: list[Row]) -> None:
    sizes: dict[str, list[int]] = {}
    for (table, _), count in sorted(Counter((row.table, row.day) for row in reread).items()):
        sizes.setdefault(table, []).append(count)

    assert all(120 <= count <= 165 for count in sizes["transactions"])
    assert all(15 <= count <= 45 for count in sizes["customers"][1:])
    assert sizes["customers"][0] >= 200
    assert all(10 <= count <= 20 for count in sizes["support_tickets"])
    assert all(270 <= count <= 330 for count in sizes["web_events"])


def test_payments_are_of_customers_and_products_that_landed_before_or_with_them(reread: list[Row]) -> None:
    known: dict[str, date] = {}
    for row in sorted(reread, key=lambda row: row.day):
        if row.table in {"customers", "products"} and row.values:
            known.setdefault(row.values[KEYS[row.table][0]] or "", row.day)
    payments = [row for row in reread if row.table == "transactions" and not row.reasons]

    # A customer who landed without an identifier, or on a line that cannot be read, is unknown here too.
    strangers = {
        row.values[column]
        for row in payments
        for column in ("customer_id", "product_id")
        if known.get(row.values[column] or "", date.max) > row.day
    }
    assert len(strangers) <= 3


def test_addresses_are_as_untidy_as_people_type_them(reread: list[Row]) -> None:
    addresses = [row.values["email"] for row in reread if row.table == "customers" and row.values]

    assert None in addresses
    assert any(address != address.strip() for address in addresses if address)
    assert any(address != address.lower() for address in addresses if address)


@pytest.mark.parametrize("seed", [7, 8, 2026])
def test_every_health_score_has_its_customers_on_the_last_date(seed: int) -> None:
    scores = health_scores(rows(make_sample(seed=seed)), date(2026, 6, 30))

    assert scores.keys() == {100, 80, 60, 40, 30, 20}
    assert min(scores.values()) >= 10
