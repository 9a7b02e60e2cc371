"""The commands of quarantine: what they show, what they hide, and what they refuse to do."""

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops
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
        return result.exit_code, " ".join(result.output.split())

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
    assert "would release: transactions of 2026-01-02 was refused" in command(*told, "--dry-run")[1]
    assert "was refused" in command("quarantine", "list")[1], "a dry run changes nothing"
    code, released = command(*told)
    assert (code, "1 dates of transactions released, 0 were before." in released) == (0, True)
    assert "transactions │ 1 │ 3 │ 1 │ 2" in released
    assert "0 dates of transactions released, 1 were before." in command(*told)[1]
    assert "was refused" not in command("quarantine", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "orders", DAY), "There is no table 'orders' with a quarantine. There are customers, "),
        (("show", "customer_360", DAY), "There is no table 'customer_360' with a quarantine."),
        (("show", "transactions", "2026-01-09"), "quarantine/transactions holds nothing of 2026-01-09"),
        (("release", "customers", DAY, "--reason", "x"), "customers of 2026-01-02 is not refused"),
        (("replay", "transactions", "2026-01-09"), "transactions of 2026-01-09 was never judged"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_with_what_can(command, arguments, told):
    code, said = command("quarantine", *arguments)

    assert code == 1
    assert told in said
