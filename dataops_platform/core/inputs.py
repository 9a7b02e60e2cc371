"""This room's inputs: what a partition is made from, as a fingerprint; equal inputs need no new run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.ports import JournalState

#: In the order that rows pass them.
LAYERS = ("bronze", "silver", "gold")


def silver_inputs(state: JournalState, contract: TableContract) -> dict[date, str]:
    """Each loaded date → fingerprint of all that silver is judged from.

    That is what landed, what somebody said of it, and what was published of the tables that its rows refer to.
    """
    loaded = state.of("bronze", contract.name)
    known = _published(state, [rule.table for rule in contract.references], until=sorted(loaded))
    told = {}
    for day, entry in loaded.items():
        told[day] = (
            f"{entry.inputs}{_said(state, contract.name, day)}{f'+known {known[day]}' if known else ''}"
        )
    return told


def _said(state: JournalState, table: str, day: date) -> str:
    release, rows, replay = (
        state.instruction(kind, table, day) for kind in ("release", "release_rows", "replay")
    )
    said = "+release" if release else ""
    if rows:
        said += f"+rows {hashlib.sha256(repr(sorted(rows.rows)).encode()).hexdigest()[:16]}"
    # Not by the contract's version: one that came back after another is to be judged by once more.
    return f"{said}+replay of {replay.at}" if replay else said


def product_inputs(state: JournalState, table: Table) -> dict[date, str]:
    """Each date on which a source was published → fingerprint of all that was published up to and including it."""
    dates = {day for layer, source, day in state.published if layer == "silver" and source in table.sources}
    return _published(state, table.sources, until=sorted(dates), of=table.contract.version)


def _published(
    state: JournalState, sources: Sequence[str], *, until: Sequence[date], of: str = ""
) -> dict[date, str]:
    """Each of these dates → fingerprint of what silver of the sources held up to and including it."""
    if not sources:
        return {}
    published: dict[date, list[str]] = {day: [] for day in until}
    for (layer, source, day), entry in state.published.items():
        if layer == "silver" and source in sources:
            published.setdefault(day, []).append(f"{source} {entry.inputs} {entry.contract_version}")
    so_far = hashlib.sha256(of.encode())
    inputs = {}
    for day in sorted(published):
        if published[day]:
            so_far.update(f"{day} {sorted(published[day])}".encode())
        inputs[day] = so_far.hexdigest()[:16]
    return {day: inputs[day] for day in until}
