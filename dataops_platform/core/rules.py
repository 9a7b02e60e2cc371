"""This room's rules: what a contract asks beyond the checks of one column, and how much may break a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

Operator = Literal["<", "<=", "==", "!=", ">=", ">"]
Statistic = Literal["sum", "mean", "min", "max", "distinct"]
Bound = int | float | Decimal | date | timedelta

_WORDS: dict[str, str] = {
    "<": "is_less_than",
    "<=": "is_at_most",
    "==": "equals",
    "!=": "differs_from",
    ">=": "is_at_least",
    ">": "is_more_than",
}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How much may break a check before it warns, and before it refuses the whole ingestion date.

    A float is a share of the judged rows, an int a number of them; more than that is too much. None is never too much.

    Attributes:
        warn: more than this is shown as a warning.
        fail: more than this refuses the date.
        needs_rows: shares judge only dates with more rows than this.
    """

    warn: float | None = 0
    fail: float | None = None
    needs_rows: int = 0

    def warns(self, failed: int, judged: int) -> bool:
        """Whether so many of so many rows are shown as a warning."""
        return self._is_over(self.warn, failed, judged)

    def refuses(self, failed: int, judged: int) -> bool:
        """Whether so many of so many rows refuse the date."""
        return self._is_over(self.fail, failed, judged)

    def _is_over(self, most: float | None, failed: int, judged: int) -> bool:
        if most is None or not judged:
            return False
        if isinstance(most, float):
            return judged > self.needs_rows and failed / judged > most
        return failed > most

    @property
    def problem(self) -> str | None:
        """What makes no sense about it, for the author of the contract."""
        for name in ("warn", "fail"):
            most = getattr(self, name)
            if isinstance(most, bool) or (most is not None and most < 0):
                return f"{name}={most} is neither a share nor a number of rows"
            if isinstance(most, float) and not most <= 1:
                return (
                    f"{name}={most} is no share: a float lies between 0.0 and 1.0, a number of rows is an int"
                )
        if self.needs_rows < 0:
            return f"needs_rows={self.needs_rows} is no number of rows"
        if type(self.warn) is type(self.fail) and (self.warn or 0) > (self.fail or 0):
            return f"it refuses at more than {self.fail} before it warns at more than {self.warn}"
        return None


def allowance(most: float | None) -> str:
    """A limit for people: `10%` or `3 rows`."""
    return f"{100 * most:.4g}%" if isinstance(most, float) else f"{most} rows"


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """Somebody answers for a check that would refuse: it does not, for ingestion dates up to and including `until`.

    Rows that break the check still go to quarantine; the check is shown as waived, by whom, until when and why.
    """

    check: str
    owner: str
    until: date
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Two columns of a row compare so; where either has no value there is nothing to compare."""

    left: str
    operator: Operator
    right: str

    @property
    def check(self) -> str:
        """The check's name: what is true when it passes."""
        return f"{self.left}_{_WORDS.get(self.operator, self.operator)}_{self.right}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of."""
        return (self.left, self.right)

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return f"{self.left} {self.operator} {self.right}"

    @property
    def problem(self) -> str | None:
        """What makes no sense about it, for the author of the contract."""
        if self.operator not in _WORDS:
            return f"{self.operator!r} compares nothing; write one of {' '.join(_WORDS)}"
        return None


@dataclass(frozen=True)
class Required:
    """A column has a value in every row in which another column has one of some values."""

    column: str
    when: str
    equals: tuple[str | int | bool, ...]

    @property
    def check(self) -> str:
        """The check's name: what is true when it passes."""
        return f"{self.column}_is_present_when_{self.when}_asks"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of."""
        return (self.column, self.when)

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return f"{self.column} has a value where {self.when} is {' or '.join(map(str, self.equals))}"

    @property
    def problem(self) -> str | None:
        """What makes no sense about it, for the author of the contract."""
        return None if self.equals else "equals is empty, so it asks for nothing"


@dataclass(frozen=True)
class Reference:
    """What a row refers to exists: some row of another table has these columns' values as its key.

    As of the row's ingestion date: what silver of that table held of this date and all before it. A row whose columns
    are not all filled refers to nothing.

    Attributes:
        columns: in the order of the other table's key.
        table: the source table that is referred to.
    """

    columns: tuple[str, ...]
    table: str

    @property
    def check(self) -> str:
        """The check's name: what is true when it passes."""
        return f"{'_and_'.join(self.columns)}_is_in_{self.table}"

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return f"{' + '.join(self.columns)} is known in {self.table} on the ingestion date"

    @property
    def problem(self) -> str | None:
        """What makes no sense about it, for the author of the contract."""
        return None if self.columns else "it names no columns"


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """A statistic of the sound rows of an ingestion date lies within bounds; outside of them the date is refused.

    Attributes:
        statistic: of the column's values, those without a value left out; `distinct` is how many different ones.
        at_least: the lower bound, included; a timedelta is added to the ingestion date, so that
            `at_least=timedelta(days=-7)` asks for a newest date at most a week before it.
        at_most: the upper bound, included; a timedelta likewise.
        refuses: False where being out of bounds is a warning only.
    """

    column: str
    statistic: Statistic
    at_least: Bound | None = None
    at_most: Bound | None = None
    refuses: bool = True

    @property
    def check(self) -> str:
        """The check's name: what is true when it passes."""
        return f"{self.column}_{self.statistic}_is_in_bounds"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of."""
        return (self.column,)

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return f"{self.statistic} of {self.column} is {self.bounds}"

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        bounds = [f"at least {_words(self.at_least)}"] if self.at_least is not None else []
        bounds += [f"at most {_words(self.at_most)}"] if self.at_most is not None else []
        return " and ".join(bounds)

    @property
    def problem(self) -> str | None:
        """What makes no sense about it, for the author of the contract."""
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            return "it has no bounds"
        if low is not None and high is not None and type(low) is type(high) and low > high:  # type: ignore[operator]
            return f"no value is at least {low} and at most {high}"
        return None

    def holds(self, value: Bound, day: date) -> bool:
        """Whether a value of the statistic lies within the bounds, for this ingestion date."""
        low, high = (_on(day, bound) for bound in (self.at_least, self.at_most))
        if isinstance(value, datetime):  # bounds in time are dates
            value = value.date()
        return (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]


RowRule = Comparison | Required | Reference
Rule = RowRule | Aggregate


def _on(day: date, bound: Bound | None) -> Bound | None:
    return day + bound if isinstance(bound, timedelta) else bound


def _words(bound: Bound) -> str:
    if not isinstance(bound, timedelta):
        return str(bound)
    return f"the ingestion date {'+' if bound.days >= 0 else '-'} {abs(bound.days)} days"
