"""Every contract: the same promises, held for each table that the package ships with."""

from datetime import date
from functools import cache

import dagster as dg
import pandas as pd
import pytest

from dataops_platform.quality.rules import broken_rules
from dataops_platform.quality.verdicts import check_names
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

TABLES = {table.name: table for table in load_tables()}
SOURCES = [name for name, table in TABLES.items() if not table.is_gold]
SOUND = {"text": "x", "date": "2026-01-05", "timestamp": "2026-01-05 06:00:00", "decimal": "12.50"}
SOUND |= {"integer": "7", "double": "0.5", "boolean": "true"}
BROKEN = "no such thing"


def row(contract, number, **changes):
    """The texts of a sound row, in declared order; its key and every text hold the number."""
    texts = {field.name: SOUND[field.kind] for field in contract.fields}
    texts |= {field.name: f"x{number}" for field in contract.fields if field.kind == "text"}
    return ",".join({**texts, **changes}.values())


def file_of(contract):
    """Five sound rows, one without a key, one of nulls where null is allowed, one broken in each typed column."""
    typed = [field.name for field in contract.fields if field.kind != "text"]
    rows = [
        *(row(contract, number) for number in range(5)),
        row(contract, 90, **{contract.key[0]: ""}),
        row(contract, 91, **{field.name: "" for field in contract.fields if not field.is_critical}),
        *(row(contract, number, **{column: BROKEN}) for number, column in enumerate(typed, 100)),
    ]
    return ",".join(contract.columns) + "\n" + "".join(f"{text}\n" for text in rows)


def places(rows):
    return sorted((found["_source_object"], found["_position"]) for found in rows)


@pytest.fixture(scope="module")
def platforms(engine, tmp_path_factory):
    """Makes a platform of one table with sound and broken rows brought to silver; each table's once."""
    with dg.DagsterInstance.ephemeral() as instance:

        @cache
        def made(name):
            small = SmallPlatform(tmp_path_factory.mktemp(name), engine, [TABLES[name]], instance)
            small.land(name, day(2), file_of(TABLES[name].contract))
            assert small.sync().problems == []
            return small

        yield made


@pytest.fixture(params=SOURCES)
def loaded(request, platforms):
    """A platform of one table, as `platforms` makes it; for each table in turn."""
    return platforms(request.param)


def test_accepted_rows_pass_panderas_own_validation(loaded):
    [table] = loaded.tables
    rows = loaded.rows(f"silver/{table.name}")
    accepted = pd.DataFrame(rows, columns=list(table.contract.columns), dtype=object)

    table.contract.schema.validate(accepted, lazy=True)

    assert len(rows) == 6


def test_accepted_and_rejected_rows_are_all_rows(loaded):
    [name] = (table.name for table in loaded.tables)
    silver, quarantine = loaded.rows(f"silver/{name}"), loaded.rows(f"quarantine/{name}")

    assert places(silver + quarantine) == places(loaded.rows(f"bronze/{name}"))
    assert all(found["_reasons"] for found in quarantine)


def test_judging_a_date_again_changes_nothing(loaded):
    [name] = (table.name for table in loaded.tables)
    keys = [f"{layer}/{name}" for layer in ("bronze", "silver", "quarantine")]
    before = {key: sorted(map(repr, loaded.rows(key))) for key in keys}

    assert loaded.run_range(day(2), day(2), *keys).success

    assert {key: sorted(map(repr, loaded.rows(key))) for key in keys} == before


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_of_the_contract_can_be_judged(engine, name):
    assert engine.session is not None

    broken_rules(TABLES[name].contract)


@pytest.mark.parametrize("name", TABLES)
def test_people_are_told_what_a_row_and_each_column_is_and_whom_to_ask(name):
    contract = TABLES[name].contract

    assert contract.description.endswith(".")
    assert contract.owner.startswith("team:")
    assert all(field.description for field in contract.fields)


@pytest.mark.parametrize("name", TABLES)
def test_every_critical_column_has_a_check(name):
    contract = TABLES[name].contract

    assert {f"{column}_is_present" for column in contract.critical} <= set(check_names(contract))
    assert "key_is_unique" in check_names(contract)


@pytest.mark.parametrize(
    ("name", "critical"),
    [
        ("customers", ("customer_id",)),
        ("transactions", ("customer_id", "transaction_id", "transaction_date", "amount")),
        ("products", ("product_id",)),
        ("web_events", ("event_id",)),
        ("support_tickets", ("ticket_id",)),
    ],
)
def test_these_columns_are_critical_and_no_other(name, critical):
    assert TABLES[name].contract.critical == critical


@pytest.mark.parametrize("name", ["transactions", "products"])
def test_money_is_not_negative_and_exact_to_the_cent(platform_of, name):
    contract = TABLES[name].contract
    [money] = (field.name for field in contract.fields if field.kind == "decimal")
    small = platform_of([TABLES[name]])
    texts = ["0.00", "-0.01", "2.675", "2.68"]
    rows = "".join(row(contract, n, **{money: text}) + "\n" for n, text in enumerate(texts))
    small.land(name, day(2), ",".join(contract.columns) + "\n" + rows)

    small.sync()

    assert [str(value) for value in small.column(f"silver/{name}", money)] == ["0.00", "2.68"]


def test_the_event_date_gives_year_and_month(platform_of):
    small = platform_of([TABLES["web_events"]])
    small.land("web_events", day(2), "event_id,event_date\ne1,2025-12-31\n")

    small.sync()

    [found] = small.rows("silver/web_events")
    assert (found["event_date"], found["year"], found["month"]) == (date(2025, 12, 31), 2025, 12)
