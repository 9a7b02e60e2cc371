"""This file holds backfills as Dagster's pages start and follow them: by the same GraphQL, without a browser."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest

_ENDS = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}
_WITHIN = 240.0
_LAUNCH = """mutation ($wanted: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $wanted) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_AGAIN = """mutation ($wanted: ReexecutionParams!) {
  reexecutePartitionBackfill(reexecutionParams: $wanted) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_STATUS = """query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status error { message } } } }"""
_RUNS = """query ($id: String!) {
  runsOrError(filter: {tags: [{key: "dagster/backfill", value: $id}]}) {
    ... on Runs { results { status assetSelection { path } tags { key value } } } } }"""
_MATERIALISED = """query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode { assetMaterializations(limit: 1000) { partition runId } } } }"""
_CHECKS = """query ($key: AssetKeyInput!, $check: String!) {
  assetCheckExecutions(assetKey: $key, checkName: $check, limit: 1000) {
    partition status evaluation { success targetMaterialization { runId } } } }"""


@dataclass(frozen=True)
class DagsterApi:
    """Dagster's GraphQL at this address."""

    url: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to a query; what Dagster calls an error fails the test."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=60) as answer:  # noqa: S310  # our own server
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        found: dict[str, Any] = told["data"]
        return found

    def backfill(self, assets: Sequence[str], dates: Sequence[str]) -> str:
        """A backfill of these assets and dates has ended; its id."""
        wanted = {"assetSelection": [_key(asset) for asset in assets], "partitionNames": list(dates)}
        return self._ended(self.ask(_LAUNCH, wanted=wanted)["launchPartitionBackfill"])

    def retry(self, backfill: str) -> str:
        """What failed of a backfill was done again, and has ended; the new backfill's id."""
        wanted = {"parentRunId": backfill, "strategy": "FROM_FAILURE"}
        return self._ended(self.ask(_AGAIN, wanted=wanted)["reexecutePartitionBackfill"])

    def _ended(self, launched: dict[str, Any]) -> str:
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        found: str = launched["backfillId"]
        deadline = time.monotonic() + _WITHIN
        while self.status(found) not in _ENDS:
            if time.monotonic() > deadline:
                pytest.fail(f"Backfill {found} did not end within {_WITHIN:.0f} s: {self.status(found)}")
            time.sleep(0.5)
        return found

    def status(self, backfill: str) -> str:
        """How a backfill stands."""
        found: str = self.ask(_STATUS, id=backfill)["partitionBackfillOrError"]["status"]
        return found

    def runs(self, backfill: str) -> list[tuple[set[str], str, str]]:
        """Each run of a backfill: its assets, its first and its last date."""
        found = []
        for run in self.ask(_RUNS, id=backfill)["runsOrError"]["results"]:
            tags = {tag["key"]: tag["value"] for tag in run["tags"]}
            first = tags.get("dagster/asset_partition_range_start") or tags["dagster/partition"]
            last = tags.get("dagster/asset_partition_range_end") or tags["dagster/partition"]
            found.append(({"/".join(key["path"]) for key in run["assetSelection"]}, first, last))
        return found

    def materialised(self, asset: str) -> set[str]:
        """The dates of an asset that Dagster takes for materialised."""
        node = self.ask(_MATERIALISED, key=_key(asset))["assetNodeOrError"]
        return {event["partition"] for event in node["assetMaterializations"]}

    def checked(self, asset: str, check: str) -> dict[str, bool]:
        """Each date of an asset → whether the latest execution of a check passed."""
        executions = self.ask(_CHECKS, key=_key(asset), check=check)["assetCheckExecutions"]
        found: dict[str, bool] = {}
        for execution in executions:  # newest first
            found.setdefault(execution["partition"], execution["status"] == "SUCCEEDED")
        return found


def _key(asset: str) -> dict[str, list[str]]:
    return {"path": asset.split("/")}
