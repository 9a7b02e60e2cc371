"""This room's watching: which numbers of a table are held against their own past, and what an unusual one does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

Reaction = Literal["warn", "refuse", "off"]
#: Metrics that are watched unless a contract says otherwise.
WATCHED = ("row_count", "duplicate_pct", "quarantined")
_REACTIONS = ("warn", "refuse", "off")
#: What is known before anything is written, beside each column's `<column>_null_pct`.
_KNOWN_BEFORE = ("row_count", "duplicate_pct", "quarantined", "error_count")


def watched(reactions: Mapping[str, Reaction]) -> tuple[str, ...]:
    """The metrics that are held against their own past."""
    return tuple(one for one in dict.fromkeys((*WATCHED, *reactions)) if reactions.get(one) != "off")


def refusing(reactions: Mapping[str, Reaction]) -> tuple[str, ...]:
    """Those of them of which an unusual number refuses its ingestion date."""
    return tuple(metric for metric, reaction in reactions.items() if reaction == "refuse")


def problem(reactions: Mapping[str, Reaction], columns: Collection[str]) -> str | None:
    """What of it makes no sense, in words; None where all does."""
    may = (*_KNOWN_BEFORE, *(f"{column}_null_pct" for column in columns))
    for metric, reaction in reactions.items():
        if reaction not in _REACTIONS:
            return f"the reaction to {metric} is {reaction!r}; it may be {', '.join(_REACTIONS)}"
        if reaction == "refuse" and metric not in may:
            return (
                f"{metric} cannot refuse a date, since it is not known before the date is written; those that can are "
                f"{', '.join(may)}"
            )
    return None
