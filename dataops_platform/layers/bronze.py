"""This room's bronze: a date's raw objects → rows of text with their provenance, replaced as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from dataops_platform.core.contract import TableContract
from dataops_platform.core.landed_object import RawObject
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Publication
from dataops_platform.landing.parsed import Parsed
from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.landing.readers import parse
from dataops_platform.layers.schemas import bronze_schema

#: Objects read ahead: enough to hide S3's latency, few enough to stay small in memory.
_READ_AHEAD = 4


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
        with ThreadPoolExecutor(_READ_AHEAD) as threads:
            for start in range(0, len(objects), _READ_AHEAD):
                for rows in threads.map(self._parsed, objects[start : start + _READ_AHEAD]):
                    yield from rows.to_batches(max_chunksize=64_000)

    def _parsed(self, raw: RawObject) -> pa.Table:
        body, uri = self.zone.read(raw)
        return (
            _with_provenance(parse(body, self.contract), raw, uri).select(self.schema.names).cast(self.schema)
        )


def _with_provenance(parsed: Parsed, raw: RawObject, uri: str) -> pa.Table:
    count = parsed.rows.num_rows
    constants = {
        "_absent": pa.scalar("\n".join(parsed.absent) or None, pa.string()),
        "_source_object": pa.scalar(uri),
        "_ingested_at": pa.scalar(raw.landed_at, pa.timestamp("us", tz="UTC")),
        "ingestion_date": pa.scalar(raw.ingestion_date, pa.date32()),
    }
    rows = parsed.rows
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
