"""This file holds Dagster's web server as its pages ask it, by GraphQL: launch, switch, and see what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

WITHIN = 120.0
_REPOSITORY = {"repositoryLocationName": "dataops_platform", "repositoryName": "__repository__"}
_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}

_LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on RunConfigValidationInvalid { errors { message } } } }"""
_RUN = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""
_TOLD = """query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  ... on ExecutionStepOutputEvent { metadataEntries { label
    ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr } } } } } } }"""
_SENSOR = """query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
  ... on Sensor { sensorState { id status } } } }"""
_START = """mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }"""
_STOP = """mutation ($id: String!) { stopSensor(id: $id) { __typename } }"""
_LOOK = """mutation ($selector: SensorSelector!) { sensorDryRun(selectorData: $selector, cursor: null) {
  ... on DryRunInstigationTick { evaluationResult { skipReason error { message } } } } }"""
_ASSET = """query ($path: [String!]!) { assetOrError(assetKey: {path: $path}) { ... on Asset {
  assetMaterializations(limit: 50) { partition } } } }"""


@dataclass(frozen=True)
class DagsterApi:
    """The web server at `url`."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:
        """What the server answers; an error of it fails the test."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310  # our own
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        return told["data"]

    def launch(
        self,
        job: str,
        *,
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        assets: Sequence[str] = (),
    ) -> str:
        """The run that was asked for, as it ended: its id, once it has ended."""
        selection = [{"path": asset.split("/")} for asset in assets] or None
        params = {
            "selector": {**_REPOSITORY, "jobName": job, "assetSelection": selection},
            "runConfigData": config or {},
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in (tags or {}).items()]},
        }
        answer = self.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run = str(answer["run"]["runId"])
        self.until(lambda: self.end(run) in _ENDED, f"{job} to end")
        return run

    def end(self, run: str) -> str:
        """How the run stands."""
        return str(self.ask(_RUN, id=run)["runOrError"]["status"])

    def told(self, run: str) -> dict[str, str]:
        """The texts with the outputs of a run's steps."""
        events = self.ask(_TOLD, id=run)["logsForRun"]["events"]
        entries = [entry for event in events for entry in event.get("metadataEntries", ())]
        return {
            entry["label"]: text for entry in entries if (text := entry.get("text") or entry.get("mdStr"))
        }

    def switch(self, sensor: str, *, on: bool) -> None:
        """The sensor is switched on or off, and stays so: a tick that just begins writes back what it read before."""
        self.until(lambda: self._stays(sensor, on=on), f"{sensor} to be switched")

    def _stays(self, sensor: str, *, on: bool) -> bool:
        selector = {**_REPOSITORY, "sensorName": sensor}
        if on:
            self.ask(_START, selector=selector)
        else:
            found = self.ask(_SENSOR, selector=selector)["sensorOrError"]
            self.ask(_STOP, id=found["sensorState"]["id"])
        time.sleep(1)
        return self.is_on(sensor) is on

    def look(self, sensor: str) -> str:
        """The code server looks with the sensor now, as *Preview tick* on its page has it do; what it says."""
        tick = self.ask(_LOOK, selector={**_REPOSITORY, "sensorName": sensor})["sensorDryRun"]
        assert tick["evaluationResult"]["error"] is None, tick
        return str(tick["evaluationResult"]["skipReason"])

    def is_on(self, sensor: str) -> bool:
        """Whether the sensor is switched on."""
        told = self.ask(_SENSOR, selector={**_REPOSITORY, "sensorName": sensor})["sensorOrError"]
        return bool(told["sensorState"]["status"] == "RUNNING")

    def materialised(self, asset: str) -> set[str]:
        """The partitions that an asset's last materialisations were of."""
        found = self.ask(_ASSET, path=asset.split("/"))["assetOrError"]
        return {one["partition"] for one in found.get("assetMaterializations", ())}

    def until(self, look: Any, what: str) -> None:
        """What is looked for has come."""
        deadline = time.monotonic() + WITHIN
        while not look():
            assert time.monotonic() < deadline, f"waiting for {what}: not within {WITHIN:.0f} s"
            time.sleep(0.25)
