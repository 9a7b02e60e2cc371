"""This room's bronze: a date's raw objects → rows of text with their provenance, replaced as a whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import IO, TypeVar

import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.core.landed_object import RawObject
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication
from dataops_platform.landing.parsed import Parsed
from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.landing.readers import parse
from dataops_platform.layers.schemas import bronze_schema

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
#: Objects fetched ahead, still packed: enough to hide S3's latency.
_FETCH_AHEAD = 4
#: Objects parsed ahead of the one that is being written: their rows are what takes memory.
_PARSE_AHEAD = 1
_BATCH_ROWS = 64_000


@dataclass(frozen=True)
class LandedRows:
    """The rows of raw objects, parsed as they are asked for."""

    contract: TableContract
    zone: RawZone
    listing: RawListing

    @property
    def schema(self) -> pa.Schema:
        """The bronze schema of the contract."""
        return bronze_schema(self.contract)

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of all objects of these dates, in order of landing."""
        objects = [raw for day in dates for raw in self.listing.objects.get((self.contract.name, day), ())]
        return pa.RecordBatchReader.from_batches(self.schema, self._rows(objects))

    def _rows(self, objects: Sequence[RawObject]) -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(_FETCH_AHEAD) as fetching, ThreadPoolExecutor(_PARSE_AHEAD) as parsing:
            fetched = _ahead(fetching, self._fetched, objects, _FETCH_AHEAD, lambda found: found[1].close())
            whole = _ahead(parsing, self._parsed, fetched, _PARSE_AHEAD, lambda found: found[1].clear())
            for raw, parsed, uri in whole:
                for rows in parsed.tables():
                    told = _with_provenance(rows, parsed.absent, raw, uri)
                    yield from told.select(self.schema.names).cast(self.schema).to_batches(_BATCH_ROWS)

    def _fetched(self, raw: RawObject) -> tuple[RawObject, IO[bytes], str]:
        return raw, *self.zone.fetch(raw)

    def _parsed(self, fetched: tuple[RawObject, IO[bytes], str]) -> tuple[RawObject, Parsed, str]:
        raw, file, uri = fetched
        with file:
            return raw, parse(file, self.contract), uri


def _ahead(
    threads: ThreadPoolExecutor,
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    count: int,
    drop: Callable[[_Result], None],
) -> Iterator[_Result]:
    """The results in order, `count` of them begun before they are asked for; those nobody asks for are dropped."""
    begun: deque[Future[_Result]] = deque()
    try:
        for item in items:
            begun.append(threads.submit(work, item))
            if len(begun) > count:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for left in begun:
            if not left.cancel() and left.exception() is None:
                drop(left.result())


def _with_provenance(rows: pa.Table, absent: Sequence[str], raw: RawObject, uri: str) -> pa.Table:
    count = rows.num_rows
    constants = {
        "_absent": pa.scalar("\n".join(absent) or None, pa.string()),
        "_source_object": pa.scalar(uri),
        "_ingested_at": pa.scalar(raw.landed_at, pa.timestamp("us", tz="UTC")),
        "ingestion_date": pa.scalar(raw.ingestion_date, pa.date32()),
    }
    for name, value in constants.items():
        rows = rows.append_column(name, pa.repeat(value, count))
    return rows


def load(
    platform: Platform, contract: TableContract, dates: Sequence[date], listing: RawListing
) -> Publication:
    """`bronze/{table}` holds, of these dates, exactly the rows of the latest version of each listed object."""
    rows = LandedRows(contract, RawZone(platform.lake_store), listing)
    description = f"As landed, all text: {contract.description}"
    return platform.lake.replace(f"bronze/{contract.name}", rows, dates, description=description)
