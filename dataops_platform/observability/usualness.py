"""This room's usualness: the watched numbers of judged dates, as checks like any other.

Where a contract says so, an unusual number refuses its date, before anything is written; else it is shown once the date
is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from dataops_platform.core.contract import TableContract
from dataops_platform.core.ports import Lake
from dataops_platform.core.verdict import Check, Verdict, usual
from dataops_platform.observability.anomalies import UNKNOWN, UNUSUAL, judged
from dataops_platform.observability.metrics import latest, of_verdict
from dataops_platform.quality.verdicts import answer

_LOOKED_AT = 1


def usual_checks(
    lake: Lake, contract: TableContract, layer: str, dates: Sequence[date]
) -> dict[date, list[Check]]:
    """By date, a check for each metric that warns; where there is not enough history, it says so and has not passed."""
    metrics = [metric for metric in contract.watched if metric not in contract.refusing]
    if not metrics or not dates:
        return {day: [] for day in dates}
    told = _judged(latest(lake, table=contract.name, layer=layer), contract, metrics, dates)
    return {day: [_check(metric, told.get((day, metric))) for metric in metrics] for day in dates}


def held_to_past(
    lake: Lake,
    contract: TableContract,
    layer: str,
    found: Sequence[Verdict],
    released: Mapping[date, str] | None = None,
) -> list[Verdict]:
    """The verdicts, with a check of each metric that refuses: a date whose number is unusual is refused by it.

    Not one that there is too little history for, and not one that was `released` or whose check is waived. What is
    judged is what the verdicts say; nothing of it needs to be in the lake.
    """
    if not contract.refusing or not found:
        return list(found)
    dates = [verdict.ingestion_date for verdict in found]
    past = latest(lake, table=contract.name, layer=layer)
    past = past[~past["ingestion_date"].isin(pd.to_datetime(dates))]
    own = _numbers(contract, layer, found)
    numbers = pd.concat([past[own.columns], own]) if len(past) else own
    told = _judged(numbers, contract, contract.refusing, dates)
    answers = released or {}
    return [_held(contract, verdict, told, answers.get(verdict.ingestion_date)) for verdict in found]


def _numbers(contract: TableContract, layer: str, found: Sequence[Verdict]) -> pd.DataFrame:
    """What is to be judged, as it will be recorded."""
    rows = [
        {"ingestion_date": verdict.ingestion_date, "metric": metric, "value": of_verdict(verdict)[metric]}
        for verdict in found
        for metric in contract.refusing
    ]
    numbers = pd.DataFrame(rows).assign(table=contract.name, layer=layer)
    return numbers.assign(ingestion_date=pd.to_datetime(numbers["ingestion_date"]))


def _judged(
    numbers: pd.DataFrame, contract: TableContract, metrics: Sequence[str], dates: Sequence[date]
) -> dict[tuple[date, str], Mapping[Any, Any]]:
    own = numbers[numbers["metric"].isin(list(metrics))]
    return {
        (row["ingestion_date"].date(), row["metric"]): row
        for row in judged(own, dates, {contract.name: contract.arrivals}).to_dict("records")
    }


def _held(
    contract: TableContract,
    verdict: Verdict,
    told: Mapping[tuple[date, str], Mapping[Any, Any]],
    released: str | None,
) -> Verdict:
    day, checks = verdict.ingestion_date, []
    for metric in contract.refusing:
        row = told[day, metric]
        check = _check(metric, row)
        if row["outcome"] == UNUSUAL:
            why = f"{check.warning}, by the {row['measured']} measured days before it"
            answered = answer(contract, check.name, day, released)
            refusal, warning = (None, why) if answered else (why, None)
            check = replace(check, refusal=refusal, warning=warning, waiver=answered)
        checks.append(check)
    is_refused = any(check.refusal for check in checks)
    return replace(
        verdict,
        accepted=0 if is_refused else verdict.accepted,
        checks=(*verdict.checks, *checks),
    )


def _check(metric: str, row: Any) -> Check:
    if row is None:
        return Check(usual(metric), judged=0, failed=0, warning=f"{metric} was not measured")
    why = row["why"].rstrip(".")
    if row["outcome"] == UNKNOWN:
        return Check(usual(metric), judged=0, failed=0, warning=why)
    if row["outcome"] == UNUSUAL:
        return Check(usual(metric), judged=_LOOKED_AT, failed=1, warning=why)
    return Check(usual(metric), judged=_LOOKED_AT, failed=0)
