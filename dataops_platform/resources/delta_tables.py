"""Delta tables as delta-rs opens them; what it cannot read or could not commit to is told before work begins."""

from __future__ import annotations

import re
from importlib.metadata import version

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from dataops_platform.errors import TableTooNew, Unreachable

#: Features of the protocol that delta-rs keeps when it commits. At others it fails after the rows were computed, by
#: the same kind of error as at a second writer.
KEPT_FEATURES = frozenset(
    {
        "appendOnly",
        "changeDataFeed",
        "checkConstraints",
        "columnMapping",
        "deletionVectors",
        "generatedColumns",
        "invariants",
        "timestampNtz",
        "v2Checkpoint",
        "variantType",
    }
)
_NEWEST_WRITER = 7
_TOO_NEW = re.compile(
    r"Unsupported minimum reader (version \d+)|Feature '(\w+)' is not|Max (catalog version)"
)


def opened(url: str, table: str) -> DeltaTable | None:
    """The table below `url`, or None where it does not exist.

    Raises:
        TableTooNew: its protocol is newer than delta-rs reads.
        Unreachable: storage did not answer, or its log is damaged.
    """
    try:
        return DeltaTable(f"{url}/{table}")
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        if newer := _TOO_NEW.search(str(error)):
            raise _too_new(url, table, next(filter(None, newer.groups()))) from None
        raise Unreachable(
            f"Table {table} in {url} could not be opened ({kind(error)}). "
            "Check DATAOPS_LAKE_URL and the AWS_* variables."
        ) from error


def require_writable(url: str, table: str, found: DeltaTable) -> None:
    """The table can be committed to by delta-rs.

    Raises:
        TableTooNew: another program has switched on what delta-rs does not know.
    """
    protocol = found.protocol()
    if protocol.min_writer_version > _NEWEST_WRITER:
        raise _too_new(url, table, f"version {protocol.min_writer_version}")
    if unknown := sorted(set(protocol.writer_features or ()) - KEPT_FEATURES):
        raise _too_new(url, table, ", ".join(unknown))


def kind(error: BaseException) -> str:
    """What kind of error it is, by its first words: those of delta-rs go on to quote rows."""
    found = re.match(r"[A-Za-z ]{3,60}", str(error))
    return f"{type(error).__name__}: {found[0].strip()}" if found else type(error).__name__


def _too_new(url: str, table: str, feature: str) -> TableTooNew:
    return TableTooNew(
        f"{table}: {url}/{table} is of a newer Delta protocol ({feature}) than delta-rs {version('deltalake')} knows: "
        "another program has changed it; nothing was begun. Take that back there (ALTER TABLE … DROP FEATURE), or "
        "upgrade deltalake here."
    )
