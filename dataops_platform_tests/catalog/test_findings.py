"""What pages are made of, where some of it is damaged: the page says so, and the rest is built."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from dataops_platform.catalog.describing import describe
from dataops_platform.catalog.findings import gathered
from dataops_platform.catalog.site import site
from dataops_platform.resources.environments import inventory_of
from dataops_platform_tests.catalog.found_lake import people, rows

TABLE = "tables/silver-people.html"


def pages(platform):
    describe(platform, inventory_of(platform))
    return {path: body.decode() for path, body in site(gathered(platform, {}))}


@pytest.fixture
def platform(platform_of):
    """A platform whose lake holds one table."""
    small = platform_of([people()])
    write_deltalake(small.folder / "lake/silver/people", rows(1), partition_by=["ingestion_date"])
    return small.ports


def damage(platform, table, *, log):
    """Somebody has written into the log, or the files, of one of the platform's own tables."""
    folder = f"{platform.lake.url}/observability/{table}"
    write_deltalake(folder, pa.table({"layer": ["silver"]}))
    for stored in list(platform.lake_store.objects(f"observability/{table}/")):
        if stored.key.endswith(".json" if log else ".parquet"):
            platform.lake_store.put(stored.key, b"{")


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    ("table", "what"), [("verdicts", "what became of each date"), ("profiles", "profiles")]
)
def test_a_damaged_table_of_the_platforms_own_is_told_on_the_first_page(platform, table, what, log):
    damage(platform, table, log=log)

    made = pages(platform)

    assert f"No page shows {what}." in made["index.html"]
    assert "One row for each person." in made[TABLE]


def test_an_unreadable_table_has_a_page_that_says_so_and_the_others_are_as_they_would_be(platform):
    for stored in list(platform.lake_store.objects("silver/people/_delta_log/")):
        platform.lake_store.put(stored.key, b"{")
    write_deltalake(f"{platform.lake.url}/gold/sound", rows(1))

    made = pages(platform)

    assert "This table cannot be read." in made[TABLE]
    assert "team:people" in made[TABLE]
    assert "No contract declares this table." in made["tables/gold-sound.html"]
    assert "unreadable</span>" in made["index.html"]


def test_a_comment_of_ten_megabytes_makes_no_page_of_ten_megabytes(platform):
    column = pa.field("a", pa.string(), metadata={"comment": "x" * 10_000_000})
    huge = pa.table([pa.array(["y" * 10_000_000])], schema=pa.schema([column]))
    write_deltalake(f"{platform.lake.url}/gold/huge", huge, description="z" * 10_000_000)

    made = pages(platform)

    assert max(len(text) for text in made.values()) < 100_000
    assert "x" * 2_000 in made["tables/gold-huge.html"]


def test_pages_are_as_of_the_moment_at_which_all_was_read(platform):
    describe(platform, inventory_of(platform))

    found = gathered(platform, {})
    made = {path: body.decode() for path, body in site(found)}

    assert found.as_of.isoformat() in made["version.js"]
    assert f'data-version="{found.as_of.isoformat()}"' in made["index.html"]
    assert list(made)[-1] == "version.js"  # who sees a newer version finds its pages
