"""As-of joins: the set-based query gives what a plain loop over dates and rows gives."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import reduce

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame

from dataops_platform.core.as_of import AsOf, count, endings, latest, total, versions

SCHEMA = pa.schema(
    {
        "ticket": pa.string(),
        "ingestion_date": pa.date32(),
        "owner": pa.string(),
        "status": pa.string(),
        "amount": pa.decimal128(18, 2),
        "opened": pa.date32(),
    }
)
DAYS = [date(2026, 1, number) for number in range(1, 6)]

VERSIONS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from(DAYS)),
    st.tuples(
        st.sampled_from("xy"),
        st.sampled_from(["OPEN", "CLOSED", None]),
        st.none() | st.decimals(0, 9, places=2),
        st.none() | st.sampled_from(DAYS),
    ),
    min_size=1,
    max_size=8,
)


def table(rows):
    found = [dict(zip(SCHEMA.names, (*key, *values), strict=True)) for key, values in rows.items()]
    return pa.Table.from_pylist(found, SCHEMA)


def all_versions(rows, parts=1):
    ended = (endings(rows, ("ticket",), part=part, of=parts) for part in range(parts))
    return versions(rows, ("ticket",), reduce(DataFrame.unionByName, ended))


def known(rows, day):
    """Of each ticket the version ingested last, up to and including that day."""
    last = {}
    for (ticket, ingested), values in sorted(rows.items(), key=lambda item: item[0][1]):
        if ingested <= day:
            last[ticket] = values
    return last


def by_owner(rows, day):
    groups = defaultdict(list)
    for owner, status, amount, opened in known(rows, day).values():
        groups[owner].append((status, amount, opened))
    return {
        (day, owner): (
            len(found),
            sum(status == "OPEN" for status, *_ in found),
            sum(amounts) if (amounts := [a for _, a, _ in found if a is not None]) else None,
            max((opened for *_, opened in found if opened), default=None),
        )
        for owner, found in groups.items()
    }


@settings(max_examples=30)
@given(
    rows=VERSIONS,
    days=st.lists(st.sampled_from(DAYS), unique=True, min_size=1),
    parts=st.sampled_from([1, 2, 7]),
)
def test_what_is_known_and_measured_as_of_each_date_equals_a_plain_loop(engine, rows, days, parts):
    session = engine.session
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(days, pa.date32())})))
    source = all_versions(session.createDataFrame(table(rows)), parts)

    seen = as_of.known(source).select("ingestion_date", "ticket", "owner").toArrow().to_pylist()
    measured = as_of.per(
        "owner",
        source,
        tickets=count(),
        still_open=count("status", equals="OPEN"),
        spent=total("amount"),
        last=latest("opened"),
    )
    names = ("tickets", "still_open", "spent", "last")
    got = {
        (row["ingestion_date"], row["owner"]): tuple(row[name] for name in names)
        for row in measured.toArrow().to_pylist()
    }

    assert sorted(tuple(row.values()) for row in seen) == sorted(
        (day, ticket, values[0]) for day in days for ticket, values in known(rows, day).items()
    )
    assert got == {key: values for day in days for key, values in by_owner(rows, day).items()}


def test_sums_of_money_stay_exact(engine):
    session = engine.session
    rows = {(str(n), DAYS[0]): ("x", None, Decimal("0.10"), None) for n in range(10)}
    as_of = AsOf(session.createDataFrame(pa.table({"ingestion_date": pa.array(DAYS[:1], pa.date32())})))

    spent = as_of.per("owner", all_versions(session.createDataFrame(table(rows))), spent=total("amount"))

    assert spent.toArrow().column("spent").to_pylist() == [Decimal("1.00")]
