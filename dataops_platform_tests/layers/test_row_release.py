"""Single rows of quarantine are published as they are, where they do nothing but break rules."""

import re

import pandera.pandas as pandera
import pytest

from dataops_platform.core.contract import Money, Table, TableContract
from dataops_platform.core.ports import RowPlace
from dataops_platform.core.rules import Comparison
from dataops_platform.errors import NoSuchPartition, UnclearRequest
from dataops_platform.layers.row_release import places, release_rows
from dataops_platform_tests.layers.small_platform import day

BILLS = Table(
    TableContract(
        name="bills",
        description="One row for each bill.",
        owner="team:sales",
        key=("bill_id",),
        columns={
            "bill_id": pandera.Column(str, nullable=False),
            "net": pandera.Column(Money, pandera.Check.ge(0), nullable=False),
            "gross": pandera.Column(Money, nullable=True),
        },
        rules=(Comparison("net", "<=", "gross"),),
    ),
    lambda rows: rows,
)
ANN = {"by": "ann", "reason": "a refund"}
#: Rows 2 and 3 break rules; 4 has no number, 5 none at all.
TEXT = "bill_id,net,gross\nb1,1,2\nb2,-5,9\nb3,-3,-4\nb4,x,9\nb5,,9\n" + "".join(
    f"c{n},1,2\n" for n in range(20)
)


@pytest.fixture
def small(platform_of):
    """Bills of one date, of which four are held."""
    small = platform_of([BILLS])
    small.land("bills", day(2), TEXT)
    small.sync()
    assert small.column("quarantine/bills", "_position") == [2, 3, 4, 5]
    return small


def place(small, position):
    """Where a row landed."""
    [found] = {row["_source_object"] for row in small.rows("bronze/bills")}
    return RowPlace(found, position)


def release(small, *positions):
    """These rows are released, and what is due then is done."""
    fresh = release_rows(small.ports, BILLS, day(2), [place(small, n) for n in positions], **ANN)
    small.sync()
    assert len(small.rows("silver/bills")) + len(small.rows("quarantine/bills")) == 25
    return [row.position for row in fresh]


def test_a_released_row_is_published_and_its_neighbours_stay(small):
    assert release(small, 2) == [2]

    assert {"b1", "b2"} <= set(small.column("silver/bills", "bill_id"))
    assert small.column("quarantine/bills", "_position") == [3, 4, 5]


def test_releasing_a_row_twice_changes_nothing_and_another_is_released_beside_it(small):
    release(small, 2)
    files = small.files("silver/bills", day(2))

    assert release(small, 2) == []

    assert small.files("silver/bills", day(2)) == files
    assert release(small, 2, 3) == [3]
    assert small.column("quarantine/bills", "_position") == [4, 5]


@pytest.mark.parametrize(("position", "check"), [(4, "net_is_valid"), (5, "net_is_present")])
def test_a_row_without_a_usable_value_cannot_be_released_and_then_none_is(small, position, check):
    with pytest.raises(
        NoSuchPartition, match=rf"row {position} of .* cannot be published as it is \({check}\)"
    ):
        release_rows(small.ports, BILLS, day(2), [place(small, 2), place(small, position)], **ANN)

    assert not small.sync().due


def test_a_row_that_is_not_held_cannot_be_released(small):
    with pytest.raises(NoSuchPartition, match="does not hold row 1 of"):
        release_rows(small.ports, BILLS, day(2), [place(small, 1)], **ANN)


def test_a_file_that_lands_later_makes_the_release_void(small):
    release(small, 2)
    small.land("bills", day(2), TEXT.replace("b1,1,2", "b1,1,3"))

    small.sync()

    assert small.column("quarantine/bills", "_position") == [2, 3, 4, 5]


def test_of_a_refused_date_released_rows_count_as_sound(platform_of):
    small = platform_of([BILLS])
    small.land(
        "bills", day(2), "bill_id,net,gross\nb1,1,2\nb1,1,2\nb2,-5,9\n"
    )  # refused: half of the keys repeat
    small.sync()
    release_rows(small.ports, BILLS, day(2), [place(small, 3)], **ANN)

    [problem] = small.sync().problems

    assert "1 key (bill_id) occurs more than once" in problem
    assert "net_is_valid" not in " ".join(small.rows("quarantine/bills")[2]["_reasons"])


def test_the_rows_that_break_a_check_and_can_be_published_are_found(small):
    [file] = {row["_source_object"] for row in small.rows("bronze/bills")}

    found = places(small.ports, BILLS, day(2), [f"{file}:3", f"{file}:9"], check="net_is_valid")

    assert [row.position for row in found] == [2, 3, 9], "row 4 breaks it too, but has no number"


@pytest.mark.parametrize(
    ("rows", "check", "problem"),
    [
        ([], "", "Say which rows"),
        (["a.csv"], "", "'a.csv' names no row"),
        ([":3"], "", "':3' names no row"),
        ([], "net_is_vald", "bills has no check 'net_is_vald'. Did you mean 'net_is_valid'?"),
    ],
)
def test_what_names_no_rows_is_refused_with_what_to_write(small, rows, check, problem):
    with pytest.raises(UnclearRequest, match=re.escape(problem)):
        places(small.ports, BILLS, day(2), rows, check=check)
