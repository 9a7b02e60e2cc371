"""Events for OpenLineage: what each facet says, by the client's own classes; and sending, which stops nothing."""

import json
import logging
from datetime import UTC, date, datetime

import pytest
from openlineage.client.serde import Serde

from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.catalog.openlineage import OpenLineageEvents
from dataops_platform.core.step_events import StepEvent, Written
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.openlineage import OpenLineageSender, is_configured
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables
from dataops_platform_tests.catalog.lineage_endpoint import lineage_endpoint

RUN = "6a4b1c1e-8f1c-4a53-9a41-0d6f0a3a2f11"
GRAPH = LineageGraph(recipes(load_tables()), SparkPlans)
EVENTS = OpenLineageEvents(GRAPH, "dataops", "s3://lake/shop", "/data/landing")


def step(state="complete", *, assets=("quarantine/transactions", "silver/transactions"), **told):
    return StepEvent(
        state=state,
        step="silver_transactions",
        job="everything",
        run_id=RUN,
        attempt=told.pop("attempt", 0),
        assets=assets,
        dates=(date(2026, 1, 2), date(2026, 1, 4)),
        at=datetime(2026, 2, 1, 12, tzinfo=UTC),
        **told,
    )


def event(told):
    """The event as it goes over the wire; the client's classes have refused what is no such event."""
    return json.loads(Serde.to_json(EVENTS.event(told)))


def test_an_event_names_its_run_its_job_the_run_it_is_part_of_and_the_dates_it_is_for():
    told = event(step())

    assert (told["eventType"], told["eventTime"]) == ("COMPLETE", "2026-02-01T12:00:00+00:00")
    assert told["job"] == {"namespace": "dataops", "name": "silver_transactions", "facets": {}}
    facets = told["run"]["facets"]
    assert facets["parent"]["run"]["runId"] == RUN
    assert facets["parent"]["job"]["name"] == "everything"
    assert facets["nominalTime"]["nominalStartTime"] == "2026-01-02T00:00:00+00:00"
    assert facets["nominalTime"]["nominalEndTime"] == "2026-01-05T00:00:00+00:00"


def test_all_events_of_one_try_share_a_run_and_the_next_try_has_another():
    first, last, again = event(step("start")), event(step("fail")), event(step("start", attempt=1))

    assert first["run"]["runId"] == last["run"]["runId"] != again["run"]["runId"]


def test_tables_and_landed_files_are_named_by_where_they_are():
    told = event(step())
    landed = event(step(assets=("bronze/transactions",)))

    assert [(one["namespace"], one["name"]) for one in told["inputs"]] == [
        ("s3://lake", "shop/bronze/transactions")
    ]
    assert [one["name"] for one in told["outputs"]] == [
        "shop/quarantine/transactions",
        "shop/silver/transactions",
    ]
    assert [(one["namespace"], one["name"]) for one in landed["inputs"]] == [
        ("file", "/data/landing/transactions")
    ]


def test_the_schema_is_the_published_table_s():
    fields = event(step())["outputs"][1]["facets"]["schema"]["fields"]

    assert {field["name"]: field["type"] for field in fields} == GRAPH.recipe("silver/transactions").columns
    assert [field["ordinal_position"] for field in fields] == list(range(1, len(fields) + 1))


def test_each_column_tells_what_it_is_made_of_and_what_only_chooses():
    told = event(step(assets=("gold/customer_360",)))["outputs"][0]["facets"]["columnLineage"]

    ways = {
        (one["name"], one["field"]): {(way["type"], way["subtype"]) for way in one["transformations"]}
        for one in told["fields"]["total_spend"]["inputFields"]
    }
    assert ways["shop/silver/transactions", "amount"] == {("DIRECT", "AGGREGATION")}
    assert ("INDIRECT", "GROUP_BY") in ways["shop/silver/transactions", "customer_id"]
    assert {one["field"] for one in told["dataset"]} == {"customer_id", "ingestion_date"}
    assert told["fields"]["ingestion_date"]["inputFields"] == []


def test_what_was_published_and_which_checks_passed_is_told():
    written = {"silver/transactions": Written(rows=7, bytes=900, files=2, version=3)}
    checks = {"amount_is_valid": True, "key_is_unique": False, "row_is_readable": True}

    told = event(step(written=written, checks=checks))

    quarantine, silver = told["outputs"]
    statistics = silver["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["size"], statistics["fileCount"]) == (7, 900, 2)
    assert silver["facets"]["version"]["datasetVersion"] == "3"
    assert quarantine["outputFacets"] == {}
    judged = told["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(one["assertion"], one["success"], one.get("column")) for one in judged] == [
        ("amount_is_valid", True, "amount"),
        ("key_is_unique", False, None),
        ("row_is_readable", True, None),
    ]


def test_a_failure_says_why():
    told = event(step("fail", problem="transactions of 2026-01-02 was refused"))

    assert told["eventType"] == "FAIL"
    assert told["run"]["facets"]["errorMessage"]["message"] == "transactions of 2026-01-02 was refused"


@pytest.mark.parametrize("asset", GRAPH.assets)
def test_every_asset_has_an_event(asset):
    assert event(step(assets=(asset,)))["outputs"][0]["facets"]["columnLineage"]["fields"]


@pytest.fixture
def endpoint(monkeypatch):
    """A server on this machine, which OpenLineage's client is told of."""
    with lineage_endpoint() as found:
        monkeypatch.delenv("OPENLINEAGE_DISABLED")
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found


def test_events_reach_the_server_that_the_client_s_variables_name(endpoint):
    sender = OpenLineageSender(EVENTS.event)

    sender.tell(step("start"))
    sender.tell(step())

    assert endpoint.paths == ["/api/v1/lineage"] * 2
    assert [told["eventType"] for told in endpoint.received] == ["START", "COMPLETE"]
    assert is_configured()


def test_after_an_event_that_did_not_arrive_no_other_is_sent_and_nothing_is_raised(endpoint, caplog):
    endpoint.status = 500
    sender = OpenLineageSender(EVENTS.event)

    with caplog.at_level(logging.WARNING, "dataops_platform"):
        sender.tell(step("start"))
        sender.tell(step())

    assert len(endpoint.received) == 1
    [warning] = [each.getMessage() for each in caplog.records if each.name.startswith("dataops_platform")]
    assert warning.startswith("OpenLineage took no event of silver_transactions")


def test_events_go_to_the_file_that_openlineage_yml_names(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENLINEAGE_DISABLED")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openlineage.yml").write_text(
        f"transport:\n  type: file\n  log_file_path: {tmp_path / 'events.json'}\n  append: true\n"
    )

    assert is_configured({})
    OpenLineageSender(EVENTS.event).tell(step())

    assert json.loads((tmp_path / "events.json").read_text())["job"]["name"] == "silver_transactions"


@pytest.mark.parametrize(
    ("variables", "is_on"),
    [
        ({}, False),
        ({"OPENLINEAGE_URL": ""}, False),
        ({"OPENLINEAGE_URL": "http://lineage"}, True),
        ({"OPENLINEAGE_URL": "http://lineage", "OPENLINEAGE_DISABLED": "true"}, False),
        ({"OPENLINEAGE__TRANSPORT__TYPE": "console"}, True),
        ({"OPENLINEAGE_NAMESPACE": "shop"}, False),
    ],
)
def test_it_is_off_unless_the_client_is_configured(tmp_path, monkeypatch, variables, is_on):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert is_configured(variables) is is_on
