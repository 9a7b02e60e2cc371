"""`dataops backfill`: what it would do, what it does, and that a second time it finds nothing left."""

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops
from dataops_platform.errors import PlatformError

pytestmark = pytest.mark.integration


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs the command where two dates of customers have landed; its exit code, and what it says."""
    for number in (2, 5):
        folder = tmp_path / "landing" / "customers" / f"dt=2026-01-0{number}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(f"customer_id,name\nc{number},Ann\n")
    monkeypatch.setenv("DATAOPS_LANDING_URL", str(tmp_path / "landing"))
    monkeypatch.setenv("DATAOPS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("DATAOPS_FIRST_DATE", "2026-01-01")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)

    def run(*arguments):
        result = CliRunner().invoke(dataops, ["backfill", *arguments])
        if isinstance(result.exception, PlatformError):
            return 1, str(result.exception)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


def test_a_backfill_tells_its_stretches_before_and_does_them_once(command, tmp_path):
    _, planned = command("--chunk-days", "3", "--dry-run")
    assert planned.splitlines() == [
        "would do 1 of 2  2026-01-01 to 2026-01-03: 1 dates of customers",
        "would do 2 of 2  2026-01-04 to 2026-01-06: 1 dates of customers",
    ]
    assert not [*(tmp_path / "lake").iterdir()], "a dry run changes nothing"

    code, told = command("--chunk-days", "3")
    assert (code, told.splitlines()[1]) == (0, "2 of 2  2026-01-04 to 2026-01-06: 1 dates of customers")
    assert "2 rows as of 2026-01-05, 2 snapshots." in told

    assert command("--to", "2026-01-31", "--dry-run") == (
        0,
        "Nothing is due from 2026-01-01 to 2026-01-31.\n",
    )


def test_a_range_without_dates_is_one_sentence(command):
    code, told = command("--from", "2026-02-01", "--to", "2026-01-01")

    assert code == 1
    assert told.startswith("There is no date from 2026-02-01 to 2026-01-01.")
