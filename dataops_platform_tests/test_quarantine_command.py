"""The commands of quarantine: what they show, what they hide, and what they refuse to do."""

import re

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops
from dataops_platform.commands.quarantine_options import quarantine, signed_in
from dataops_platform.errors import PlatformError

pytestmark = pytest.mark.integration

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
DAY = "2026-01-02"


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs the command on a lake where a date of transactions is refused; its exit code, and what it says."""
    for name, text in {
        "customers": "customer_id,name\nC1,Ann\n",
        "transactions": f"{HEADER}C1,t1,2026-01-01,1.00\nC1,t1,2026-01-01,2.00\nC1,t2,2026-01-01,x\n",
    }.items():
        folder = tmp_path / "landing" / name / f"dt={DAY}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(text)
    monkeypatch.setenv("DATAOPS_LANDING_URL", str(tmp_path / "landing"))
    monkeypatch.setenv("DATAOPS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("DATAOPS_FIRST_DATE", "2026-01-01")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)

    def run(*arguments):
        result = CliRunner().invoke(dataops, arguments)
        if isinstance(result.exception, PlatformError):
            return 1, str(result.exception)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, "\n".join(" ".join(line.split()) for line in result.output.splitlines())

    assert run("sync")[0] == 1
    return run


def test_a_refused_date_is_listed_shown_released_and_gone_from_the_list(command):
    _, listed = command("quarantine", "list")
    assert f"transactions {DAY} 3" in listed
    assert "partition_is_accepted: the partition as a whole was refused" in listed
    assert f"dataops quarantine release transactions {DAY}" in listed

    _, shown = command("quarantine", "show", "transactions", DAY, "--check", "amount_is_valid")
    assert "transaction_id: t2" in shown
    assert "amount: x" in shown
    assert "customer_id: …" in shown
    assert "C1" not in shown, "customers are nobody's to see without asking"
    assert "C1" in command("quarantine", "show", "transactions", DAY, "--reveal")[1]

    told = ("quarantine", "release", "transactions", DAY, "--reason", "checked", "--by", "ann")
    would = (
        "transactions of 2026-01-02 would be released: 1 of its 3 rows are sound and would be published.\n"
    )
    assert command(*told, "--dry-run") == (0, would.rstrip())
    assert "was refused" in command("quarantine", "list")[1], "a dry run changes nothing"
    code, released = command(*told)
    assert (code, "1 date of transactions released now, 0 before." in released) == (0, True)
    assert "transactions │ 1 │ 3 │ 1 │ 2" in released
    assert "0 dates of transactions released now, 1 before." in command(*told)[1]
    assert command(*told, "--dry-run")[1] == "transactions of 2026-01-02 was released before."
    assert "was refused" not in command("quarantine", "list")[1]


def test_the_list_has_each_reason_in_a_line_below_its_column_whatever_the_terminals_width(
    command, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "40")

    lines = command("quarantine", "list", "transactions")[1].splitlines()

    assert lines[0] == "table date rows first landed last landed reason"
    assert [re.sub(r"\d\d\d\d-\d\d-\d\d \d\d:\d\d", "TIME", line) for line in lines[1:4]] == [
        f"transactions {DAY} 3 TIME TIME partition_is_accepted: the partition as a whole was refused",
        f"transactions {DAY} 1 TIME TIME amount_is_valid: is no number with at most 2 decimals",
        f"transactions {DAY} 1 TIME TIME key_is_unique: a later row of this date has the same key",
    ]
    assert command("quarantine", "list", "customers") == (0, "Quarantine is empty.")


def test_a_release_succeeds_although_another_date_stands_refused(command, tmp_path):
    other = tmp_path / "landing" / "transactions" / "dt=2026-01-03"
    other.mkdir()
    (other / "a.csv").write_text(f"{HEADER}C1,t1,2026-01-01,1\nC1,t1,2026-01-01,2\n")

    code, told = command("quarantine", "release", "transactions", DAY, "--reason", "checked")

    assert code == 0
    assert "failed transactions of 2026-01-03 was refused" in told


def test_rows_that_are_not_shown_are_told_of(command):
    assert "--limit shows more" in command("quarantine", "show", "transactions", DAY, "--limit", "2")[1]
    assert "--limit" not in command("quarantine", "show", "transactions", DAY, "--limit", "3")[1]


CANNOT = [
    (("list", "transaction"), 1, "quarantine. Did you mean 'transactions'? There are customers, "),
    (("show", "orders", DAY), 1, "There is no table 'orders' with a quarantine. There are customers, "),
    (("show", "customer_360", DAY), 1, "There is no table 'customer_360' with a quarantine."),
    (("show", "transactions", "2026-01-09"), 1, "quarantine/transactions holds nothing of 2026-01-09"),
    (("show", "transactions", DAY, "--check", "amount"), 1, "amount'. Did you mean 'amount_is_valid'?"),
    (("show", "transactions", "02.01.2026"), 2, "write it as YYYY-MM-DD, e.g. 2026-06-18."),
    (("show", "transactions"), 2, "Missing argument 'DATE'."),
    (("release", "customers", DAY, "--reason", "x"), 1, "customers of 2026-01-02 is not refused"),
    (
        ("release", "customers", DAY, "--reason", "x", "--dry-run"),
        1,
        "customers of 2026-01-02 is not refused",
    ),
    (("release", "transactions", DAY), 2, "Missing option '--reason'."),
    (("release", "transactions", DAY, "--reason", " "), 1, "Nothing was done, because it was not said why."),
    (("release", "transactions", DAY, "--reason", "x", "--by", ""), 1, "it was not said who decides"),
    (("replay", "transactions", "2026-01-09"), 1, "transactions of 2026-01-09 was never judged"),
    (("lst",), 2, "Did you mean 'list'?"),
]


def test_what_cannot_be_done_is_one_sentence_with_what_can(command):
    before = command("quarantine", "list")

    for arguments, code, told in CANNOT:
        found, said = command("quarantine", *arguments)
        assert (found, told in said) == (code, True), f"{arguments} ended with {found}: {said}"

    assert command("quarantine", "list") == before


@pytest.mark.parametrize("name", sorted(quarantine.commands))
def test_each_command_shows_an_example_that_can_be_copied(name):
    told = CliRunner().invoke(dataops, ["quarantine", name, "--help"]).output.splitlines()

    assert any(f"dataops quarantine {name}" in line and line.startswith("    ") for line in told)


def test_a_machine_that_knows_no_user_names_nobody(monkeypatch):
    def unknown():
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", unknown)

    assert signed_in() == ""


def test_a_row_that_only_breaks_a_rule_is_released_by_its_place_or_its_check(command, tmp_path):
    rows = "".join(f"C1,u{n},2026-01-01,1.00\n" for n in range(9))
    folder = tmp_path / "landing" / "transactions" / "dt=2026-01-03"
    folder.mkdir()
    (folder / "a.csv").write_text(f"{HEADER}{rows}C1,r1,2026-01-01,-5\nC1,r2,2026-01-01,-6\n")
    command("sync")
    asked = ("quarantine", "release-rows", "transactions", "2026-01-03")
    said = ("--reason", "refunds", "--by", "ann")

    place = "s3://landing/transactions/dt=2026-01-03/a.csv:10"
    tried = command(*asked, place, *said, "--dry-run")
    by_place = command(*asked, place, *said)
    by_check = command(*asked, "--check", "amount_is_valid", *said)

    assert tried == (0, "Would be: 1 row of transactions of 2026-01-03 released now, 0 before.")
    assert by_place[0] == by_check[0] == 0
    assert "1 row of transactions of 2026-01-03 released now, 0 before." in by_place[1]
    assert "1 row of transactions of 2026-01-03 released now, 0 before." in by_check[1]
    assert "2026-01-03" not in command("quarantine", "list", "transactions")[1]
    assert command(*asked, *said)[1].startswith("Say which rows")
