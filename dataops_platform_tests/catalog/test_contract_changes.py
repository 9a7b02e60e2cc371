"""Changes of contracts: each is told, from what to what, and none that could break anybody passes for harmless."""

from dataclasses import replace
from datetime import date, timedelta

import pandera.pandas as pandera
import pytest
from pandera.engines import pandas_engine

from dataops_platform.catalog.contract_changes import changes
from dataops_platform.core.contract import Date, Money
from dataops_platform.errors import EnvironmentProblem
from dataops_platform_tests.catalog.promised import exported, payments, told, waiver, with_columns, without
from dataops_platform_tests.core.test_contract import JUDGED, TOLD, contract

CRITICAL_AMOUNT = with_columns(amount=pandera.Column(Money, nullable=False))
LOOSER_AND_TIGHTER: dict[str, tuple[dict, dict, str, str]] = {
    "a column that may be null": (
        {},
        {"columns": CRITICAL_AMOUNT},
        "column amount: may be null → every row needs a value",
        "column amount: every row needs a value → may be null",
    ),
    "a column that may be missing": (
        {},
        {"columns": without("status")},
        "column status removed",
        "column status added: string, may be null",
    ),
    "the parts of a date": (
        {},
        {"event_date": None},
        "columns year and month removed, of paid_on",
        "columns year and month added, of paid_on",
    ),
}


@pytest.mark.parametrize(
    ("looser", "tighter", "tightened", "loosened"), LOOSER_AND_TIGHTER.values(), ids=LOOSER_AND_TIGHTER
)
def test_what_lets_less_pass_is_breaking_and_the_way_back_is_widening(looser, tighter, tightened, loosened):
    one, other = payments(**looser), payments(**tighter)

    assert told(one, other) == [("breaking", tightened)]
    assert told(other, one) == [("widening", loosened)]


OTHERWISE = {
    "another type": (
        {"columns": with_columns(paid_on=pandera.Column(str, nullable=True))},
        "column paid_on: type date → string",
    ),
    "a wider type": (  # a table has to be rebuilt for it
        {"columns": with_columns(amount=pandera.Column(pandas_engine.Decimal(20, 2), nullable=True))},
        "column amount: type decimal(18,2) → decimal(20,2)",
    ),
    "key": (
        {"columns": CRITICAL_AMOUNT, "key": ("payment_id", "amount")},
        "key payment_id → payment_id + amount",
    ),
    "order of the key": (
        {"columns": CRITICAL_AMOUNT, "key": ("amount", "payment_id")},
        "key payment_id → amount + payment_id",
    ),
    "partitioning": (
        {"partitioned_by": ("status",)},
        "partitioned by ingestion_date → ingestion_date + status",
    ),
    "format": ({"formats": {"paid_on": "dd.MM.yyyy"}}, "column paid_on: written as ISO → dd.MM.yyyy"),
    "null values": ({"null_values": ("NA",)}, "null values none → 'NA'"),
    "encoding": ({"encoding": "latin-1"}, "encoding utf-8 → latin-1"),
    "another event date": (
        {
            "columns": with_columns(booked_on=pandera.Column(Date, nullable=True)),
            "event_date": "booked_on",
        },
        "year and month of paid_on → booked_on",
    ),
    "a new critical column": (
        {"columns": with_columns(payer=pandera.Column(str, nullable=False))},
        "column payer added, in which every row needs a value",
    ),
}


