"""What the log of a Delta table tells people of its columns: their comments, as its contract has them.

delta-rs changes one column's comment in a commit. An overwrite of no rows by none, with the table's own columns under
other comments, changes those of all in one, which holds nothing but the table's metadata. A table's description has no
such way: `alter.set_table_description` of delta-rs 1.6 keeps Python's lock while it waits, for ever where another
thread streams rows into a table.
"""

from __future__ import annotations

from contextlib import suppress

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

_COMMENT = b"comment"


def retell(table: DeltaTable, schema: pa.Schema) -> None:
    """The log tells the comments of `schema`, which has the table's columns.

    Nothing is committed where it tells them already; a text that is not given stays as it is. It is of no use to rows:
    where somebody else commits first, or the storage does not answer, the next publication brings it up to date.
    """
    with suppress(Exception):  # delta-rs raises many kinds; the rows are published by now
        there = pa.schema(table.schema().to_arrow())
        told = pa.schema([_with_comment(field, schema.field(field.name)) for field in there])
        if not told.equals(there, check_metadata=True):
            rows = told.empty_table()
            write_deltalake(table, rows, mode="overwrite", predicate="false", schema_mode="overwrite")


def _with_comment(field: pa.Field, given: pa.Field) -> pa.Field:
    comment = (given.metadata or {}).get(_COMMENT)
    return field.with_metadata({**(field.metadata or {}), _COMMENT: comment}) if comment else field
