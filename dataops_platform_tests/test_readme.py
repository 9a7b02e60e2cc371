"""The README, followed as a newcomer would: every command of it is run as it is written there."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from dataops_platform.cli import dataops
from dataops_platform.commands.demo import write_variables
from dataops_platform.demo.seaweedfs import seaweedfs

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# A block is named by the heading above it. Those that serve for ever, or run this very test, have rules of their own.
BLOCK = re.compile(
    r"^#{2,3} (?P<heading>.+?)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
SAVED_AS = re.compile(r"Save this as `([^`]+)`")
NEXT = "--- next block"
REFUSED = "A date that was refused"
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
PLACEHOLDERS = {"AWS_ACCESS_KEY_ID": "your-key", "AWS_SECRET_ACCESS_KEY": "your-secret"}
ENDPOINT = "http://127.0.0.1:8333"


@dataclass(frozen=True)
class Block:
    """A fenced block of the README."""

    heading: str
    language: str
    text: str

    @property
    def is_make(self) -> bool:
        return self.language == "bash" and self.text.startswith("make ")


def blocks() -> list[Block]:
    found, heading = [], ""
    for match in BLOCK.finditer(README):
        heading = match["heading"] or heading
        if match["language"]:
            found.append(Block(heading, match["language"], match["text"]))
    return found


def code() -> str:
    """Everything in the README that is set as code."""
    return "\n".join([*(block.text for block in blocks()), *re.findall(r"`([^`\n]+)`", README)])


def words(line: str) -> str:
    """The line without what a terminal's width decides."""
    return " ".join(re.sub(r"[│┃|]|\+[-+]+\+", " ", line).split())