@pytest.mark.parametrize(("after", "text"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_is_asked_or_published_otherwise_is_breaking(after, text):
    assert ("breaking", text) in told(payments(), payments(**after))


NEUTRAL = {
    "description": ({"description": "Sums."}, "description 'One row for each payment.' → 'Sums.'"),
    "owner": ({"owner": "team:finance"}, "owner team:sales → team:finance"),
    "freshness": ({"freshness": timedelta(hours=2)}, "freshness 36 h → 2 h"),
    "classification": ({"public": ("status",)}, "column status: classification restricted → public"),
    "a column's description": (
        {"columns": with_columns(status=pandera.Column(str, nullable=True, description="How it is."))},
        "column status: description '' → 'How it is.'",
    ),
    "order": (
        {"columns": {name: with_columns()[name] for name in ("paid_on", "payment_id", "status", "amount")}},
        "order of columns payment_id, paid_on, amount, status → paid_on, payment_id, status, amount",
    ),
    "a waiver": (
        {"waivers": (waiver(),)},
        "waiver of key_is_unique added, until 2026-01-31 by team:sales: a merger",
    ),
}


@pytest.mark.parametrize(("after", "text"), NEUTRAL.values(), ids=NEUTRAL)
def test_what_lets_the_same_pass_is_neutral(after, text):
    assert told(payments(), payments(**after)) == [("neutral", text)]


def test_a_waiver_that_is_prolonged_ends_and_begins():
    longer = payments(waivers=(waiver(until=date(2026, 2, 28)),))

    found = told(payments(waivers=(waiver(),)), longer)

    assert [text.split(" by ")[0] for _, text in found] == [
        "waiver of key_is_unique ended, until 2026-01-31",
        "waiver of key_is_unique added, until 2026-02-28",
    ]


def test_tables_come_and_go():
    export = exported(payments())

    [come], [gone] = changes({}, {"payments": export}), changes({"payments": export}, {})

    assert (come.kind, come.table, come.text) == ("widening", "payments", "table added")
    assert (gone.kind, gone.table, gone.text) == ("breaking", "payments", "table removed")


def test_a_rule_that_reconciles_a_gold_table_is_one_of_its_rules():
    loose = replace(payments(), sources=("orders",))
    strict = replace(loose, reconciled=("no_order_is_lost",))

    [(kind, text)] = told(loose, strict)

    assert kind == "breaking"
    assert text.startswith("rule no_order_is_lost added")


def test_a_table_that_is_published_in_another_layer_breaks_its_readers():
    gold = replace(payments(), sources=("orders",))

    found = told(payments(), gold)

    assert found[0] == ("breaking", "published as silver/payments → gold/payments")
    assert not [text for _, text in found if text.startswith("rule ")]


def test_breaking_changes_are_told_first_and_tables_in_order():
    before = {name: exported(payments()) for name in ("b", "a")}
    after = {name: exported(payments(public=("status",), encoding="latin-1")) for name in ("b", "a")}

    found = [(change.table, change.kind) for change in changes(before, after)]

    assert found == [(name, kind) for name in "ab" for kind in ("breaking", "neutral", "neutral")]


@pytest.mark.parametrize("after", JUDGED.values(), ids=JUDGED)
def test_whatever_changes_a_contracts_version_is_told(after):
    before, after = (replace(payments(), contract=promised) for promised in (contract(), contract(**after)))

    assert told(before, after)


@pytest.mark.parametrize("after", TOLD.values(), ids=TOLD)
def test_whatever_leaves_a_contracts_version_is_neutral(after):
    before, after = (replace(payments(), contract=promised) for promised in (contract(), contract(**after)))

    assert {kind for kind, _ in told(before, after)} <= {"neutral"}


DAMAGE = {
    "no schema": lambda document: document.pop("schema"),
    "no quality": lambda document: document["schema"][0].pop("quality"),
    "an empty schema": lambda document: document["schema"].clear(),
    "no team": lambda document: document.update(team=None),
    "a column that is a text": lambda document: document["schema"][0]["properties"].append("x"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_export_that_was_cut_by_hand_is_named_and_what_to_do(damage):
    cut = exported(payments())
    damage(cut)

    with pytest.raises(EnvironmentProblem, match=r"contract of payments is not as .* Write the exports anew"):
        changes({"payments": cut}, {"payments": exported(payments())})


def test_a_date_that_may_be_refused_by_its_past_is_breaking():
    one, other = payments(), payments(anomalies={"row_count": "refuse", "duplicate_pct": "off"})

    assert ("breaking", "an unusual row_count refuses its date") in told(one, other)
    assert ("widening", "an unusual row_count refuses no more") in told(other, one)
