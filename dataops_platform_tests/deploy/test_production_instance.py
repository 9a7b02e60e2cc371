"""The production instance: PostgreSQL, web server, daemon and code server, and what becomes of crashes."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_platform_tests.deploy.production import DEPLOY, REPOSITORY, Production
from dataops_platform_tests.listening import LOOPBACK, listening

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city\n"
EVENTS = "event_id,customer_id,event_type,event_date\n"
MANY = 60_000
#: What production has otherwise than a laptop; all else is the same, word for word.
OWN = {"storage", "run_launcher", "compute_logs"}


def customer(name: str) -> str:
    return f"{CUSTOMERS}{name},Ada,ada@x.org,north,2026-01-01,Rome\n"


def events(name: str) -> str:
    """Rows enough that a run takes seconds."""
    return EVENTS + "".join(f"{name}{number},c1,view,2026-01-01\n" for number in range(MANY))


def in_gold(running: Production, name: str) -> bool:
    return {"customer_id": name} in running.rows("gold/customer_360", "customer_id")


def worker(running: Production) -> int | None:
    """The process of the run that is going on; the code server starts it."""
    server = running.running["code"].pid
    for process in Path("/proc").glob("[0-9]*"):
        try:
            of = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            is_run = b"spawn_main" in (process / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if of == server and is_run:
            return int(process.name)
    return None


def until_a_run_has_loaded(running: Production, day: str) -> dict[str, Any]:
    """The run in whose midst production is then: the date is in bronze, and not yet in silver."""
    running.until(lambda: {"ingestion_date": day} in dates(running, "bronze"), f"{day} in bronze")
    [run] = [run for run in running.runs() if run["status"] in {"STARTING", "STARTED"}]
    return run


def dates(running: Production, layer: str) -> list[dict[str, Any]]:
    rows = running.rows(f"{layer}/web_events", "ingestion_date")
    return [{"ingestion_date": str(day)} for day in {row["ingestion_date"] for row in rows}]


def silver_holds(running: Production, name: str) -> bool:
    names = [str(row["event_id"]) for row in running.rows("silver/web_events", "event_id")]
    return sum(found.startswith(name) for found in names) == MANY


def retried(running: Production, run: dict[str, Any]) -> list[str]:
    """How the runs ended that took the place of this one."""
    return [found["status"] for found in running.runs() if found["parentRunId"] == run["runId"]]


def status(running: Production, run: dict[str, Any]) -> str:
    [found] = [found["status"] for found in running.runs() if found["runId"] == run["runId"]]
    return str(found)


def test_a_file_that_lands_reaches_gold_without_anyone_watching(running):
    running.land("customers/dt=2026-06-01/a.csv", customer("watched-by-nobody"))

    running.until(lambda: in_gold(running, "watched-by-nobody"), "the customer in gold")
    running.until_idle()


def test_production_listens_on_the_loopback_interface_only(running):
    sessions = {
        child.pid for child in running.running.values()
    }  # each leads its own, and what it starts is in it

    found = listening(lambda process: session_of(process) in sessions)
    of_postgres = listening(lambda process: f"-p\0{running.postgres.port}\0" in command_of(process))

    assert found.keys() >= {running.ports[role] for role in ("code", "web")}
    assert of_postgres.keys() == {running.postgres.port}
    assert {*found.values(), *of_postgres.values()} <= LOOPBACK


START = """mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }"""
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename } }"""


def test_who_may_only_look_sees_runs_and_starts_nothing(running):
    where = {"repositoryName": "__repository__", "repositoryLocationName": "dataops_platform"}
    running.start("web", "--port", str(running.ports["looking only"]), "--read-only", name="looking only")
    running.until(lambda: running.is_ready("looking only"), "a second web server")
    runs = len(running.runs())

    started = running.ask(START, of="looking only", selector=where | {"sensorName": "catalog_sensor"})
    params = {"selector": where | {"jobName": "landing_to_gold"}, "runConfigData": {}}
    launched = running.ask(LAUNCH, of="looking only", params=params)
    seen = running.ask("{ runsOrError { ... on Runs { results { runId } } } }", of="looking only")
    running.kill("looking only")

    assert started["startSensor"]["__typename"] == "UnauthorizedError"
    assert launched["launchRun"]["__typename"] == "UnauthorizedError"
    assert len(seen["runsOrError"]["results"]) == runs == len(running.runs())


