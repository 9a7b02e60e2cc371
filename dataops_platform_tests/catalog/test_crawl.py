"""The crawl: every table that is found is described from its log, and no personal value leaves the lake."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import jsonschema
import orjson
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from dataops_platform.catalog.crawl import METADATA, crawl, keep, kept
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.catalog.found_lake import ADDRESS, NOW, day, people, rows

SCHEMA = json.loads(files("dataops_platform.catalog").joinpath("metadata.schema.json").read_text())


def judged(document):
    """The document as a reader of the file gets it, once the published schema accepts it."""
    told = orjson.loads(orjson.dumps(document))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(
        told, SCHEMA, cls=jsonschema.Draft202012Validator, format_checker=jsonschema.FormatChecker()
    )
    return told


def test_a_table_is_described_from_its_log_and_its_contract(anywhere):
    anywhere.write("silver/people", rows(1, 2, 2))
    anywhere.write("silver/people", rows(6))

    (entry,) = judged(anywhere.document(people()))["tables"]

    assert (entry["rows"], entry["files"], entry["version"], entry["owner"]) == (4, 3, 1, "team:people")
    assert entry["partitions"]["dates"] == ["2026-01-01", "2026-01-02", "2026-01-06"]
    assert entry["partitions"]["rows"] == [1, 2, 1]
    assert sum(entry["partitions"]["bytes"]) == entry["bytes"] > 0
    assert entry["gaps"] == [["2026-01-03", "2026-01-05"]]
    assert [write["metrics"]["num_added_rows"] for write in entry["writes"]] == [1, 3]
    assert entry["altered_at"] == entry["writes"][0]["at"] >= entry["created_at"]
    columns = {column["name"]: column for column in entry["columns"]}
    assert columns["person_id"] | {"description": ""} == {
        "name": "person_id",
        "type": "string",
        "nullable": True,
        "description": "",
        "classification": "personal",
        "is_key": True,
        "rules": ["has a value"],
    }
    assert columns["city"]["rules"] == ["one of Oslo, Rome"]
    assert columns["joined"]["type"] == "date"
    meanings = {check["name"]: check["meaning"] for check in entry["contract"]["checks"]}
    assert meanings["key_is_unique"].endswith("Above 5% the date is refused.")


def test_samples_show_what_the_contract_calls_public_and_no_other_value_is_in_the_crawl(anywhere):
    for layer in ("bronze", "silver", "quarantine"):
        reasons = pa.array([["city_is_valid: breaks isin"]])
        anywhere.write(f"{layer}/people", rows(1, _reasons=reasons, nobody_declared=[ADDRESS]))

    document = judged(anywhere.document(people()))

    shown = {entry["table"]: entry["sample"] for entry in document["tables"]}
    assert shown["silver/people"]["columns"] == ["city", "joined", "year", "_reasons", "ingestion_date"]
    assert shown["silver/people"]["rows"][0][:3] == ["Rome", "2026-01-01", "2026"]
    # As they landed, values may stand in a column they do not belong to: there, even public ones are masked.
    for layer in ("bronze", "quarantine"):
        assert shown[f"{layer}/people"]["columns"] == ["_reasons", "ingestion_date"]
    assert ADDRESS not in json.dumps(document)


def test_of_a_table_that_nobody_declared_no_value_is_shown_and_it_is_named(found):
    found.write("gold/found", rows(1))

    document = judged(found.document(people()))

    (entry,) = document["tables"]
    assert entry["sample"] == {"columns": [], "rows": [], "problem": ""}
    assert {column["classification"] for column in entry["columns"]} == {"unclassified"}
    assert document["undeclared"] == document["unowned"] == ["gold/found"]
    assert {"gold/found", "gold/found.email"} <= set(document["undocumented"])
    assert document["not_there_yet"] == ["bronze/people", "quarantine/people", "silver/people"]
    assert "Rome" not in json.dumps(document)


def test_masked_values_are_not_even_read(found, monkeypatch):
    found.write("silver/people", rows(1))
    asked = []
    inventory = found.inventory
    look = inventory.look

    def watched(table, *, sampled, rows=5):
        def picked(columns):
            asked.extend(sampled(columns))
            return asked

        return look(table, sampled=picked, rows=rows)

    monkeypatch.setattr(inventory, "look", watched)
    crawl(inventory, [people()], now=NOW)

    assert asked == ["city", "joined", "year", "ingestion_date"]


def test_each_log_is_opened_once(found, monkeypatch):
    for layer in ("bronze", "silver", "gold"):
        found.write(f"{layer}/people", rows(1, 2, 3))
    opened = []

    class Watched(DeltaTable):
        def __init__(self, uri):
            opened.append(uri)
            super().__init__(uri)

    monkeypatch.setattr("dataops_platform.resources.inventory.DeltaTable", Watched)
    found.document(people())

    assert sorted(opened) == [f"{found.url}/{layer}/people" for layer in ("bronze", "gold", "silver")]


def test_quarantine_tells_how_many_rows_are_held_for_each_reason_by_date(anywhere):
    reasons = pa.array([["a: x", "b: y"], ["a: x"], ["b: y"]])
    anywhere.write("quarantine/people", rows(1, 1, 3, _reasons=reasons))

    (entry,) = judged(anywhere.document(people()))["tables"]

    assert entry["quarantined"] == [
        {"ingestion_date": "2026-01-01", "reason": "a: x", "rows": 2},
        {"ingestion_date": "2026-01-01", "reason": "b: y", "rows": 1},
        {"ingestion_date": "2026-01-03", "reason": "b: y", "rows": 1},
    ]
    assert entry["gaps"] == []


def test_a_crawl_is_kept_as_a_file_and_as_a_row_for_each_table(anywhere):
    lake = DeltaLake(anywhere.url, EmbeddedEngine())
    anywhere.write("silver/people", rows(1))
    keep(anywhere.document(people()), lake, anywhere.store)
    anywhere.write("silver/people", rows(2, new_column=["x"]), schema_mode="merge")
    keep(crawl(anywhere.inventory, [people()], now=datetime(2026, 1, 10, tzinfo=UTC)), lake, anywhere.store)

    records = lake.records("catalog/metadata")
    assert records is not None
    history = records.sort_by("crawled_at").to_pylist()
    assert [row["rows"] for row in history] == [1, 2]
    assert [row["last_date"] for row in history] == ["2026-01-01", "2026-01-02"]
    assert set(history[1]["columns"]) - set(history[0]["columns"]) == {"new_column string"}
    assert kept(anywhere.store)["crawled_at"] == "2026-01-10T00:00:00+00:00"


def test_an_empty_lake_is_described_as_empty(anywhere):
    keep(anywhere.document(), DeltaLake(anywhere.url, EmbeddedEngine()), anywhere.store)

    assert judged(kept(anywhere.store))["tables"] == []


def test_without_a_crawl_the_message_says_how_to_make_one(found):
    with pytest.raises(EnvironmentProblem, match="dataops crawl"):
        kept(found.store)
    Path(found.url, "catalog").mkdir()
    for text in ('{"format": 99}', '{"format'):
        Path(found.url, METADATA).write_text(text)
        with pytest.raises(EnvironmentProblem, match="damaged, or of another version"):
            kept(found.store)


def test_whoever_waits_is_told_how_far_the_crawl_is(found):
    for name in ("a", "b"):
        found.write(f"silver/{name}", rows(1))
    told = []

    crawl(found.inventory, (), now=NOW, advance=lambda done, of: told.append((done, of)))

    assert told == [(1, 2), (2, 2)]


def test_a_sample_is_of_the_newest_date(found):
    found.write("silver/people", rows(3, city=["Oslo"]))
    found.write("silver/people", rows(1, 2))

    assert found.entry("silver/people", people())["sample"]["rows"][0][0] == "Oslo"
    assert str(day(3)) in found.entry("silver/people", people())["sample"]["rows"][0]