def checkout(folder: Path) -> Path:
    """A copy of what the README works with, whose .venv is the one that runs the tests."""
    shutil.copytree(
        ROOT / "dataops_platform", folder / "dataops_platform", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("Makefile", "dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def variables(folder: Path) -> dict[str, str]:
    """What a fresh shell has, and the copy's package before the installed one."""
    return {
        "HOME": str(folder),
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass(frozen=True)
class Followed:
    """What the README's blocks did, one after the other, in one shell."""

    folder: Path
    result: subprocess.CompletedProcess[str]

    def printed(self, heading: str) -> list[str]:
        """What each block below a heading printed."""
        parts = self.result.stdout.split(f"{NEXT} ")[1:]
        return [part.partition("\n")[2] for part in parts if part.startswith(f"{heading}\n")]


def script() -> str:
    """All blocks of commands in their order; a table's file is saved where the README says so."""
    lines = []
    for block in blocks():
        if block.language == "python":
            [path] = SAVED_AS.findall(README)
            lines.append(f"cat > {path} <<'END_OF_FILE'\n{block.text}END_OF_FILE")
        elif block.language == "bash" and not block.is_make:
            lines.append(f"echo '{NEXT} {block.heading}'\n{block.text}")
    return "\n".join(lines)


def promised(heading: str) -> list[str]:
    """The lines that the README shows as a command's answer, in the section of that heading."""
    [text] = [block.text for block in blocks() if (block.heading, block.language) == (heading, "text")]
    return [words(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """`make demo`; the set-up is not done again, what would be set up is the .venv that runs this test."""
    folder = checkout(tmp_path_factory.mktemp("readme"))
    result = subprocess.run(
        ["make", "--assume-old=setup", "demo"],  # noqa: S607  # the README's reader has make on PATH
        cwd=folder,
        env=variables(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    return Followed(folder, result)


@pytest.fixture(scope="module")
def followed(demonstrated: Followed) -> Iterator[Followed]:
    """All blocks in one shell, beside an S3 server of the reader's own and the demo's, as `make dev` serves it."""
    folder, buckets = demonstrated.folder, re.findall(r"s3://(your-\w+)\b", README)
    with (
        seaweedfs(folder / "server", buckets=sorted(set(buckets))) as server,
        seaweedfs(folder / ".demo" / "s3") as of_demo,
    ):
        write_variables(of_demo, folder / ".demo" / "dagster", folder / ".demo" / "env")
        text = script()
        for placeholder, value in [
            *((told, server.environment()[name]) for name, told in PLACEHOLDERS.items()),
            (ENDPOINT, server.endpoint),
        ]:
            assert placeholder in text
            text = text.replace(placeholder, value)
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],  # noqa: S607  # the README's reader has bash on PATH
            cwd=folder,
            env=variables(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        yield Followed(folder, result)


@pytest.mark.integration
@pytest.mark.slow
def test_every_block_of_commands_runs_as_it_is_written(followed):
    assert followed.result.returncode == 0, followed.result.stdout + followed.result.stderr
    assert "Traceback" not in followed.result.stderr


@pytest.mark.integration
@pytest.mark.slow
def test_ones_own_file_ends_in_silver_and_in_quarantine_and_can_be_mended(followed):
    first, read, shown, mended = followed.printed("Now your own file")

    assert "customers 1 3 2 1" in words(first)
    assert "C1 ada@example.com 2026-01-01 C2 unknown@example.com 2026-01-01" in words(read)
    assert "signup_date_is_valid: is no date written as yyyy-MM-dd" in words(read)
    assert "customers.csv row 3 customer_id: C3 name: Alan Turing" in words(shown)
    assert "signup_date: 01/01/2026" in words(shown)
    assert "customers 1 3 3 0" in words(mended)


@pytest.mark.integration
@pytest.mark.slow
def test_the_same_works_on_s3(followed):
    [printed] = followed.printed("The same on S3")

    assert "customers 1 3 3 0" in words(printed)
    assert "customers as_of Int64 Date32 3 2026-01-01" in words(printed)


@pytest.mark.integration
@pytest.mark.slow
def test_a_table_is_added_by_one_file(followed):
    [printed] = followed.printed("Add a table")

    assert "invoices 1 3 1 2" in words(printed)
    assert "A-1 EUR 19.90" in words(printed)
    told = {words(line).partition(" ")[0]: line for line in printed.splitlines()}
    assert "amount_is_valid: breaks" in told["A-2"]
    assert "amount_is_valid: is no number with at most 2 decimals" in told["A-3"]
    assert "currency_is_valid: breaks" in told["A-3"]


@pytest.mark.integration
@pytest.mark.slow
def test_make_demo_prints_the_rows_that_the_readme_promises(demonstrated):
    result = demonstrated.result

    assert result.returncode == 0, result.stdout + result.stderr
    printed = {words(line) for line in result.stdout.splitlines()}
    for line in promised("Two commands"):
        assert any(line in found for found in printed), line


@pytest.mark.integration
@pytest.mark.slow
def test_the_demos_refused_date_is_told_as_promised_then_released_then_mended(followed):
    told, released, mended = followed.printed(REFUSED)

    found = [TIME.sub("TIME", words(line)) for line in told.splitlines()]
    for line in promised(REFUSED):
        assert TIME.sub("TIME", line) in found
    assert "1 date of transactions released now, 0 before." in released
    assert "transactions 30 4,021 3,969 52" in words(released), "101 sound rows more"
    assert "transactions 30 4,021 4,002 19" in words(mended), "and the 33 others"


def test_make_test_runs_pytest():
    recipe = re.search(r"^test:.*\n\t(.+)\n", MAKEFILE, re.MULTILINE)

    assert recipe is not None
    assert recipe[1].startswith("$(PYTEST)")
    assert re.search(r"^PYTEST := \S+ -m pytest\b", MAKEFILE, re.MULTILINE)


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

    assert set(re.findall(r"(?:^|[^\w-])make ([a-z-]+)", code(), re.MULTILINE)) <= targets


def test_the_commands_that_are_named_are_those_that_exist():
    assert set(re.findall(r"\bdataops ([a-z]+(?:-[a-z]+)*)", code())) | {"demo"} == set(dataops.commands)


def test_a_message_names_no_command_that_does_not_exist():
    told = {
        found
        for file in sorted((ROOT / "dataops_platform").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in re.findall(r"(?<![`\w])dataops ([a-z]+(?:-[a-z]+)*)\b(?!`)", node.value)
    }

    assert told <= set(dataops.commands)


def test_the_variables_are_those_that_the_code_reads():
    read = {
        node.value
        for file in sorted((ROOT / "dataops_platform").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("DATAOPS_[A-Z_]+", node.value)
    }

    assert set(re.findall(r"DATAOPS_[A-Z_]+", README)) == read


def test_the_map_of_the_rooms_is_the_folders():
    section = README.partition("## Map of the rooms")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([^`]+)/`", section, re.MULTILINE)
    ignored = [line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    above = [path.name for path in ROOT.iterdir() if not any(fnmatch(path.name, name) for name in ignored)]
    rooms = [f"dataops_platform/{path.name}" for path in (ROOT / "dataops_platform").iterdir()]
    folders = [
        folder
        for folder in (*above, *rooms)
        if (ROOT / folder).is_dir() and Path(folder).name.strip("._") == Path(folder).name
    ]
    folders.remove("dataops_platform")

    assert sorted(told) == sorted(folders)


def test_every_link_to_a_file_leads_somewhere():
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / link).exists(), f"{file.name} links to {link}, which does not exist"


def test_every_decision_says_why_what_it_costs_and_when_to_undo_it():
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text(encoding="utf-8")
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert sections == ["Context", "Decision", "Because", "Costs", "Undo when"], file.name
        assert len(text.splitlines()) <= 45, f"{file.name} is longer than a screen"
