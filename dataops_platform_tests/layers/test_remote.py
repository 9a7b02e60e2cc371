"""What travels between a step that another machine does and whoever asked for it: JSON, and nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from dataops_platform import errors
from dataops_platform.core.ports import PartitionFacts, Publication
from dataops_platform.core.remote_steps import StepOrder
from dataops_platform.core.verdict import Check, Verdict
from dataops_platform.errors import PlatformError, PublishRefused, UnclearRequest, WriteConflict
from dataops_platform.layers.remote import answer, failure, read
from dataops_platform.layers.steps import StepResult
from dataops_platform.quality.profile import ColumnProfile

DAY = date(2026, 1, 1)
ORDER = StepOrder("silver", "transactions", (DAY, date(2026, 1, 2)), "a-run", 1, "team:sales")
RESULT = StepResult(
    [DAY],
    published={
        "silver": [Publication(3, {DAY: PartitionFacts(2, 1, 900, datetime(2026, 1, 3, tzinfo=UTC))})]
    },
    verdicts=[
        Verdict(
            "transactions",
            DAY,
            3,
            2,
            0,
            (Check("key_is_unique", 3, 1, None, "one"),),
            {"duplicate_pct": 33.3},
        )
    ],
    profiles=[
        ColumnProfile(DAY, "amount", 2, 0, 2, 2, "1", "2", 1.5, (1.0,), (1.0, 2.0), (2,), (("1", 1),)),
    ],
    files={DAY: 1},
    usual={DAY: [Check("row_count_is_usual", 0, 0, warning="too little history")]},
)


def through_json(told):
    return json.loads(json.dumps(told))


def test_a_result_comes_back_as_it_was_sent():
    came = read(through_json(answer(RESULT)))

    came.started = RESULT.started
    assert came == RESULT


def test_the_time_a_step_took_is_not_told_by_another_machines_clock():
    assert "started" not in answer(RESULT)["result"]


def test_an_order_comes_back_as_it_was_sent():
    assert StepOrder.from_json(through_json(ORDER.as_json())) == ORDER


@pytest.mark.parametrize(
    "wrong", [{}, {"dates": ["soon"]}, {"layer": "raw"}, {"colour": "red"}, {"dates": None}]
)
def test_an_order_in_other_words_is_refused(wrong):
    told = ORDER.as_json()
    told = {**told, **wrong} if wrong else {}

    with pytest.raises(UnclearRequest, match="nothing was done"):
        StepOrder.from_json(told)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PlatformError)],
)
def test_every_error_comes_back_of_its_kind_and_in_its_words(kind):
    with pytest.raises(kind) as raised:
        read(through_json(failure(kind("transactions 2026-01-01: what to do"))))

    assert type(raised.value) is kind
    assert str(raised.value) == "transactions 2026-01-01: what to do"


def test_a_conflict_is_worth_another_try_there_as_here():
    with pytest.raises(PublishRefused) as raised:
        read(failure(WriteConflict("first")))

    assert raised.value.is_transient


def test_an_error_nobody_foresaw_is_told_by_its_kind_alone():
    with pytest.raises(PlatformError, match="KeyError") as raised:
        read(failure(KeyError("ann@example.com")))

    assert "ann@example.com" not in str(raised.value)
