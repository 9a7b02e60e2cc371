"""The crawl of what is broken, strange or hostile: its entry says so, and all others are as they would be."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from dataops_platform.catalog.classification import shown
from dataops_platform.catalog.crawl import crawl
from dataops_platform.commands.crawl import show
from dataops_platform.errors import TableUnreadable
from dataops_platform_tests.catalog.found_lake import ADDRESS, NOW, people, rows
from dataops_platform_tests.catalog.test_crawl import judged

HOSTILE = '<script>alert(1)</script>"\u202etxt.exe'


def spoilt(name):
    """What somebody does to a table's folder, by its name."""

    def log(folder, version=1):
        return folder / "_delta_log" / f"{version:020}.json"

    return {
        "a commit is no JSON": lambda folder: log(folder).write_text('{"add": ' + ADDRESS),
        "a commit is bytes": lambda folder: log(folder, 0).write_bytes(bytes(range(256))),
        "the first commit is gone": lambda folder: log(folder, 0).unlink(),
        "the log is gone": lambda folder: shutil.rmtree(folder / "_delta_log"),
        "a checkpoint is announced and not there": lambda folder: (
            folder / "_delta_log" / "_last_checkpoint"
        ).write_text('{"version":77,"size":3}'),
        "a column has a type that nobody knows": lambda folder: log(folder, 0).write_text(
            log(folder, 0).read_text().replace('\\"string\\"', f'\\"{ADDRESS}\\"')
        ),
        "it asks for a newer reader": lambda folder: log(folder, 0).write_text(
            log(folder, 0).read_text().replace('"minReaderVersion":1', '"minReaderVersion":99')
        ),
    }[name]


@pytest.mark.parametrize(
    "spoil",
    [
        "a commit is no JSON",
        "a commit is bytes",
        "the first commit is gone",
        "the log is gone",
        "a checkpoint is announced and not there",
        "a column has a type that nobody knows",
        "it asks for a newer reader",
    ],
)
def test_a_damaged_table_says_so_and_the_rest_is_described(found, spoil):
    for _ in range(2):
        found.write("silver/people", rows(1))
    found.write("gold/sound", rows(1))
    spoilt(spoil)(Path(found.url) / "silver" / "people")

    document = judged(found.document(people()))

    sound, damaged = document["tables"]
    assert (sound["rows"], sound["problem"]) == (1, None)
    assert damaged["rows"] is None
    assert damaged["problem"].startswith("silver/people")
    assert "_delta_log" in damaged["problem"]
    assert damaged["owner"] == "team:people"
    assert ADDRESS not in json.dumps(document)


def test_where_files_are_gone_the_log_still_tells(found):
    found.write("silver/people", rows(1))
    for file in Path(found.url).rglob("*.parquet"):
        file.unlink()

    entry = found.entry("silver/people", people())

    assert (entry["rows"], entry["problem"]) == (1, None)
    assert "not the files" in entry["sample"]["problem"]


def test_a_table_that_vanishes_during_the_crawl_says_so(anywhere):
    anywhere.write("silver/people", rows(1))
    inventory = anywhere.inventory
    listed = [*inventory.tables(), "silver/was_here"]
    inventory.tables = lambda: listed

    there, gone = judged(crawl(inventory, [people()], now=NOW))["tables"]

    assert there["problem"] is None
    assert gone["problem"].startswith("silver/was_here: there is no Delta table")


def test_folders_of_the_raw_zone_and_other_folders_are_no_tables(found):
    found.write("silver/people", rows(1))
    for folder in ("bronze/source=landing", "observability/metrics", "catalog/site"):
        (Path(found.url) / folder).mkdir(parents=True)

    assert [entry["table"] for entry in found.document()["tables"]] == ["silver/people"]


def test_a_long_value_is_cut_short(found):
    long = "x" * 10_000_000
    found.write("silver/people", rows(1, city=[long]))

    entry = found.entry("silver/people", people())

    assert entry["sample"]["rows"][0][0] == "x" * 199 + "…"


def test_lists_structs_bytes_and_nulls_are_shown_as_text(found):
    strange = {
        "city": pa.array([{"name": "Rome", "tags": ["a", None]}]),
        "joined": [b"\x00" * 2_000],
        "year": pa.array([None], pa.int32()),
    }
    found.write("silver/people", rows(1, **strange))

    entry = judged(found.document(people()))["tables"][0]

    assert entry["sample"]["rows"][0][:3] == ['{"name":"Rome","tags":["a",null]}', "(2,000 bytes)", None]
    types = {column["name"]: column["type"] for column in entry["columns"]}
    assert types["city"] == "struct<name:string,tags:array<string>>"


def test_a_table_without_partitions_or_statistics_is_described_too(found):
    found.write(
        "gold/plain", pa.table({"a": [1, 2]}), configuration={"delta.dataSkippingNumIndexedCols": "0"}
    )
    log = Path(found.url, "gold/plain/_delta_log", f"{0:020}.json")
    log.write_text(log.read_text().replace("numRecords", "numNothing"))

    entry = judged(found.document())["tables"][0]

    assert (entry["rows"], entry["files"], entry["partitions"], entry["gaps"]) == (None, 1, None, [])
    assert entry["properties"] == {"delta.dataSkippingNumIndexedCols": "0"}


def test_a_foreign_property_and_the_text_of_a_predicate_are_not_shown(found):
    found.write("gold/plain", pa.table({"a": [ADDRESS]}))
    found.write("gold/plain", pa.table({"a": [ADDRESS]}), mode="overwrite", predicate=f"a = '{ADDRESS}'")
    log = Path(found.url, "gold/plain/_delta_log", f"{0:020}.json")
    text = log.read_text().replace('"configuration":{}', f'"configuration":{{"owner.password":"{ADDRESS}"}}')
    log.write_text(text)

    document = found.document()

    assert document["tables"][0]["properties"] == {"owner.password": "(not shown)"}
    assert ADDRESS not in json.dumps(document)


def test_hostile_names_and_comments_are_told_as_they_are_and_move_no_terminal(found):
    column = pa.field(HOSTILE, pa.string(), metadata={"comment": HOSTILE})
    table = pa.table([pa.array([HOSTILE])], schema=pa.schema([column]))
    found.write("gold/b<i>\u202e", table, description=HOSTILE)

    document = judged(found.document())

    (entry,) = document["tables"]
    assert (entry["description"], entry["columns"][0]["name"]) == (HOSTILE, HOSTILE)
    console = Console(record=True, width=200, file=StringIO())
    show(console, document, 1.0)
    assert "\u202e" not in (told := console.export_text())
    assert "b<i>⟨202E⟩" in told


def test_no_column_of_no_contract_is_ever_sampled():
    assert shown("silver", None)(["ingestion_date", "city", "_position"]) == []


def test_what_cannot_be_read_is_named_without_what_the_log_holds(found):
    found.write("silver/people", rows(1))
    next(Path(found.url).rglob("*.json")).write_text(ADDRESS)

    with pytest.raises(TableUnreadable) as caught:
        found.inventory.look("silver/people", sampled=lambda _columns: [])

    assert ADDRESS not in str(caught.value)
    assert caught.value.__cause__ is None
