"""This room's contract changes: what today's contracts promise that exported ones did not, change by change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataops_platform.catalog.odcs import Document
from dataops_platform.catalog.rule_changes import (
    Finding,
    Kind,
    Told,
    column_changes,
    limit_changes,
    rule_changes,
)
from dataops_platform.core.verdict import UNIQUE, UNREADABLE
from dataops_platform.errors import EnvironmentProblem

_KINDS: tuple[Kind, ...] = ("breaking", "widening", "neutral")
_OF_EVERY_TABLE = (UNIQUE, UNREADABLE)


@dataclass(frozen=True)
class Change:
    """One thing that a table promises otherwise than before.

    Attributes:
        kind: breaking where files or programs that were sound may no longer be; widening where more is sound than
            before; neutral where neither is so.
        text: what changed, from what to what.
    """

    kind: Kind
    table: str
    text: str


def changes(before: Mapping[str, Document], after: Mapping[str, Document]) -> list[Change]:
    """Every change between two sets of exported contracts, by table; breaking ones first.

    Raises:
        EnvironmentProblem: an export lacks what every export has, so it was changed by hand or by another version.
    """
    found = [Change("breaking", name, "table removed") for name in before if name not in after]
    found += [Change("widening", name, "table added") for name in after if name not in before]
    for name in (name for name in before if name in after):
        try:
            found += [Change(kind, name, text) for kind, text in _findings(before[name], after[name])]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise EnvironmentProblem(
                f"The exported contract of {name} is not as this version of the platform writes it, so nothing can be "
                "compared with it. Write the exports anew: dataops contracts export."
            ) from error
    return sorted(found, key=lambda change: (change.table, _KINDS.index(change.kind)))


def _findings(before: Document, after: Document) -> Iterator[Finding]:
    [old], [new] = before["schema"], after["schema"]
    yield from _layout(old, new)
    yield from _columns(_named(old["properties"]), _named(new["properties"]))
    yield from _table_rules(_named(old["quality"]), _named(new["quality"]))
    yield from _limits(_checks(old), _checks(new))
    yield from _landing(_custom(old), _custom(new))
    yield from _waivers(_custom(old)["waivers"], _custom(new)["waivers"])
    yield from _refusals(_custom(old).get("anomalies", {}), _custom(new).get("anomalies", {}))
    yield from _differing(
        "neutral",
        [
            ("description", repr(before["description"]["purpose"]), repr(after["description"]["purpose"])),
            ("owner", before["team"]["name"], after["team"]["name"]),
            ("freshness", _freshness(before), _freshness(after)),
            *((name, _told(old, name), _told(new, name)) for name in ("arrivals", "anomalies", "alerts")),
            ("version", before["version"], after["version"]),
        ],
    )


def _refusals(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    """Of which metrics an unusual number refuses its date."""
    old, new = ({metric for metric, does in told.items() if does == "refuse"} for told in (before, after))
    yield from (("breaking", f"an unusual {metric} refuses its date") for metric in sorted(new - old))
    yield from (("widening", f"an unusual {metric} refuses no more") for metric in sorted(old - new))


def _layout(old: Told, new: Told) -> Iterator[Finding]:
    before, after = _named(old["properties"]), _named(new["properties"])
    yield from _differing(
        "breaking",
        [
            ("published as", old["physicalName"], new["physicalName"]),
            ("key", _positions(old, "primaryKeyPosition"), _positions(new, "primaryKeyPosition")),
            (
                "partitioned by",
                _positions(old, "partitionKeyPosition"),
                _positions(new, "partitionKeyPosition"),
            ),
        ],
    )
    both = before.keys() & after.keys() - {"ingestion_date"}
    old_order, new_order = (
        ", ".join(name for name in columns if name in both) for columns in (before, after)
    )
    yield from _differing("neutral", [("order of columns", old_order, new_order)])


def _columns(before: Mapping[str, Told], after: Mapping[str, Told]) -> Iterator[Finding]:
    for name in before:
        if name not in after:
            yield "breaking", f"column {name} removed"
    for name, column in after.items():
        if name in before:
            yield from ((kind, f"column {name}: {text}") for kind, text in _column(before[name], column))
        elif column["required"]:
            yield "breaking", f"column {name} added, in which every row needs a value"
        else:
            yield "widening", f"column {name} added: {column['physicalType']}, may be null"


def _column(old: Told, new: Told) -> Iterator[Finding]:
    yield from _differing(
        "breaking",
        [("type", old["physicalType"], new["physicalType"]), ("written as", _format(old), _format(new))],
    )
    if old["required"] != new["required"]:
        words = ("may be null → every row needs a value", "every row needs a value → may be null")
        yield ("breaking", words[0]) if new["required"] else ("widening", words[1])
    yield from column_changes(_pandera(old), _pandera(new))
    yield from _differing(
        "neutral",
        [
            ("description", repr(old.get("description", "")), repr(new.get("description", ""))),
            ("classification", old["classification"], new["classification"]),
        ],
    )


def _table_rules(before: Mapping[str, Told], after: Mapping[str, Told]) -> Iterator[Finding]:
    for name, rule in before.items():
        if name not in after and name not in _OF_EVERY_TABLE:
            yield "widening", f"rule {name} removed: {rule['description']}"
    for name, rule in after.items():
        if name in _OF_EVERY_TABLE:
            continue
        if name not in before:
            yield "breaking", f"rule {name} added: {rule['description']}"
        elif "implementation" in before[name] and "implementation" in rule:
            found = rule_changes(before[name]["implementation"], rule["implementation"])
            yield from ((kind, f"rule {name}: {text}") for kind, text in found)


def _limits(before: Mapping[str, Told], after: Mapping[str, Told]) -> Iterator[Finding]:
    for name, check in after.items():
        if name in before:
            found = limit_changes(_custom(before[name])["limit"], _custom(check)["limit"])
            yield from ((kind, f"check {name}: {text}") for kind, text in found)


def _landing(old: Told, new: Told) -> Iterator[Finding]:
    dates = old["eventDate"], new["eventDate"]
    if None not in dates or dates == (None, None):
        yield from _differing("breaking", [("year and month of", *dates)])
    elif dates[0]:
        yield "breaking", f"columns year and month removed, of {dates[0]}"
    else:
        yield "widening", f"columns year and month added, of {dates[1]}"
    old_nulls, new_nulls = (", ".join(map(repr, told["nullValues"])) for told in (old, new))
    yield from _differing(
        "breaking",
        [("null values", old_nulls, new_nulls), ("encoding", old["encoding"], new["encoding"])],
    )


def _waivers(before: list[Told], after: list[Told]) -> Iterator[Finding]:
    for word, some, others in (("ended", before, after), ("added", after, before)):
        for waiver in some:
            if waiver not in others:
                said = f"until {waiver['until']} by {waiver['owner']}: {waiver['reason']}"
                yield "neutral", f"waiver of {waiver['check']} {word}, {said}"


def _differing(kind: Kind, told: list[tuple[str, Any, Any]]) -> Iterator[Finding]:
    for what, old, new in told:
        if old != new:
            yield kind, f"{what} {old or 'none'} → {new or 'none'}"


def _named(told: list[Told]) -> dict[str, Told]:
    return {one["name"]: one for one in told}


def _custom(told: Told) -> dict[str, Any]:
    return {one["property"]: one["value"] for one in told["customProperties"]}


def _checks(schema: Told) -> dict[str, Told]:
    of_columns = (check for column in schema["properties"] for check in column.get("quality", ()))
    return _named([*of_columns, *schema["quality"]])


def _pandera(column: Told) -> list[Told]:
    found = (check["implementation"]["checks"] for check in column.get("quality", ()) if "engine" in check)
    return [rule for rules in found for rule in rules]


def _positions(schema: Told, position: str) -> str:
    columns = sorted((c for c in schema["properties"] if position in c), key=lambda c: c[position])
    return " + ".join(column["name"] for column in columns)


def _format(column: Told) -> str:
    return str(column.get("logicalTypeOptions", {}).get("format", "ISO"))


def _told(schema: Told, name: str) -> str:
    return repr(_custom(schema).get(name, "as usual"))


def _freshness(document: Document) -> str:
    [told] = document["slaProperties"]
    return f"{told['value']} {told['unit']}"
