"""This room's proof on a real shop: 440 landed files, one sync, and every published row as the rules say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform_tests.delta_rows import delta_rows
from dataops_platform_tests.integration.oracle import Oracle, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[2]
SHOP = REPOSITORY.parent / "shared" / "data" / "olist"
ROWS = {"customers": 1040, "transactions": 1087, "web_events": 4035, "support_tickets": 973, "products": 744}
TABLES = sorted(ROWS)
METADATA = ".metadata.json"
Files = dict[str, Path]


@dataclass(frozen=True)
class Lake:
    """The lake after one sync, read without any code of the platform."""

    s3: S3Client
    environment: dict[str, str]

    def sync(self) -> subprocess.CompletedProcess[str]:
        """Bring everything landed to gold, as a person would at a prompt."""
        command = [sys.executable, "-m", "dataops_platform.cli", "sync"]
        return subprocess.run(
            command, env=self.environment, cwd=REPOSITORY, capture_output=True, text=True, check=False
        )

    def table(self, path: str) -> DeltaTable | None:
        """Open a Delta table; nothing where the table was never written."""
        storage = {name: value for name, value in self.environment.items() if name.startswith("AWS_")}
        url = f"s3://lake/{path}"
        return DeltaTable(url, storage_options=storage) if DeltaTable.is_deltatable(url, storage) else None

    def rows(self, path: str, *columns: str, of: date | None = None) -> list[Row]:
        """Return these columns of a Delta table's rows, of one ingestion date or of all."""
        table = self.table(path)
        return delta_rows(table, *columns, of=of) if table else []

    def positions(self, path: str) -> Counter[tuple[str, int]]:
        """Count a table's rows by the object and position they landed at."""
        rows = self.rows(path, "_source_object", "_position")
        return Counter((row["_source_object"], row["_position"]) for row in rows)

    def versions(self) -> dict[str, int]:
        """Return the Delta version of each table there is."""
        paths = [f"{layer}/{name}" for layer in ("bronze", "silver", "quarantine") for name in TABLES]
        return {p: table.version() for p in [*paths, "gold/customer_360"] if (table := self.table(p))}

    def raw_objects(self) -> dict[str, str]:
        """Return the etag of each object in the raw zone, by its key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix="bronze/source=")
        return {found["Key"]: found["ETag"] for page in pages for found in page.get("Contents", ())}

    def read(self, key: str) -> bytes:
        """Return one object's bytes."""
        return self.s3.get_object(Bucket="lake", Key=key)["Body"].read()

    def metadata(self) -> dict[str, Row]:
        """Return what the raw zone says of each raw object, by the raw object's key."""
        keys = [key for key in self.raw_objects() if key.endswith(METADATA)]
        return {key.removesuffix(METADATA): json.loads(self.read(key)) for key in keys}


