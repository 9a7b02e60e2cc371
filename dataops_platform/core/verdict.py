"""This room's verdict: what a contract says of one partition, with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

UNREADABLE = "row_is_readable"
UNIQUE = "key_is_unique"
ACCEPTED = "partition_is_accepted"
_USUAL = "_is_usual"


def present(column: str) -> str:
    """Name of the check that a column has a value."""
    return f"{column}_is_present"


def valid(column: str) -> str:
    """Name of the check that a column's values convert and keep the contract's rules."""
    return f"{column}_is_valid"


def usual(metric: str) -> str:
    """Name of the check that a number is what the numbers before it make likely."""
    return f"{metric}{_USUAL}"


def watched_metric(check: str) -> str | None:
    """The metric that such a check looks at; None of any other check."""
    return check.removesuffix(_USUAL) if check.endswith(_USUAL) else None


@dataclass(frozen=True)
class Check:
    """The outcome of one check in one partition.

    Attributes:
        judged: how many rows it looked at; a check of none is not passed, it did not judge.
        failed: how many rows broke it.
        refusal: why this refuses the whole partition, or None.
        warning: why people should look at it although nothing is refused, or None.
        waiver: who answers for it not refusing, until when and why, or None.
    """

    name: str
    judged: int
    failed: int
    refusal: str | None = None
    warning: str | None = None
    waiver: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it looked at a row at least, and found nothing that people need to know."""
        return self.judged > 0 and self.refusal is None and self.warning is None and self.waiver is None

    @property
    def told(self) -> str:
        """What came of it, in words."""
        if self.judged == 0:
            return f"{self.warning or 'nothing to judge, no rows came so far'}."
        if self.refusal:
            return f"refused, {self.refusal}."
        if self.waiver:
            return f"would be refused, {self.warning}; {self.waiver}."
        if self.warning:
            return f"{self.warning}."
        if self.failed:
            return f"{self.failed} of {self.judged} rows fail, which is within the limit."
        return f"all {self.judged} rows pass."


@dataclass(frozen=True)
class Verdict:
    """What a contract says of one partition.

    Attributes:
        rows: rows judged.
        accepted: rows that may be published: none of a refused partition.
        checks: the outcome of every check of the contract.
        metrics: `row_count`, `duplicate_pct`, `{column}_null_pct`, recorded whatever the outcome.
        superseded: rows that a later row with the same key replaces.
    """

    table: str
    ingestion_date: date
    rows: int
    accepted: int
    superseded: int
    checks: tuple[Check, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why the partition as a whole is refused; empty when it is not."""
        return tuple(check.refusal for check in self.checks if check.refusal)

    @property
    def is_accepted(self) -> bool:
        """Whether the sound rows of the partition may be published."""
        return not self.refusals

    @property
    def as_a_whole(self) -> Check:
        """The check that what follows waits for: the others may fail while the partition is published."""
        refusal = "; ".join(self.refusals) or None
        return Check(ACCEPTED, self.rows, self.rows if refusal else self.quarantined, refusal)

    @property
    def quarantined(self) -> int:
        """Rows that end in quarantine."""
        return self.rows - self.accepted

    @property
    def message(self) -> str:
        """One sentence for people: which partition, what happened with numbers, where the evidence is."""
        return (
            f"{self.table} of {self.ingestion_date} was refused: {'; '.join(self.refusals)}. "
            f"All {self.rows} rows are in quarantine/{self.table} with their reasons; what was published before "
            "is unchanged. Land the corrected file under the same key and run again, or accept the sound rows as they "
            f"are: dataops quarantine release {self.table} {self.ingestion_date}."
        )
