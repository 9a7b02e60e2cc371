"""Planted secrets and personal values: after a run that refused data, none is in a log, in Dagster, or in an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataops_platform_tests.deploy.planted import (
    HOOK_SECRETS,
    MARKS,
    REFUSED_DAY,
    SECRETS,
    SOUND_DAY,
    People,
    finds,
    land,
)
from dataops_platform_tests.deploy.production import Production

pytestmark = [pytest.mark.integration, pytest.mark.slow]

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
  repositoriesOrError { ... on RepositoryConnection { nodes { sensors { name sensorState {
    ticks(limit: 50) { skipReason cursor error { message stack causes { message stack } } } } } } } }
  workspaceOrError { ... on Workspace { locationEntries { name displayMetadata { key value } } } }
}
"""


def held(running: Production, table: str, day: str) -> int:
    """How many rows of this date are in quarantine."""
    rows = running.rows(f"quarantine/{table}", "ingestion_date")
    return sum(str(row["ingestion_date"]) == day for row in rows)


def secrets_of(running: Production) -> list[str]:
    """All that production was given to keep."""
    return [*SECRETS.values(), *HOOK_SECRETS, running.postgres.password]


@pytest.fixture(scope="module")
def told(running: Production, watchers: People) -> dict[str, str]:
    """All that production says after it was given these files, by where it says it."""
    running.until_idle()
    land(running.folder / "landing")
    running.until(lambda: held(running, "customers", REFUSED_DAY), "the refused customers in quarantine")
    running.until(lambda: held(running, "customers", SOUND_DAY), "the held customers in quarantine")
    running.until(lambda: held(running, "transactions", REFUSED_DAY), "the payments in quarantine")
    running.until_idle()
    found = {"incident_sensor": running.look("incident_sensor")}
    found |= {role: running.log(role).read_text() for role in running.running}
    found["compute logs"] = "\n".join(
        path.read_text() for path in (running.folder / "compute_logs").rglob("*") if path.is_file()
    )
    found["database"] = running.postgres.told("pg_dump", "--data-only")
    found["GraphQL"] = json.dumps(running.ask(ASKED), ensure_ascii=False)
    return found | watchers.heard()


def test_the_files_were_refused_and_told_about(told, running):
    assert held(running, "customers", REFUSED_DAY) == 200  # the evidence is where it belongs
    for where in ("database", "GraphQL"):
        assert "signup_date_is_valid" in told[where], where
        assert "customer_id_is_present" in told[where], where
    for where in ("the web hook", "mails"):
        assert "customers" in told[where], where
        assert REFUSED_DAY in told[where], where
    assert "landing_sensor" in told["daemon"]


def test_a_receiver_that_does_not_answer_is_told_by_its_fingerprint(told):
    assert "did not take the message" in told["incident_sensor"]


@pytest.mark.parametrize("mark", MARKS)
def test_no_personal_value_is_told(told, mark):
    assert [where for where, text in told.items() if mark in finds(text)] == []


def test_no_secret_is_told(told, running):
    found = [(secret, where) for secret in secrets_of(running) for where in told if secret in told[where]]

    assert found == []


def test_no_secret_is_in_the_home_of_dagster(running):
    home = Path(running.variables["DAGSTER_HOME"])
    text = "\n".join(path.read_text() for path in home.rglob("*") if path.is_file())

    assert [secret for secret in secrets_of(running) if secret in text] == []
