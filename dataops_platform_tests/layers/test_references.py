"""A row refers to one of another table: judged as of its ingestion date, and judged again when that changes."""

import dataclasses

import pandera.pandas as pandera
import pytest

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.contract_problems import refuse_bad_references
from dataops_platform.core.rules import Limit, Reference
from dataops_platform.errors import ContractProblem
from dataops_platform_tests.layers.small_platform import day

KNOWN = "visit_of_is_in_patients"


def table(name, *rules, limits=None, **columns):
    """A table with the key `<name>_id` whose rows are published as they land."""
    key = f"{name}_id"
    contract = TableContract(
        name=name,
        description=f"One row for each of {name}.",
        owner="team:clinic",
        key=(key,),
        columns={key: pandera.Column(str, nullable=False), **columns},
        rules=rules,
        limits=limits or {},
    )
    return Table(contract, lambda rows: rows)


def clinic(limit=None):
    """Visits of patients."""
    limits = {KNOWN: limit} if limit else {}
    visits = table(
        "visits",
        Reference(("visit_of",), "patients"),
        limits=limits,
        visit_of=pandera.Column(str, nullable=True),
    )
    return [table("patients"), visits]


@pytest.fixture
def small(platform_of):
    return platform_of(clinic())


def test_a_row_that_refers_to_nothing_known_is_held_and_its_neighbours_are_published(small):
    small.land("patients", day(2), "patients_id\np1\n")
    small.land("visits", day(2), "visits_id,visit_of\nv1,p1\nv2,p2\nv3,\n")

    small.sync()

    assert small.column("silver/visits", "visits_id") == ["v1", "v3"]
    [held] = small.rows("quarantine/visits")
    assert held["_reasons"] == [f"{KNOWN}: breaks visit_of is known in patients on the ingestion date"]


def test_what_is_known_later_was_not_known_on_the_ingestion_date(small):
    small.land("patients", day(4), "patients_id\np1\n")
    small.land("visits", day(3), "visits_id,visit_of\nv1,p1\n")
    small.land("visits", day(4), "visits_id,visit_of\nv2,p1\n")
    small.land("visits", day(5), "visits_id,visit_of\nv3,p1\n")

    small.sync()

    assert small.column("silver/visits", "visits_id") == ["v2", "v3"]


def test_a_late_file_of_what_is_referred_to_has_later_dates_judged_again_and_earlier_ones_left_alone(small):
    for number in (2, 3, 4):
        small.land("visits", day(number), f"visits_id,visit_of\nv{number},p1\n")
    small.sync()
    untouched = small.files("quarantine/visits", day(2))
    small.land("patients", day(3), "patients_id\np1\n")

    small.sync()

    assert small.column("silver/visits", "visits_id") == ["v3", "v4"]
    assert small.column("quarantine/visits", "visits_id") == ["v2"]
    assert small.files("quarantine/visits", day(2)) == untouched


def test_a_second_sync_has_nothing_to_do(small):
    small.land("patients", day(2), "patients_id\np1\n")
    small.land("visits", day(2), "visits_id,visit_of\nv1,p1\n")
    small.sync()

    assert not small.sync().due


def test_where_what_is_referred_to_was_refused_rows_are_judged_by_what_was_published_before(small):
    small.land("patients", day(2), "patients_id\np1\n")
    small.land("patients", day(3), "wrong_header\np2\n")
    small.land("visits", day(3), "visits_id,visit_of\nv1,p1\nv2,p2\n")

    small.sync()

    assert small.column("silver/visits", "visits_id") == ["v1"]


def test_a_limit_refuses_a_date_on_which_too_many_refer_to_nothing(platform_of):
    small = platform_of(clinic(Limit(fail=0.5)))
    small.land("patients", day(2), "patients_id\np1\n")
    small.land("visits", day(2), "visits_id,visit_of\nv1,p1\nv2,p2\n")
    small.land("visits", day(3), "visits_id,visit_of\nv3,p1\nv4,p2\nv5,p3\n")

    [problem] = small.sync().problems

    assert "visit_of is known in patients on the ingestion date is broken in 2 of 3 rows" in problem
    assert small.column("silver/visits", "visits_id") == ["v1"]


def test_columns_together_refer_to_a_key_of_several(platform_of):
    beds = table("beds", ward=pandera.Column(str, nullable=False))
    beds = dataclasses.replace(beds, contract=dataclasses.replace(beds.contract, key=("ward", "beds_id")))
    stays = table(
        "stays",
        Reference(("ward", "bed"), "beds"),
        ward=pandera.Column(str, nullable=True),
        bed=pandera.Column(str, nullable=True),
    )
    small = platform_of([beds, stays])
    small.land("beds", day(2), "ward,beds_id\nw1,b1\nw2,b2\n")
    small.land("stays", day(2), "stays_id,ward,bed\ns1,w1,b1\ns2,w1,b2\ns3,w2,\n")

    small.sync()

    assert small.column("silver/stays", "stays_id") == ["s1", "s3"]


def test_tables_may_refer_to_tables_that_refer_to_others(platform_of):
    invoices = table(
        "invoices", Reference(("invoice_of",), "visits"), invoice_of=pandera.Column(str, nullable=True)
    )
    small = platform_of([*clinic(), invoices])
    small.land("invoices", day(3), "invoices_id,invoice_of\ni1,v1\ni2,v2\n")
    small.sync()
    small.land("visits", day(2), "visits_id,visit_of\nv1,p1\nv2,p2\n")
    small.sync()
    assert small.column("silver/invoices", "invoices_id") == []
    small.land("patients", day(2), "patients_id\np1\n")

    small.sync()

    assert small.column("silver/invoices", "invoices_id") == ["i1"]
    assert not small.sync().due


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        (
            [table("visits", Reference(("visits_id",), "patients"))],
            r"Table visits: .* no file in tables/ declares patients; it may refer to visits\.",
        ),
        (
            [table("patients"), table("visits", Reference(("n",), "patients"), n=pandera.Column(int))],
            r"its columns are integer, and the key of patients \(patients_id\) is text",
        ),
        (
            [table("a", Reference(("a_id",), "b")), table("b", Reference(("b_id",), "a"))],
            "Tables (a → b → a|b → a → b) refer to each other in a circle",
        ),
    ],
)
def test_a_reference_that_cannot_be_judged_is_refused_when_definitions_load(tables, problem):
    with pytest.raises(ContractProblem, match=problem):
        refuse_bad_references(tables)


def test_a_reference_names_columns_of_its_table():
    with pytest.raises(ContractProblem, match="it names visit_of, which is not declared"):
        table("visits", Reference(("visit_of",), "patients"))
