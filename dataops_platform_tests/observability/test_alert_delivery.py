"""Alerts on their way out: at least once, not at night, not a hundred at a time, and without a secret or a value."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dataops_platform.core.alerting import AlertRules, Alerts
from dataops_platform.errors import ContractProblem
from dataops_platform.observability.alert_delivery import Audiences, deliver
from dataops_platform.observability.incidents import SETTLES_IN, advanced, history, record
from dataops_platform.observability.signs import Sign
from dataops_platform_tests.list_channel import ListChannel
from dataops_platform_tests.observability.remembered import orders

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
RULES = AlertRules(runs_url="http://dagster.example/")


@pytest.fixture
def channel():
    return ListChannel()


@pytest.fixture
def seen(lake):
    """Somebody has looked, and these tables were refused."""

    def look(*tables, at=NINE, kind="refused"):
        found = [
            Sign(kind, table, (date(2026, 3, 8),), f"{table}: 3 of 9 rows.", "The source.", at, "run-1")
            for table in tables
        ]
        record(lake, advanced(history(lake), found, {}, at))

    return look


def test_a_message_tells_table_dates_what_since_when_cause_and_run(lake, channel, seen):
    seen("orders")

    assert deliver(lake, channel, RULES, NINE) is None

    [message] = channel.found
    assert message.title == "orders: refused"
    assert message.body.split("\n") == [
        "orders: 3 of 9 rows.",
        "Dates: 2026-03-08",
        "Since: 2026-03-09 09:00 UTC",
        "Likely cause: The source.",
        "Run: http://dagster.example/runs/run-1",
    ]


def test_what_was_told_is_not_told_again(lake, channel, seen):
    seen("orders")
    for minute in range(5):
        deliver(lake, channel, RULES, NINE + timedelta(minutes=minute))

    assert channel.titles == ["orders: refused"]


def test_a_channel_that_is_down_for_hours_gets_everything_when_it_is_back(lake, channel, seen):
    channel.is_up = False
    seen("orders")
    for hour in range(5):
        assert deliver(lake, channel, RULES, NINE + timedelta(hours=hour)) == "List is away."
    seen("orders", "customers", at=NINE + timedelta(hours=5))
    channel.is_up = True

    deliver(lake, channel, RULES, NINE + timedelta(hours=6))

    assert channel.titles == ["orders: refused", "customers: refused"]


def test_an_incident_that_is_over_before_anybody_heard_is_told_once_as_over(lake, channel, seen):
    channel.is_up = False
    seen("orders")
    deliver(lake, channel, RULES, NINE)
    seen(at=NINE + timedelta(hours=1))
    seen(at=NINE + timedelta(hours=1) + SETTLES_IN)
    channel.is_up = True

    for hour in (2, 3):
        deliver(lake, channel, RULES, NINE + timedelta(hours=hour))

    assert channel.titles == ["Recovered: orders: refused"]
    assert "Since: 2026-03-09 09:00 UTC, over at 2026-03-09 10:10 UTC" in channel.found[0].body


def test_a_crash_between_telling_and_its_receipt_tells_again(lake, channel, seen, monkeypatch):
    seen("orders")
    with monkeypatch.context() as cut:
        cut.setattr("dataops_platform.observability.outbox.receive", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(lake, channel, RULES, NINE)

    deliver(lake, channel, RULES, NINE)

    assert channel.titles == ["orders: refused"] * 2


def test_nobody_is_told_in_quiet_hours_and_everybody_after_them(lake, channel, seen):
    rules = AlertRules(quiet=(22, 6))
    night = NINE.replace(hour=23)
    seen("orders", at=night)

    for hours in range(7):
        deliver(lake, channel, rules, night + timedelta(hours=hours))
        assert channel.found == []
    deliver(lake, channel, rules, night + timedelta(hours=7))

    assert channel.titles == ["orders: refused"]


@pytest.mark.parametrize(
    ("quiet", "silent"), [((22, 6), {22, 23, 0, 5}), ((1, 4), {1, 2, 3}), ((6, 6), set()), (None, set())]
)
def test_quiet_hours_may_pass_midnight(quiet, silent):
    found = {hour for hour in range(24) if AlertRules(quiet=quiet).is_quiet(NINE.replace(hour=hour))}

    assert found >= silent
    assert 12 not in found
    assert (6 in found) is False


def test_more_than_the_cap_comes_as_one_message(lake, channel, seen):
    seen(*(f"table_{number:03}" for number in range(100)))
    rules = AlertRules(most_an_hour=5)

    for minute in range(10):
        deliver(lake, channel, rules, NINE + timedelta(minutes=minute))

    assert len(channel.found) == 5
    assert channel.titles[-1] == "96 more messages in one"
    assert all(f"table_{number:03}" in "".join(map(str, channel.found)) for number in range(100))


def test_what_is_over_the_cap_waits_for_the_next_hour(lake, channel, seen):
    rules = AlertRules(most_an_hour=1)
    seen("orders")
    deliver(lake, channel, rules, NINE)
    seen("orders", "customers", at=NINE + timedelta(minutes=5))
    deliver(lake, channel, rules, NINE + timedelta(minutes=6))
    assert channel.titles == ["orders: refused"]

    deliver(lake, channel, rules, NINE + timedelta(minutes=61))

    assert channel.titles == ["orders: refused", "customers: refused"]


def test_a_new_channel_hears_of_what_is_open_and_not_of_old_stories(lake, channel, seen):
    seen("orders", "customers")
    seen("customers", at=NINE + timedelta(hours=1))
    seen("customers", at=NINE + timedelta(hours=1) + SETTLES_IN)

    deliver(lake, channel, RULES, NINE + timedelta(days=10))

    assert channel.titles == ["customers: refused"]


ORDERS = orders()
URGENT = replace(ORDERS, contract=replace(ORDERS.contract, alerts=Alerts(channel="sales", severity="urgent")))


def audiences(table, *names):
    return Audiences({"orders": table}, frozenset(names))


def test_a_table_is_told_of_to_those_its_contract_names_and_all_others_to_everybody(lake, seen):
    seen("orders", "landing_sensor")
    sales, everybody = ListChannel("sales"), ListChannel()

    for channel in (sales, everybody):
        deliver(lake, channel, RULES, NINE, audiences(URGENT, "sales", ""))

    assert sales.titles == ["Urgent: orders: refused"]
    assert everybody.titles == ["landing_sensor: refused"]


def test_where_no_address_bears_the_name_everybody_is_told(lake, seen):
    seen("orders")
    everybody = ListChannel()

    deliver(lake, everybody, RULES, NINE, audiences(URGENT, ""))

    assert everybody.titles == ["Urgent: orders: refused"]


def test_quiet_hours_hold_back_what_is_not_urgent(lake, seen):
    seen("orders", "products")
    quiet, sales, everybody = AlertRules(quiet=(8, 10)), ListChannel("sales"), ListChannel()

    for channel in (sales, everybody):
        deliver(lake, channel, quiet, NINE, audiences(URGENT, "sales", ""))

    assert sales.titles == ["Urgent: orders: refused"]
    assert everybody.titles == []


def test_a_message_names_the_owner_and_links_to_the_page(lake, channel, seen):
    seen("orders")

    deliver(lake, channel, AlertRules(pages_url="https://pages.example/"), NINE, audiences(ORDERS, ""))

    [message] = channel.found
    assert f"Owner: {ORDERS.contract.owner}" in message.body
    assert "Page: https://pages.example/tables/silver-orders.html" in message.body


def test_a_severity_that_nobody_knows_is_refused_when_the_contract_is_written():
    with pytest.raises(ContractProblem, match="'critical': write normal or urgent"):
        Alerts(severity="critical")  # type: ignore[arg-type]
