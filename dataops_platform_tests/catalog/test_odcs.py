"""Exported contracts are by the Open Data Contract Standard, tell everything, and are the same bytes each time."""

import json
import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandera.pandas as pandera
import pytest
import yaml
from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard

from dataops_platform.catalog.odcs import written
from dataops_platform.core.alerting import Alerts
from dataops_platform.core.arrivals import Arrivals
from dataops_platform.core.contract import Date, Money, TableContract, Thresholds, Timestamp
from dataops_platform.core.rules import Aggregate, Comparison, Limit, Reference, Required
from dataops_platform.tables import load_tables
from dataops_platform_tests.catalog.promised import exported, payments, waiver, with_columns

ROOT = Path(__file__).parents[2]
SHIPPED = {table.name: table for table in load_tables()}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

EVERYTHING = payments(
    columns=with_columns(
        paid_on=pandera.Column(Date, pandera.Check.in_range(date(2020, 1, 1), date(2030, 1, 1))),
        amount=pandera.Column(Money, [pandera.Check.gt(0), pandera.Check.le(Decimal("9.99"))]),
        booked_at=pandera.Column(Timestamp, pandera.Check.ge(NOON), nullable=True, description="When."),
        booked_on=pandera.Column(Date, nullable=True),
        rate=pandera.Column(float, pandera.Check.in_range(-0.5, float("inf"), include_max=False)),
        pieces=pandera.Column(int, [pandera.Check.isin(range(1, 12)), pandera.Check.ne(7)], nullable=True),
        is_paid=pandera.Column(bool, pandera.Check.eq(value=True), nullable=True),
        status=pandera.Column(
            str,
            [
                pandera.Check.isin(("OPEN", "CLOSED", None)),
                pandera.Check.notin({"LOST"}),
                pandera.Check.str_matches(re.compile("[A-Z]+")),
                pandera.Check.str_contains("E"),
                pandera.Check.str_startswith("O"),
                pandera.Check.str_endswith("N"),
                pandera.Check.str_length(1, 9),
            ],
            nullable=True,
        ),
    ),
    public=("status",),
    formats={"paid_on": "dd.MM.yyyy"},
    null_values=("NA", "-"),
    encoding="latin-1",
    partitioned_by=("status",),
    thresholds=Thresholds(max_null_ratio=0.07),
    freshness=timedelta(minutes=90),
    rules=(
        Comparison("paid_on", "<=", "booked_on"),
        Required("paid_on", when="status", equals=("CLOSED", "LATE")),
        Reference(("payment_id",), "orders"),
        Aggregate(column="status", statistic="distinct", at_least=2),
        Aggregate(column="amount", statistic="sum", at_least=Decimal("0.01"), at_most=1000),
        Aggregate(column="paid_on", statistic="max", at_least=timedelta(days=-7), refuses=False),
    ),
    limits={"amount_is_valid": Limit(warn=0.0, fail=0.25), "key_is_unique": Limit(fail=3)},
    waivers=(waiver(),),
)
TABLES = {**SHIPPED, "every kind": EVERYTHING}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_export_is_valid_by_the_standards_schema_and_model(table):
    document = yaml.safe_load(written(table))
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())

    wrong = [error.message for error in Draft201909Validator(schema).iter_errors(document)]
    model = OpenDataContractStandard(**document)

    assert not wrong
    assert (model.apiVersion, model.name, model.version) == (
        "v3.2.0",
        table.name,
        table.contract.version,
    )


def test_the_committed_exports_are_those_of_todays_contracts():
    """A table may be younger than its export: `dataops contracts diff` tells of it, and adding one stays one file."""
    paths = sorted((ROOT / "docs" / "contracts").glob("*.odcs.yaml"))

    committed = {path.name.removesuffix(".odcs.yaml"): path.read_text(encoding="utf-8") for path in paths}
    today = {name: written(table) for name, table in SHIPPED.items()}

    other = sorted(name for name in committed if committed[name] != today.get(name))
    assert committed
    assert not other, "run `dataops contracts export` and commit what it writes"


CHANGED = {
    "name": "refunds",
    "description": "Payments.",
    "owner": "team:finance",
    "columns": with_columns(paid_on=pandera.Column(Date, nullable=True, description="Day.")),
    "key": ("payment_id", "amount"),
    "event_date": None,
    "public": ("status",),
    "formats": {"paid_on": "dd.MM.yyyy"},
    "null_values": ("NA",),
    "encoding": "latin-1",
    "partitioned_by": ("status",),
    "thresholds": Thresholds(max_duplicate_ratio=0.5),
    "freshness": timedelta(hours=1),
    "arrivals": Arrivals(weekdays=(0,), holidays=(date(2026, 1, 1),)),
    "anomalies": {"row_count": "off"},
    "alerts": Alerts(channel="finance"),
    "rules": (Comparison("paid_on", "<=", "booked_on"),),
    "limits": {"key_is_unique": Limit(fail=0.5)},
    "waivers": (waiver(),),
}


def test_everything_that_a_contract_can_say_is_in_the_export():
    columns = with_columns(
        amount=pandera.Column(Money, nullable=False), booked_on=pandera.Column(Date, nullable=True)
    )
    usual = exported(payments(columns=columns))

    unsaid = [
        name
        for name, value in CHANGED.items()
        if differs_in_version_only(exported(payments(**{"columns": columns, name: value})), usual)
    ]

    assert set(CHANGED) == {field.name for field in fields(TableContract)}
    assert unsaid == []


