"""The commands that only look: what they show, and when they end with 1."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from dataops_platform.cli import dataops
from dataops_platform.errors import UnclearRequest
from dataops_platform_tests.resources.given_rows import raised

pytestmark = pytest.mark.integration

TODAY = datetime.now(UTC).date()
SOUND, REFUSED = "customer_id,name\nC1,Ann\n", "customer_id,name\nC1,Ann\nC1,Bob\n"


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs a command on what has landed of customers: the exit code, and what it says."""
    monkeypatch.setenv("DATAOPS_LANDING_URL", str(tmp_path / "landing"))
    monkeypatch.setenv("DATAOPS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments, **landed):
        for days_ago, text in landed.items():
            folder = tmp_path / "landing" / "customers" / f"dt={TODAY - timedelta(days=int(days_ago[1:]))}"
            folder.mkdir(parents=True)
            (folder / "a.csv").write_text(text)
        result = CliRunner().invoke(dataops, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    (tmp_path / "landing").mkdir()
    return run


def test_status_ends_with_1_once_a_date_is_refused(command):
    assert command("status")[0] == 0
    command("sync", _0=SOUND, _1=SOUND, _3=SOUND)
    code, shown = command("status")
    assert code == 0
    assert all(word in shown for word in ("customers", "fresh", str(TODAY), str(TODAY - timedelta(days=2))))

    command("sync", _4=REFUSED)

    code, shown = command("status", "--json")
    assert code == 1
    told = {one["table"]: one for one in json.loads(shown)["tables"]}["customers"]
    assert told["refused_dates"] == [str(TODAY - timedelta(days=4))]
    assert told["missing_dates"] == [str(TODAY - timedelta(days=2))]
    assert (told["last_date"], told["is_late"], told["quarantined_rows"]) == (str(TODAY), False, 2)
    assert "1 refused" in command("status")[1]


def test_the_report_is_written_and_its_end_says_whether_somebody_is_needed(command, tmp_path):
    out = tmp_path / "quality"
    command("sync", _0=SOUND, _1=SOUND)
    code, shown = command("quality-report", "--tables", "customers", "--out", str(out))
    assert code == 0
    assert f"{TODAY - timedelta(days=29)} to {TODAY}: nothing needs anybody. {out}" in shown

    command("sync", _4=REFUSED)
    code, shown = command("quality-report", "--environment", "staging", "--json", "--out", str(out))

    assert code == 3
    told = json.loads(shown)
    assert told == json.loads((out / "data_quality_report.json").read_text())
    assert told["environment"] == "staging"
    days = {
        one["day"]: one["state"] for t in told["tables"] if t["table"] == "customers" for one in t["days"]
    }
    assert days[str(TODAY - timedelta(days=4))] == "refused"
    assert days[str(TODAY - timedelta(days=3))] == "missing"
    assert "silver/customers" in (out / "data_quality_report.html").read_text()
    before = str(TODAY - timedelta(days=5))
    assert command("quality-report", "--until", before, "--tables", "customers", "--out", str(out))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tables", "costumers"), "Did you mean 'customers'?"),
        (("--tables", ","), "names no table"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "before it begins"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(command, arguments, told):
    with pytest.raises(UnclearRequest, match=re.escape(told)):
        command("quality-report", *arguments)


def test_metrics_are_shown_to_people_and_to_prometheus(command):
    assert "Nothing was measured yet" in command("metrics")[1]
    command("sync", _0=SOUND)

    assert "name_null_pct" in command("metrics")[1]
    text = command("metrics", "--prometheus")[1]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    rows = [one for one in families["dataops_row_count"].samples if one.labels["table"] == "customers"]
    assert {one.labels["layer"]: one.value for one in rows} == {"bronze": 1.0, "silver": 1.0}


def test_maintain_ends_with_1_once_a_table_had_to_be_passed_over(command, tmp_path):
    command("sync", _0=SOUND)
    assert command("maintain")[0] == 0
    raised(str(tmp_path / "lake"), "silver/customers", minReaderVersion=4, minWriterVersion=9)

    code, shown = command("maintain")

    assert code == 1
    assert "passed over silver/customers: " in shown
    assert "(version 4)" in shown
    assert "observability/verdicts" in shown
