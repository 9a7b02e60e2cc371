"""Hostile names, by every door that takes a name: refused in a sentence, or taken as a name; no file is elsewhere."""

from __future__ import annotations

import http.client
import re

import dagster as dg
import pytest

from dataops_platform.commands.docs import served
from dataops_platform_tests.deploy.commands import ended
from dataops_platform_tests.layers.small_platform import day

pytestmark = pytest.mark.integration

HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "customers; touch owned",
    "$(touch owned)",
    "customers' OR '1'='1",
    'customers"; DROP TABLE x; --',
    "<script>alert(1)</script>",
    "[red]x[/nothing]",
    "{0.__class__}%s%n",
    "\x1b[2J\u202e",
    "nul\x00byte",
    "x" * 5_000,
]
#: Every command that takes a name from whoever types it, with the name's place.
TAKE_A_NAME = [
    ["quarantine", "list", "{}"],
    ["quarantine", "show", "{}", "2026-01-01"],
    ["quarantine", "show", "customers", "{}"],
    ["quarantine", "show", "customers", "2026-01-01", "--check", "{}"],
    ["quarantine", "release", "{}", "2026-01-01", "--reason", "checked"],
    ["quarantine", "release-rows", "customers", "2026-01-01", "{}:1", "--reason", "checked"],
    ["quarantine", "replay", "{}"],
    ["quality-report", "--tables", "{}"],
    ["lineage", "{}"],
    ["lineage", "gold/customer_360.{}"],
    ["backfill", "--from", "{}", "--to", "2026-01-02"],
]


def test_a_command_refuses_a_hostile_name_in_a_sentence_and_writes_nothing(tmp_path):
    folders = {"DATAOPS_LANDING_URL": "landing", "DATAOPS_LAKE_URL": "lake"}
    for name in folders.values():
        (tmp_path / name).mkdir()
    commands = [[word.replace("{}", name) for word in words] for words in TAKE_A_NAME for name in HOSTILE]

    for words, done in zip(commands, ended(tmp_path, commands, **folders), strict=True):
        assert done.code in {1, 2}, (words, done)
        assert "Traceback" not in done.text, words
        assert not re.search(r"[\x00\x1b\u202e]", done.text), (words, done.text)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "landing"]
    assert not any((tmp_path / "lake").iterdir())


def test_hostile_names_of_files_and_columns_and_their_values_are_words_on_a_terminal(tmp_path):
    odd = "[/nothing] \x1b[2J\u202e$(touch owned){0}%s"
    folders = {"DATAOPS_LANDING_URL": "landing", "DATAOPS_LAKE_URL": "lake"}
    customers = f'customer_id,name,email,signup_region,signup_date,city,"{odd}"\n,{odd},,,{odd},{odd},{odd}\n'
    for key, text in {
        f"customers/dt=2026-01-01/{odd}.csv": customers,
        f"support_tickets/dt=2026-01-01/{odd}.jsonl": f'{{"ticket_id": "{odd}\n',
        f"products/dt=2026-01-01/{odd}.parquet": odd,
        f"nobody/{odd}.csv": odd,
    }.items():
        (tmp_path / "landing" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "landing" / key).write_text(text)
    commands = [
        "sync",
        "status",
        "metrics",
        "quarantine list",
        "crawl",
        "docs --out site",
        "quality-report --out quality",
    ]
    commands += [f"quarantine show {table} 2026-01-01 --reveal" for table in ("customers", "support_tickets")]

    done = dict(zip(commands, ended(tmp_path, [words.split() for words in commands], **folders), strict=True))

    for words, each in done.items():
        assert "Traceback" not in each.text, (words, each.text)
        assert not re.search(r"[\x00\x1b\u202e]", each.text), (words, each.text)
    assert "[/nothing]" in done["sync"].text
    assert (
        "name: [/nothing] ⟨001B⟩[2J⟨202E⟩$(touch owned){0}%s"
        in done["quarantine show customers 2026-01-01 --reveal"].text
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "landing", "quality", "site"]


@pytest.fixture
def shop(platform_of, shipped_tables):
    """A file has landed, and nothing was loaded."""
    made = platform_of([table for table in shipped_tables if table.name == "transactions"])
    made.land(
        "transactions", day(1), "customer_id,transaction_id,transaction_date,amount\nc1,t1,2026-01-01,1\n"
    )
    return made


@pytest.mark.parametrize(
    "tags", [("partition",), ("asset_partition_range_start", "asset_partition_range_end")]
)
def test_a_run_of_a_hostile_partition_is_refused_and_publishes_nothing(shop, tags):
    job, key = shop.job(), dg.AssetKey(["silver", "transactions"])
    for name in HOSTILE:
        with pytest.raises((dg.DagsterError, ValueError)):
            job.execute_in_process(
                instance=shop.instance,
                asset_selection=[key],
                tags={f"dagster/{tag}": name for tag in tags},
            )

    assert not list((shop.folder / "lake").rglob("*.parquet"))


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "//secret",
        "/tables/../../secret",
        "/\\..\\secret",
        "/.//../secret",
    ],
)
def test_the_server_of_pages_gives_nothing_from_beside_its_folder(tmp_path, path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("pages")
    (tmp_path / "secret").write_text("told to nobody")

    with served(tmp_path / "site", "127.0.0.1", 0) as address:
        asked = http.client.HTTPConnection(address.removeprefix("http://"))
        asked.request("GET", path)
        answer = asked.getresponse()
        body = answer.read().decode()
        asked.close()

    assert "told to nobody" not in body
    assert answer.status in {301, 400, 404}
