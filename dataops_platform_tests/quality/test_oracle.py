"""The oracles: whatever a contract asks and whatever lands, it is judged as pandera and a plain reading judge it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import count, cycle, islice

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import Phase, Verbosity, given, settings
from pandera.errors import SchemaErrors

from dataops_platform.layers import silver
from dataops_platform.layers.schemas import bronze_schema
from dataops_platform.quality.judgement import judged, reasons
from dataops_platform_tests.quality.landed_rows import bronze
from dataops_platform_tests.quality.oracle_landings import landings, tables
from dataops_platform_tests.quality.plain_reading import outcome
from dataops_platform_tests.quality.plain_values import value_of

#: An example asks the engine several questions: so there are few, each holds much, and they are the same each time.
#: Shrinking one would take minutes and printing it pages; what the two sides disagree about is told by the assertion.
SETTINGS = settings(derandomize=True, database=None, phases=[Phase.generate], verbosity=Verbosity.quiet)

EVERY_CHECK = {"greater_than_or_equal_to", "greater_than", "less_than_or_equal_to", "less_than", "in_range"}
EVERY_CHECK |= {"equal_to", "not_equal_to", "isin", "notin"}
EVERY_CHECK |= {"str_matches", "str_contains", "str_startswith", "str_endswith", "str_length"}


@dataclass(frozen=True)
class Landed:
    """Bronze rows on their way into the lake."""

    rows: pa.Table

    @property
    def schema(self):
        return self.rows.schema

    def batches(self, dates):
        wanted = pc.is_in(self.rows["ingestion_date"], pa.array(dates, pa.date32()))
        return self.rows.filter(wanted).to_reader()


def broken_for_pandera(contract, rows):
    """By reason, the places of the typed rows that pandera refuses for it."""
    frame = pd.DataFrame(rows, columns=list(contract.columns), dtype=object)
    broken = defaultdict(set)
    try:
        contract.schema.validate(frame, lazy=True)
    except SchemaErrors as refused:
        found = refused.failure_cases
        # What has no number is about types, nulls or the key: no check of a column.
        for case in found[found["check_number"].notna()].itertuples():
            assert pd.notna(case.index), f"pandera cannot judge {case.check}: {case.failure_case}"
            check = contract.columns[case.column].checks[int(case.check_number)]
            broken[f"{case.column}_is_valid: breaks {check.error}"].add(case.index)
    return broken


def broken_here(contract, rows):
    """By reason, the places of the judged rows that break a rule."""
    told, broken = reasons(contract), defaultdict(set)
    for place, row in enumerate(rows):
        for reason in told.of(row):
            if "_is_valid: breaks " in reason:
                broken[reason].add(place)
    return broken


def values(contract, rows):
    """The values that the texts of these rows write, by place and column."""
    fields = [field for field in contract.fields if field.name not in contract.key]
    return {(n, f.name): value_of(f, row[f.name]) for n, row in enumerate(rows) for f in fields}


def test_a_row_holds_what_its_texts_say_and_breaks_the_rules_that_pandera_says_it_breaks(engine):
    asked = Counter[str]()

    @settings(SETTINGS, max_examples=12)
    @given(tables())
    def holds(generated):
        contract = generated.table.contract
        longest = max(map(len, generated.texts.values()))
        columns = [islice(cycle(texts), longest) for texts in generated.texts.values()]
        texts = [dict(zip(generated.texts, row, strict=True)) for row in zip(*columns, strict=True)]

        landed = bronze(engine.session, generated.table, texts)
        rows = judged(landed, generated.table).orderBy("_position").toArrow().to_pylist()

        expected = values(contract, texts)
        assert {(place, name): rows[place][name] for place, name in expected} == expected
        assert broken_here(contract, rows) == broken_for_pandera(contract, rows)
        asked.update(check.name for field in contract.fields for check in field.checks)

    holds()

    assert set(asked) == EVERY_CHECK, "the examples have to ask for each of these"


def cells(rows):
    """Each value by its place, so that a difference is told as the values that differ; and how many rows there are."""
    rows = list(rows)
    values = {(r["_source_object"], r["_position"], name): value for r in rows for name, value in r.items()}
    return {**values, "rows": len(rows)}


def published(small, landing):
    """The verdicts, and what is then in silver and in quarantine."""
    table, rows = landing.table, landing.rows
    landed = pa.Table.from_pylist(rows, bronze_schema(table.contract))
    small.ports.lake.replace("bronze/readings", Landed(landed), sorted({r["ingestion_date"] for r in rows}))
    done = silver.publish(small.ports, table, landing.dates)
    quarantine = [{**row, "_reasons": sorted(row["_reasons"])} for row in small.rows("quarantine/readings")]
    return done.verdicts, small.rows("silver/readings"), quarantine


def outstanding(expected):
    """What is special about what becomes of a date."""
    refusing = (check for check, (*_, refuses) in expected.checks.items() if refuses)
    return {
        *(f"refused for what is not {check.rpartition('_')[2]}" for check in refusing),
        *(["no rows"] if not expected.rows else []),
        *(["published and superseded"] if expected.accepted and expected.superseded else []),
        *(["published and rejected"] if expected.silver and expected.quarantine else []),
    }


def test_what_is_published_and_quarantined_is_what_a_plain_reading_of_the_contract_says(platform_of):
    numbers, seen = count(), Counter[str]()

    @settings(SETTINGS, max_examples=8)
    @given(landings())
    def holds(landing):
        small = platform_of([landing.table], str(next(numbers)))
        by_date = [[row for row in landing.rows if row["ingestion_date"] == day] for day in landing.dates]
        expected = [outcome(landing.table.contract, rows) for rows in by_date]

        verdicts, in_silver, in_quarantine = published(small, landing)

        for verdict, of_date in zip(verdicts, expected, strict=True):
            checks = {c.name: (c.judged, c.failed, c.refusal is not None) for c in verdict.checks}
            assert checks == of_date.checks
            told = (verdict.rows, verdict.accepted, verdict.superseded)
            assert told == (of_date.rows, of_date.accepted, of_date.superseded)
            seen.update(outstanding(of_date))
        assert cells(in_silver) == cells(row for of_date in expected for row in of_date.silver)
        assert cells(in_quarantine) == cells(row for of_date in expected for row in of_date.quarantine)

    holds()

    refused = {f"refused for what is not {check}" for check in ("present", "valid", "unique")}
    of_published = {"published and superseded", "published and rejected"}
    assert set(seen) == {"no rows", *of_published, *refused}, "the examples have to reach each of these"
