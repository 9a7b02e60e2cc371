"""`dataops contracts`: the list, the files and the changes, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pandera.pandas as pandera
import pytest
from click.testing import CliRunner

from dataops_platform.cli import contracts, dataops
from dataops_platform.errors import ContractProblem, EnvironmentProblem
from dataops_platform_tests.catalog.promised import payments, with_columns

REFUNDS = payments(name="refunds")


@pytest.fixture
def dataops_contracts(monkeypatch, tmp_path):
    """Runs the command in an empty folder, where the platform has these tables; its exit code, and what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments, tables):
        monkeypatch.setattr("dataops_platform.commands.contracts.load_tables", lambda: tables)
        result = CliRunner().invoke(dataops, ["contracts", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


@pytest.mark.parametrize("width", ["200", "40"])
def test_the_list_has_each_contract_in_a_line_whatever_the_terminals_width(
    dataops_contracts, monkeypatch, width
):
    monkeypatch.setenv("COLUMNS", width)
    gold = replace(payments(name="sums"), sources=("payments",), reconciled=("no_payment_is_lost",))

    code, told = dataops_contracts("list", tables=[payments(), gold])

    assert code == 0
    assert [line.split() for line in told.splitlines() if "team:sales" in line] == [
        ["payments", "silver", payments().contract.version, "4", "payment_id", "0", "team:sales"],
        ["sums", "gold", gold.contract.version, "4", "payment_id", "1", "team:sales"],
    ]


def test_an_export_that_is_current_is_left_as_it_is(dataops_contracts, tmp_path):
    dataops_contracts("export", "out", tables=[payments(), REFUNDS])
    written = (tmp_path / "out" / "payments.odcs.yaml").stat().st_mtime_ns

    code, told = dataops_contracts("export", "out", tables=[payments(), replace_owner(REFUNDS)])

    assert (code, told) == (0, "2 contracts are in out, 1 of them new or changed.\n")
    assert (tmp_path / "out" / "payments.odcs.yaml").stat().st_mtime_ns == written
    assert "team:finance" in (tmp_path / "out" / "refunds.odcs.yaml").read_text()


def replace_owner(table):
    return replace(table, contract=replace(table.contract, owner="team:finance"))


def test_the_export_of_a_table_that_is_no_more_is_removed_and_nothing_else(dataops_contracts, tmp_path):
    dataops_contracts("export", tables=[payments(), REFUNDS])
    (tmp_path / "docs" / "contracts" / "README.md").touch()

    _, told = dataops_contracts("export", tables=[payments()])

    assert "1 removed, whose tables are no more" in told
    assert {path.name for path in (tmp_path / "docs" / "contracts").iterdir()} == {
        "payments.odcs.yaml",
        "README.md",
    }


@pytest.mark.parametrize("command", [["export", "."], ["diff", "--against", "."]])
def test_a_file_of_somebody_else_is_neither_replaced_nor_removed_nor_compared(
    dataops_contracts, tmp_path, command
):
    foreign = tmp_path / "payments.odcs.yaml"
    foreign.write_text("kind: DataContract\n")

    with pytest.raises(EnvironmentProblem, match=r"payments.odcs.yaml was not written by"):
        dataops_contracts(*command, tables=[payments()])

    assert foreign.read_text() == "kind: DataContract\n"


def test_a_contract_that_cannot_be_judged_is_not_exported(dataops_contracts, tmp_path):
    columns = with_columns(status=pandera.Column(str, pandera.Check(bool), nullable=True))

    with pytest.raises(ContractProblem, match="cannot be judged row by row"):
        dataops_contracts("export", tables=[payments(columns=columns)])

    assert not list(tmp_path.iterdir())


LATIN = payments(encoding="latin-1")
SUMS = payments(description="Sums.")
BROKE = "breaking  payments: encoding utf-8 → latin-1"


@pytest.mark.parametrize(
    ("today", "options", "code", "said"),
    [
        (payments(), [], 0, "Changes since docs/contracts: none."),
        (payments(), ["--check"], 0, "Changes since docs/contracts: none."),
        (SUMS, [], 0, "neutral   payments: description 'One row for each payment.' → 'Sums.'"),
        (SUMS, [], 0, "Changes since docs/contracts: 0 breaking, 0 widening, 1 neutral."),
        (SUMS, ["--check"], 1, "failed  Not as today's contracts: payments.odcs.yaml. Write them anew:"),
        (LATIN, [], 1, BROKE),
        (LATIN, [], 1, "Once they do: dataops contracts diff --allow-breaking"),
        (LATIN, ["--allow-breaking"], 0, BROKE),
        (LATIN, ["--allow-breaking", "--check"], 1, "dataops contracts export docs/contracts"),
    ],
)
def test_a_diff_tells_each_change_and_fails_where_it_breaks_or_the_check_asks(
    dataops_contracts, today, options, code, said
):
    dataops_contracts("export", tables=[payments()])

    found, told = dataops_contracts("diff", *options, tables=[today])

    assert found == code
    assert said in told


def test_a_check_names_the_export_of_a_table_that_went_and_asks_for_none_of_one_that_came(dataops_contracts):
    dataops_contracts("export", tables=[payments()])

    code, told = dataops_contracts("diff", "--check", "--allow-breaking", tables=[REFUNDS])

    assert code == 1
    assert "breaking  payments: table removed" in told
    assert "widening  refunds: table added" in told
    assert "Not as today's contracts: payments.odcs.yaml. Write" in told
    dataops_contracts("export", tables=[payments()])
    assert dataops_contracts("diff", "--check", tables=[payments(), REFUNDS])[0] == 0


def test_a_rule_with_brackets_is_told_as_it_is_written(dataops_contracts):
    column = pandera.Column(str, pandera.Check.str_matches("[red]+"), nullable=True)
    dataops_contracts("export", tables=[payments()])

    _, told = dataops_contracts("diff", tables=[payments(columns=with_columns(status=column))])

    assert "column status: now str_matches [red]+" in told


def test_a_diff_compares_with_the_folder_it_is_given(dataops_contracts):
    dataops_contracts("export", tables=[payments()])
    dataops_contracts("export", "main", tables=[LATIN])

    _, told = dataops_contracts("diff", "--against", "main", tables=[payments()])

    assert "payments: encoding latin-1 → utf-8" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a: b\n- c\n", r"docs/contracts/payments.odcs.yaml, line 3: this is no YAML\. Restore"),
        (b"\xff", r"An export in docs/contracts is no UTF-8 text"),
        (b"a: b\n", r"exported contract of payments is not as .* writes it"),
        (b"", r"exported contract of payments is not as .* writes it"),
    ],
    ids=["no YAML", "no text", "no contract", "nothing"],
)
def test_an_export_that_cannot_be_read_is_named_with_what_to_do(dataops_contracts, tmp_path, text, said):
    dataops_contracts("export", tables=[payments()])
    path = tmp_path / "docs" / "contracts" / "payments.odcs.yaml"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0] + text)

    with pytest.raises(EnvironmentProblem, match=said):
        dataops_contracts("diff", tables=[payments()])