def session_of(process: int) -> int | None:
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return None


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def test_a_run_whose_worker_is_killed_fails_and_is_tried_again(running):
    running.until_idle()
    running.land("web_events/dt=2026-06-02/a.csv", events("killed-"))
    run = until_a_run_has_loaded(running, "2026-06-02")

    killed = worker(running)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    running.until(lambda: silver_holds(running, "killed-"), "what landed in silver")
    running.until_idle()
    assert status(running, run) == "FAILURE"
    assert retried(running, run) == ["SUCCESS"]


def test_a_run_that_goes_down_with_the_code_server_fails_and_is_tried_again(running):
    running.until_idle()
    running.land("web_events/dt=2026-06-03/a.csv", events("down-"))
    run = until_a_run_has_loaded(running, "2026-06-03")

    running.kill("code")
    running.start("code")

    running.until(lambda: silver_holds(running, "down-"), "what landed in silver")
    running.until_idle()
    assert status(running, run) == "FAILURE"
    assert retried(running, run) == ["SUCCESS"]


def loading(running: Production) -> list[dict[str, Any]]:
    """The runs that `landing_sensor` has asked for; others write the catalogue's pages."""
    asked = {"key": "dagster/sensor_name", "value": "landing_sensor"}
    return [run for run in running.runs() if asked in run["tags"]]


def caught_in_the_queue(running: Production, day: int) -> dict[str, Any] | None:
    """The run that a tick has asked for, with the daemon killed before it was launched; None where it was too late."""
    running.until_idle()
    known = {run["runId"] for run in loading(running)}
    running.land(f"customers/dt=2026-06-{day:02}/a.csv", customer(f"queued-{day}"))
    running.until(lambda: len(loading(running)) > len(known), "a run that a tick asks for")
    running.kill("daemon")
    [run] = [run for run in loading(running) if run["runId"] not in known]
    return run if run["status"] in {"NOT_STARTED", "QUEUED"} else None


def test_a_run_outlives_the_daemon_that_was_killed_between_its_tick_and_its_start(running):
    run, day = None, 20  # dates that no other test here lands files of
    while run is None and day < 26:
        day += 1
        run = caught_in_the_queue(running, day)
        running.start("daemon")
    assert run, "each run had started by the time the daemon was killed"

    running.until(lambda: in_gold(running, f"queued-{day}"), "what landed in gold")
    running.until_idle()
    assert status(running, run) == "SUCCESS"
    assert retried(running, run) == []


def test_two_daemons_that_evaluate_the_same_ticks_load_each_file_once(running):
    running.until_idle()
    running.start("daemon", name="another daemon")
    days = range(11, 15)
    for day in days:
        running.land(f"customers/dt=2026-06-{day}/a.csv", customer(f"twice-{day}"))
    running.until(lambda: all(in_gold(running, f"twice-{day}") for day in days), "what landed in gold")
    running.until_idle()
    running.kill("another daemon")

    loaded = [row["customer_id"] for row in running.rows("bronze/customers", "customer_id")]
    assert sorted(name for name in loaded if (name or "").startswith("twice-")) == [
        f"twice-{day}" for day in days
    ]
    raw = [path for path in running.lake.rglob("*_a.csv") if "=2026/06/1" in str(path)]
    assert len(raw) == len(days)


def test_production_is_configured_as_a_laptop_but_for_what_is_its_own():
    laptop = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text())
    here = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())

    laptop.pop("event_log_storage")
    assert {name: value for name, value in here.items() if name not in OWN} == laptop
    assert here.keys() >= OWN
