"""Many runs queued at once in production: none is lost, and no table ever has two writers."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.results import RESULTS, record, spread
from dataops_platform_tests.deploy.postgres import found, postgres
from dataops_platform_tests.deploy.production import Production, production

_DAY = "2026-06-01"
_FILES = {
    "customers": "customer_id,name,email,signup_region,signup_date,city\nc1,Ada,ada@x.org,north,2026-01-01,Rome\n",
    "products": "product_id,name,category,price\np1,Lamp,light,1.50\n",
    "support_tickets": "ticket_id,customer_id,status,opened_date\ns1,c1,OPEN,2026-06-01\n",
    "web_events": "event_id,customer_id,event_type,event_date\ne1,c1,view,2026-06-01\n",
}
_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
  }
}
"""
_TIMES = """
{ runsOrError(limit: 500) { ... on Runs { results {
    runId status creationTime startTime endTime assetSelection { path }
    stats { ... on RunStatsSnapshot { launchTime } }
} } } }
"""


def run(cache: Path, *, runs: int = 50) -> Path | None:
    """That many runs of four tables' silver were queued at once, and what became of them is recorded."""
    programs = found()
    if programs is None:
        return None
    folder = cache / "queue"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with postgres(programs) as server, production(folder, server) as started:
        for table, text in _FILES.items():
            started.land(f"{table}/dt={_DAY}/rows.csv", text)
        started.until(lambda: started.rows("gold/customer_360", "customer_id"), "gold")
        started.until_idle()
        before = _lake(started)
        wanted = [_launch(started, table) for table in islice(cycle(_FILES), runs)]
        _until_over(started, wanted)
        told = [
            each for each in started.ask(_TIMES)["runsOrError"]["results"] if each["runId"] in set(wanted)
        ]
        measured = _measured(told) | {"lake_is_the_same": _lake(started) == before}
    record(RESULTS / "queue.json", {"workload": {"runs": runs, "tables": len(_FILES)}, **measured})
    return RESULTS / "queue.json"


def _launch(started: Production, table: str) -> str:
    where = {"repositoryName": "__repository__", "repositoryLocationName": "dataops_platform"}
    assets = [{"path": [layer, table]} for layer in ("silver", "quarantine")]
    params = {
        "selector": where | {"pipelineName": "__ASSET_JOB", "assetSelection": assets},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": _DAY}]},
    }
    answer = started.ask(_LAUNCH, params=params)["launchPipelineExecution"]
    if answer["__typename"] != "LaunchRunSuccess":
        raise RuntimeError(f"A run of {table} was not taken: {answer['__typename']}.")
    return str(answer["run"]["runId"])


def _until_over(started: Production, wanted: Sequence[str]) -> None:
    for _ in wanted:  # a time limit for each, whatever their number
        over = len(_over(started, wanted))
        if over == len(wanted):
            return
        started.until(partial(_are_over, started, wanted, over + 1), "an end of one more run")


def _are_over(started: Production, wanted: Sequence[str], number: int) -> bool:
    return len(_over(started, wanted)) >= number


def _over(started: Production, wanted: Sequence[str]) -> list[str]:
    ends = {"SUCCESS", "FAILURE", "CANCELED"}
    return [each["runId"] for each in started.runs() if each["status"] in ends and each["runId"] in wanted]


def _lake(started: Production) -> dict[str, list[str]]:
    """What readers see of each table."""
    return {
        f"{layer}/{table}": sorted(map(repr, started.rows(f"{layer}/{table}")))
        for layer in ("silver", "quarantine")
        for table in _FILES
    }


def _measured(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    tables = {
        table: [each for each in told if each["assetSelection"][0]["path"][1] == table] for table in _FILES
    }
    began, ended = min(each["creationTime"] for each in told), max(each["endTime"] for each in told)
    return {
        "ended": dict(Counter(each["status"] for each in told)),
        "seconds_of_all": round(ended - began, 1),
        "seconds": spread([each["endTime"] - each["startTime"] for each in told]),
        "most_at_once": _most_at_once(told),
        "most_at_once_of_a_table": {table: _most_at_once(runs) for table, runs in tables.items()},
    }


def _most_at_once(runs: Iterable[Mapping[str, Any]]) -> int:
    """How many of the runs had been started and not ended at the same moment, at most."""
    found = list(runs)
    moments = [(each["stats"]["launchTime"], 1) for each in found] + [(each["endTime"], -1) for each in found]
    most = now = 0
    for _, step in sorted(moments):
        now += step
        most = max(most, now)
    return most