@pytest.fixture(scope="module")
def shop() -> Files:
    """The landed files by their keys; their licence keeps them out of the repository."""
    if not SHOP.is_dir():
        pytest.skip(f"no Olist landing files in {SHOP}: put them there to run this proof")
    return {path.relative_to(SHOP).as_posix(): path for path in SHOP.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def oracle(shop: Files) -> Oracle:  # noqa: ARG001 - skips where there are no files
    """What the rules say of those files."""
    return Oracle(SHOP)


@pytest.fixture(scope="module")
def lake(shop: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake that one sync made of the shop's files, on a real S3 server."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DATAOPS_", "DAGSTER_"))}
    urls = {"DATAOPS_LANDING_URL": "s3://landing", "DATAOPS_LAKE_URL": "s3://lake"}
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_bytes((REPOSITORY / "dagster.yaml").read_bytes())  # no telemetry from here
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server, closing(server.client()) as s3:
        lake = Lake(s3, {**inherited, **urls, "DAGSTER_HOME": str(home), **server.environment()})
        for key, file in shop.items():
            s3.put_object(Bucket="landing", Key=key, Body=file.read_bytes())
        first = lake.sync()
        assert first.returncode == 0, f"dataops sync failed:\n{first.stdout[-4000:]}\n{first.stderr[-4000:]}"
        yield lake


def differences(published: Iterable[Row], expected: Iterable[Row]) -> list[tuple[str, str]]:
    """The first rows that only one side has, each value with its type: money in doubles is no money."""
    ours, theirs = (Counter(repr(sorted(row.items())) for row in rows) for rows in (published, expected))
    only = [*(("published", row) for row in ours - theirs), *(("expected", row) for row in theirs - ours)]
    return only[:10]


def test_the_raw_zone_holds_each_landed_file_byte_for_byte(shop: Files, lake: Lake) -> None:
    landed = {key: sha256(file.read_bytes()).digest() for key, file in shop.items()}
    metadata = lake.metadata()
    held = {told["source_key"]: sha256(lake.read(key)).digest() for key, told in metadata.items()}

    assert set(lake.raw_objects()) == {*metadata, *(f"{key}{METADATA}" for key in metadata)}
    assert len(metadata) == len(landed) == 440
    assert held == landed


def test_each_raw_object_is_filed_and_described_by_the_date_its_key_states(shop: Files, lake: Lake) -> None:
    metadata = lake.metadata()

    assert len(metadata) == 440
    for key, told in metadata.items():
        day = told["source_key"].split("/dt=")[1][:10]
        assert key.startswith(f"bronze/source=landing/ingestion_date={day.replace('-', '/')}/")
        assert (told["source_bucket"], told["ingestion_date"]) == ("landing", day)
        assert told["file_size_bytes"] == shop[told["source_key"]].stat().st_size
        assert told["aws_region"] == lake.environment["AWS_REGION"]
        assert datetime.fromisoformat(told["ingestion_timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("table", TABLES)
def test_every_landed_row_is_in_bronze_once(table: str, oracle: Oracle, lake: Lake) -> None:
    expected = {p["ingestion_date"]: p["landed"] for p in oracle.partitions() if p["tbl"] == table}
    bronze = lake.rows(f"bronze/{table}", "ingestion_date")

    assert Counter(row["ingestion_date"] for row in bronze) == expected
    assert set(lake.positions(f"bronze/{table}").values()) == {1}
    assert len(bronze) == ROWS[table]


@pytest.mark.parametrize("table", TABLES)
def test_every_bronze_row_ends_in_silver_or_in_quarantine(table: str, oracle: Oracle, lake: Lake) -> None:
    silver, quarantine = lake.positions(f"silver/{table}"), lake.positions(f"quarantine/{table}")

    assert silver + quarantine == lake.positions(f"bronze/{table}")
    assert quarantine == Counter((r["_source_object"], r["_position"]) for r in oracle.quarantine(table))


@pytest.mark.parametrize("table", TABLES)
def test_silver_is_what_the_rules_make_of_the_landed_rows(table: str, oracle: Oracle, lake: Lake) -> None:
    expected = oracle.silver(table)

    assert differences(lake.rows(f"silver/{table}", *expected[0]), expected) == []


def test_columns_no_contract_knows_are_kept_beside_the_row(lake: Lake) -> None:
    kept = [json.loads(row["_rescued"]) for row in lake.rows("silver/support_tickets", "_rescued")]

    assert {tuple(row) for row in kept} == {("score",)}
    assert {row["score"] for row in kept} == {"1", "2", "3", "4", "5"}


@pytest.mark.parametrize("as_of", [date(2018, 3, 31), date(2018, 2, 28), date(2018, 1, 15)], ids=str)
def test_customer_360_is_exact_to_the_cent(as_of: date, oracle: Oracle, lake: Lake) -> None:
    expected = oracle.customer_360(as_of)

    assert differences(lake.rows("gold/customer_360", *expected[0], of=as_of), expected) == []


def test_gold_has_a_snapshot_for_each_date_that_published_anything(oracle: Oracle, lake: Lake) -> None:
    expected = {partition["ingestion_date"] for partition in oracle.partitions() if partition["silver"]}

    assert {row["ingestion_date"] for row in lake.rows("gold/customer_360", "ingestion_date")} == expected


def test_a_second_sync_changes_nothing(lake: Lake) -> None:
    before = lake.versions(), lake.raw_objects()

    second = lake.sync()

    assert second.returncode == 0, second.stderr[-4000:]
    assert (lake.versions(), lake.raw_objects()) == before
