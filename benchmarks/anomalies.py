"""What the anomaly detectors find in labelled series, what they take for faults in error, and what they cost."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter, process_time

import altair as alt
import numpy as np
import pandas as pd

from benchmarks.anomaly_scores import Scored, compared
from benchmarks.anomaly_series import DAYS, KINDS, dates, series
from benchmarks.results import RESULTS, record, spread
from dataops_platform.observability.anomalies import judged
from dataops_platform.observability.detectors import Scale, robust

PICTURES = Path(__file__).parent.parent / "docs" / "images"
_SERIES, _SEED = 500, 2026
_TABLES, _METRICS, _HISTORY = 1_000, 20, 90
_COLOURS = {"plain": "#b8b8b8", "robust": "#2f6f9f"}


def run(*, rounds: int) -> Path:
    """Each kind of fault was planted in 500 series and looked for; 20,000 series were judged `rounds` times."""
    found = {kind: compared(kind, _SERIES, _SEED) for kind in KINDS}
    history = _history()
    taken = [_judging(history) for _ in range(rounds)]
    _picture_of_scores(found).save(PICTURES / "anomalies-found.svg")
    _picture_of_a_series().save(PICTURES / "anomalies-series.svg")
    file = RESULTS / "anomalies.json"
    record(
        file,
        {
            "workload": {
                "series_a_kind": _SERIES,
                "days": DAYS,
                "seed": _SEED,
                "judged": len(history) // _HISTORY,
            },
            "found": {
                kind: {name: _rounded(one) for name, one in both.items()} for kind, both in found.items()
            },
            "seconds": {
                "wall": spread([wall for wall, _ in taken]),
                "processor": spread([processor for _, processor in taken]),
            },
        },
    )
    return file


def _rounded(one: Scored) -> Mapping[str, float]:
    told = {"precision": one.precision, "recall": one.recall, "f1": one.f1, "false_a_year": one.false_a_year}
    return {name: round(value, 2) for name, value in told.items()}


def _history() -> pd.DataFrame:
    """Ninety days of twenty metrics of a thousand tables."""
    values = np.random.default_rng(_SEED).lognormal(8, 0.1, _TABLES * _METRICS * _HISTORY)
    tables = np.repeat([f"table_{number}" for number in range(_TABLES)], _METRICS * _HISTORY)
    metrics = np.tile(np.repeat([f"metric_{number}" for number in range(_METRICS)], _HISTORY), _TABLES)
    days = np.tile(pd.date_range("2026-01-01", periods=_HISTORY), _TABLES * _METRICS)
    columns = {"table": tables, "layer": "silver", "metric": metrics, "ingestion_date": days, "value": values}
    return pd.DataFrame(columns)


def _judging(history: pd.DataFrame) -> tuple[float, float]:
    wall, processor = perf_counter(), process_time()
    told = judged(history, [history["ingestion_date"].max().date()])
    if len(told) != _TABLES * _METRICS:
        raise RuntimeError(f"{len(told)} of {_TABLES * _METRICS} series were judged.")
    return perf_counter() - wall, process_time() - processor


def _picture_of_scores(found: Mapping[str, Mapping[str, Scored]]) -> alt.HConcatChart:
    rows = [
        {"kind": kind, "detector": name, "measure": measure, "share": getattr(one, measure)}
        for kind, both in found.items()
        for name, one in both.items()
        for measure in ("recall", "precision")
    ]
    colour = alt.Color(
        "detector:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), title=None
    )
    bars = (
        alt.Chart(pd.DataFrame(rows), width=300, height=260)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"), title=None),
            y=alt.Y("kind:N", sort=list(KINDS), title=None),
            yOffset=alt.YOffset("detector:N", sort=list(_COLOURS)),
            color=colour,
        )
    )
    titled = {
        "recall": "Faults found (recall)",
        "precision": "Alarms that are right (precision)",
    }
    parts = [
        bars.transform_filter(alt.datum.measure == measure).properties(title=text)
        for measure, text in titled.items()
    ]
    side_by_side: alt.HConcatChart = alt.hconcat(*parts, background="white").configure_view(stroke=None)
    return side_by_side


def _picture_of_a_series() -> alt.LayerChart:
    """A series with a new level and two drops, what was usual of it each day, and the days that are told."""
    one = series("level shift", 8, 5)[7]
    told = robust(one.rows[None], dates(), [Scale()])
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(dates()),
            "rows": one.rows,
            "low": told.low[0],
            "high": told.high[0],
            "unusual": told.unusual[0],
        }
    )
    x = alt.X("date:T", title=None)
    drawn = alt.Chart(frame, width=680, height=220)
    usual = drawn.mark_area(opacity=0.25, color=_COLOURS["robust"], interpolate="step").encode(
        x=x, y=alt.Y("low:Q", title="rows"), y2="high:Q"
    )
    line = drawn.mark_line(color="#404040", strokeWidth=1.2).encode(x=x, y="rows:Q")
    alarms = drawn.mark_point(color="#c0392b", filled=True, size=60, opacity=1).encode(x=x, y="rows:Q")
    shown = alarms.transform_filter(alt.datum.unusual)
    layers: alt.LayerChart = alt.layer(usual, line, shown, background="white").configure_view(stroke=None)
    return layers