def test_an_empty_folder_has_nothing_to_compare_with(dataops_contracts, tmp_path):
    (tmp_path / "docs" / "contracts").mkdir(parents=True)

    with pytest.raises(EnvironmentProblem, match="holds no exported contracts to compare with"):
        dataops_contracts("diff", tables=[payments()])


def test_a_folder_that_cannot_be_made_is_told_with_its_name(dataops_contracts, tmp_path):
    (tmp_path / "docs").touch()

    with pytest.raises(EnvironmentProblem, match="docs/contracts cannot be written: Not a directory"):
        dataops_contracts("export", tables=[payments()])


def test_a_missing_folder_is_one_sentence_and_exit_code_1(tmp_path):
    command = [sys.executable, "-m", "dataops_platform.cli", "contracts", "diff", "--against", "missing"]

    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "dataops: There is no folder missing with exported contracts. "
        "Write them first: dataops contracts export missing\n"
    )


@pytest.mark.parametrize("name", sorted(contracts.commands))
def test_each_command_shows_an_example_that_can_be_copied(name):
    told = CliRunner().invoke(dataops, ["contracts", name, "--help"]).output.splitlines()

    assert any(f"dataops contracts {name}" in line and line.startswith("    ") for line in told)


def test_what_breaks_is_agreed_to_by_a_line_that_names_the_table(dataops_contracts, tmp_path):
    dataops_contracts("export", tables=[payments(), REFUNDS])
    lines = tmp_path / "lines.md"
    changed = [LATIN, replace(REFUNDS, contract=replace(REFUNDS.contract, encoding="latin-1"))]

    def code(text):
        lines.write_text(text)
        return dataops_contracts("diff", "--agreed", str(lines), tables=changed)[0]

    assert code("- `payments` and `refunds` are faster.\n") == 1
    assert code("- Breaking: `payments` in another encoding.\n") == 1, "refunds was not agreed to"
    assert code("- Breaking: `payments` and `refunds` in another encoding.\n") == 0


def test_lines_that_cannot_be_read_are_told_with_their_file(dataops_contracts):
    dataops_contracts("export", tables=[payments()])

    with pytest.raises(EnvironmentProblem, match=r"lines\.md cannot be read: No such file"):
        dataops_contracts("diff", "--agreed", "lines.md", tables=[payments()])