def differs_in_version_only(one, other):
    return {**one, "version": None} == {**other, "version": None}


def test_a_column_is_told_with_type_key_partition_class_rules_and_what_they_let_pass():
    amount = pandera.Column(Money, pandera.Check.ge(Decimal("0.10")), nullable=False, description="Sum.")
    table = payments(
        columns=with_columns(amount=amount),
        key=("payment_id", "amount"),
        partitioned_by=("amount",),
        thresholds=Thresholds(max_null_ratio=0.07, null_ratio_needs_rows=50),
    )

    [schema] = exported(table)["schema"]

    assert schema["properties"][2] == {
        "name": "amount",
        "logicalType": "number",
        "physicalType": "decimal(18,2)",
        "description": "Sum.",
        "required": True,
        "classification": "restricted",
        "primaryKey": True,
        "primaryKeyPosition": 2,
        "partitioned": True,
        "partitionKeyPosition": 2,  # the first is ingestion_date
        "quality": [
            {
                "name": "amount_is_present",
                "type": "library",
                "metric": "nullValues",
                "mustBeLessOrEqualTo": 7,
                "unit": "percent",
                "customProperties": [
                    {"property": "limit", "value": {"warn": 0, "fail": Decimal("0.07"), "needs_rows": 50}}
                ],
            },
            {
                "name": "amount_is_valid",
                "type": "custom",
                "engine": "pandera",
                "implementation": {
                    "checks": [{"check": "greater_than_or_equal_to", "min_value": Decimal("0.1")}]
                },
                "customProperties": [
                    {"property": "limit", "value": {"warn": 0, "fail": None, "needs_rows": 0}}
                ],
            },
        ],
    }


def test_each_check_that_is_judged_is_told_by_its_name():
    [schema] = exported(EVERYTHING)["schema"]

    told = [check["name"] for column in schema["properties"] for check in column.get("quality", ())]
    told += [check["name"] for check in schema["quality"]]
    assert sorted(told) == sorted(EVERYTHING.contract.checks)


def test_a_gold_table_lets_no_broken_row_pass_unless_its_contract_says_so():
    gold = replace(payments(), sources=("orders",), reconciled=("no_order_is_lost",))
    lenient = replace(gold, contract=replace(gold.contract, limits={"key_is_unique": Limit(fail=0.5)}))

    [schema], [of_lenient] = exported(gold)["schema"], exported(lenient)["schema"]

    assert schema["physicalName"] == "gold/payments"
    assert [(check["name"], limit(check)["fail"]) for check in schema["quality"]] == [
        ("key_is_unique", 0),
        ("no_order_is_lost", 0),
    ]
    assert limit(of_lenient["quality"][0])["fail"] == Decimal("0.5")


def limit(check):
    [told] = check["customProperties"]
    return told["value"]


@pytest.mark.parametrize(
    ("freshness", "value", "unit"),
    [
        (timedelta(days=2), 2, "d"),
        (timedelta(days=1, hours=12), 36, "h"),
        (timedelta(minutes=90), 90, "min"),
        (timedelta(seconds=45), 45, "s"),
        (timedelta(milliseconds=1500), Decimal("1.5"), "s"),
    ],
    ids=str,
)
def test_freshness_is_a_service_level_in_the_largest_whole_unit(freshness, value, unit):
    [told] = exported(payments(freshness=freshness))["slaProperties"]

    assert (told["property"], told["value"], told["unit"]) == ("freshness", value, unit)


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (Decimal("9999999999999999.99"), Decimal("9999999999999999.99")),
        (Decimal("1E+3"), 1000),
        (0.1, Decimal("0.1")),
        (1e-7, Decimal("0.0000001")),
        (float("inf"), float("inf")),
        (np.int64(5), 5),
        (np.float64(0.5), Decimal("0.5")),
        (date(2026, 1, 1), "2026-01-01"),
        (NOON, "2026-01-01T12:00:00+00:00"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-01-01T12:00:00+00:00"),
        ("1e5", "1e5"),
        (np.str_("no"), "no"),
    ],
    ids=repr,
)
def test_a_bound_is_read_as_exactly_what_was_written(bound, told):
    amount = pandera.Column(Money, pandera.Check.ge(bound), nullable=True)

    [schema] = exported(payments(columns=with_columns(amount=amount)))["schema"]

    [check] = schema["properties"][2]["quality"][0]["implementation"]["checks"]
    assert check["min_value"] == told
    assert type(check["min_value"]) is type(told)


def test_an_export_does_not_depend_on_the_order_in_which_a_set_is_walked():
    one, other = ({first, second} for first, second in ((0, 8), (8, 0)))  # both meet in one slot
    columns = (
        pandera.Column(int, pandera.Check.isin(values), nullable=True, description="Pieces.")
        for values in (one, other)
    )

    texts = {written(payments(columns=with_columns(pieces=column))) for column in columns}

    assert list(one) != list(other)
    assert len(texts) == 1


def test_no_reader_of_yaml_takes_a_version_for_a_number(monkeypatch):
    monkeypatch.setattr(TableContract, "version", "123e45678901")

    assert "\nversion: '123e45678901'\n" in written(payments())


def test_what_is_said_twice_is_written_out_twice():
    assert not re.search(r"[&*]id\d", written(EVERYTHING))
