"""`make contracts-diff`: a breaking change of a contract goes in only with a new line of the changelog."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from dataops_platform_tests.test_readme import ROOT, checkout, variables

pytestmark = [pytest.mark.integration, pytest.mark.slow]

AGREED = "- Breaking: `products`, whose price is above zero: leave out what is given away.\n"


class Clone:
    """A clone of the project with one commit, `main`, whose working tree a test changes."""

    def __init__(self, folder):
        self.folder = checkout(folder)
        shutil.copytree(ROOT / "docs" / "contracts", folder / "docs" / "contracts")
        (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n{AGREED.replace('price', 'name')}")
        (folder / ".gitignore").write_text("/.venv\n/build/\n")
        self.run("git", "init", "--quiet", "--initial-branch", "main")
        self.run("git", "add", ".")
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        self.run("git", *identity, "commit", "--quiet", "--message", "all")

    def run(self, *command):
        environment = variables(self.folder) | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def diff(self, against="main"):
        done = self.run("make", "--assume-old=setup", "contracts-diff", f"AGAINST={against}")
        return done.returncode, done.stdout + done.stderr

    def make_price_stricter(self):
        table = self.folder / "dataops_platform" / "tables" / "products.py"
        text = table.read_text()
        assert "pa.Check.ge(0)" in text
        table.write_text(text.replace("pa.Check.ge(0)", "pa.Check.gt(0)"))


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_a_breaking_change_is_refused_until_a_new_line_of_the_changelog_tells_of_it(clone):
    assert clone.diff() == (0, "Changes since build/against/docs/contracts: none.\n")
    clone.make_price_stricter()

    code, told = clone.diff()
    assert code != 0
    assert "breaking  products: column price" in told
    assert "say so in a new line of CHANGELOG.md: - Breaking: `products`" in told

    with (clone.folder / "CHANGELOG.md").open("a") as changelog:
        changelog.write(AGREED)
    code, told = clone.diff()
    assert code == 0, told
    assert "breaking  products: column price" in told, "agreed to, and still shown"


def test_a_branch_that_is_not_there_is_named(clone):
    code, told = clone.diff("origin/main")

    assert code != 0
    assert "there is no origin/main here to compare with" in told


def test_where_no_contracts_were_exported_there_is_nothing_to_break(clone):
    shutil.rmtree(clone.folder / "docs")
    clone.run("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qam", "none")

    assert clone.diff() == (0, "No contracts were exported at main.\n")
