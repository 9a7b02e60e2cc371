"""The history of contracts: what was in force is kept once, and what changed is told."""

from datetime import timedelta

import pandera.pandas as pandera
import pytest

from dataops_platform.catalog.contract_history import contract_history, keep_contracts
from dataops_platform_tests.catalog.found_lake import NOW
from dataops_platform_tests.catalog.promised import payments, with_columns, without

OLD = payments(columns=without("status"))
NEW = payments(columns=with_columns(status=pandera.Column(str, nullable=False)))


def kept(found):
    return [one.key for one in found.store.objects("catalog/contracts/")]


def test_a_contract_that_changes_and_changes_back_is_told_both_times_newest_first(found):
    for days, table in enumerate((OLD, OLD, NEW, OLD)):
        keep_contracts([table], found.store, NOW + timedelta(days=days))

    back, there = contract_history(found.store)

    assert len(kept(found)) == 3
    assert (there.at, back.at) == (NOW + timedelta(days=2), NOW + timedelta(days=3))
    added = ("breaking", "column status added, in which every row needs a value")
    assert added in [(one.kind, one.text) for one in there.changes]
    assert ("breaking", "column status removed") in [(one.kind, one.text) for one in back.changes]


def test_a_text_that_judges_nothing_is_told_too(found):
    for days, text in enumerate(("One row for each payment.", "One row for each payment that was made.")):
        keep_contracts([payments(description=text)], found.store, NOW + timedelta(days=days))

    [told] = contract_history(found.store)

    assert [one.kind for one in told.changes] == ["neutral"]


@pytest.mark.parametrize("body", [b"a: [", b"\xff", b"null", b"a: 1"])
def test_a_damaged_contract_is_left_out_and_the_rest_is_told(found, body):
    for days, table in enumerate((OLD, NEW, OLD)):
        keep_contracts([table], found.store, NOW + timedelta(days=days))
    found.store.put(kept(found)[1], body)
    found.store.put("catalog/contracts/payments/notes.txt", b"mine")

    assert len(contract_history(found.store)) < 2


def test_what_was_never_kept_has_no_history(found):
    assert contract_history(found.store) == []
