"""Planted secrets and personal values: after a run that refused data, none is in a log, in Dagster, or in an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataops_platform_tests.deploy.conftest import SECRETS
from dataops_platform_tests.deploy.production import Production

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DAY = "2026-06-04"
#: Each in a column that the contract does not call public, and the last two where they do not convert.
PERSONAL = ("Zenobia Quill", "zq.planted@nowhere.example", "Plantedtown", "31/31/plantd", "plnt,9x")
CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city\n"
PAID = "customer_id,transaction_id,transaction_date,amount,payment_type,product_id\n"
#: Everything that a page of Dagster asks of a run, a table, a sensor or the instance.
ASKED = """
{ instance { info daemonHealth { allDaemonStatuses { lastHeartbeatErrors { message stack } } } }
  runsOrError { ... on Runs { results {
    runId runConfigYaml tags { key value }
    eventConnection { events {
      __typename
      ... on MessageEvent { message }
      ... on ErrorEvent { error { message stack causes { message stack } } }
      ... on DisplayableEvent { label description metadataEntries {
        __typename label description
        ... on TextMetadataEntry { text }
        ... on MarkdownMetadataEntry { mdStr }
        ... on JsonMetadataEntry { jsonString }
        ... on TableMetadataEntry { table { records } } } } } } } } }
  workspaceOrError { ... on Workspace { locationEntries { name displayMetadata { key value } } } }
}
"""


def refused_customers() -> str:
    """A date a quarter of whose rows has no key: it is refused as a whole."""
    name, email, city, day, _ = PERSONAL
    rows = [f"{number if number % 4 else ''},{name},{email},north,{day},{city}" for number in range(1, 201)]
    return CUSTOMERS + "\n".join(rows) + "\n"


def unreadable_payments() -> str:
    """Amounts that are no numbers."""
    return PAID + "".join(f'c{number},t{number},2026-06-04,"{PERSONAL[-1]}",card,p1\n' for number in range(5))


def quarantined(running: Production, table: str) -> int:
    """How many of these rows are in quarantine."""
    rows = running.rows(f"quarantine/{table}", "ingestion_date")
    return sum(str(row["ingestion_date"]) == DAY for row in rows)


@pytest.fixture(scope="module")
def told(running: Production) -> dict[str, str]:
    """All that production says after it was given these files, by where it says it."""
    running.until_idle()
    running.land(f"customers/dt={DAY}/planted.csv", refused_customers())
    running.land(f"transactions/dt={DAY}/planted.csv", unreadable_payments())
    running.until(lambda: quarantined(running, "customers"), "the customers in quarantine")
    running.until(lambda: quarantined(running, "transactions"), "the payments in quarantine")
    running.until_idle()
    found = {role: running.log(role).read_text() for role in running.running}
    found["compute logs"] = "\n".join(
        path.read_text() for path in (running.folder / "compute_logs").rglob("*") if path.is_file()
    )
    found["database"] = running.postgres.told("pg_dump", "--data-only")
    found["GraphQL"] = json.dumps(running.ask(ASKED), ensure_ascii=False)
    return found


def test_the_files_were_refused_and_told_about(told, running):
    assert quarantined(running, "customers") == 200  # the evidence is where it belongs
    for where in ("database", "GraphQL"):
        assert "signup_date_is_valid" in told[where], where
        assert "customer_id_is_present" in told[where], where
    assert "landing_sensor" in told["daemon"]


@pytest.mark.parametrize("value", PERSONAL)
def test_no_personal_value_is_told(told, value):
    assert [where for where, text in told.items() if value in text] == []


@pytest.mark.parametrize("name", [*SECRETS, "DAGSTER_PG_PASSWORD"])
def test_no_secret_is_told(told, running, name):
    secret = running.variables[name]

    assert [where for where, text in told.items() if secret in text] == []


def test_no_secret_is_in_the_home_of_dagster(running):
    home = Path(running.variables["DAGSTER_HOME"])
    text = "\n".join(path.read_text() for path in home.rglob("*") if path.is_file())

    for name in [*SECRETS, "DAGSTER_PG_PASSWORD"]:
        assert running.variables[name] not in text
