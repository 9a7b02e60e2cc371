"""This room's ports: what the platform needs from the outside world; `resources/` holds the adapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from dataops_platform.core.landed_object import StoredObject

if TYPE_CHECKING:  # the function that ingests has neither, and needs the first port alone
    import pyarrow as pa
    from pyspark.sql import DataFrame


class OpenedObject(Protocol):
    """One version of an object, read in parts that fit into memory; each part but the last has `PART` bytes or more."""

    @property
    def version_id(self) -> str | None:
        """Its version, where the bucket keeps versions."""

    def __iter__(self) -> Iterator[bytes]:
        """The parts in order, all of this version.

        Raises:
            ObjectChanged: it was overwritten or deleted meanwhile; what was read so far is of no use.
        """


class ObjectStore(Protocol):
    """A bucket or a folder of immutable objects.

    Attributes:
        name: the bucket's name, or the folder's.
        prefix: what every key of this store begins with in the bucket; keys are given without it.
    """

    name: str
    prefix: str

    def objects(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix` and follows the key `after`, in the order of keys."""

    def folders(self, prefix: str) -> list[str]:
        """The distinct next path segments below `prefix`, which ends in `/` or is empty."""

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None where it is gone."""

    def open(self, stored: StoredObject) -> OpenedObject:
        """Exactly this version of an object of any size; whatever is there now if it names no etag.

        Raises:
            ObjectChanged: it was overwritten or deleted since it was listed.
        """

    def create(self, key: str, body: bytes | Iterable[bytes]) -> bool:
        """Write a new object, whole or not at all; False, perhaps before `body` was read, where the key exists."""

    def put(self, key: str, body: bytes) -> None:
        """The key holds this from now on, whatever it held; only for what can be made anew, such as pages."""


@dataclass(frozen=True)
class PartitionFacts:
    """What the Delta log says of one ingestion date of a table.

    Attributes:
        written_at: when its newest file was written; None where there is none.
    """

    rows: int
    files: int
    bytes: int
    written_at: datetime | None = None


@dataclass(frozen=True)
class Publication:
    """What a table holds once it was published to.

    Attributes:
        version: the table's Delta version.
        partitions: facts of every ingestion date of the table.
    """

    version: int
    partitions: Mapping[date, PartitionFacts]

    def rows(self, day: date) -> int:
        """Rows of one ingestion date."""
        return self.partitions[day].rows if day in self.partitions else 0


class Rows(Protocol):
    """Rows on their way into the lake."""

    @property
    def schema(self) -> pa.Schema:
        """The rows' columns."""

    def batches(self, dates: Sequence[date]) -> pa.RecordBatchReader:
        """The rows of these ingestion dates, streamed."""


class Staged(Protocol):
    """A frame computed once and kept for the rest of a step, so that several questions cost one computation."""

    @property
    def frame(self) -> DataFrame:
        """The rows, as a frame."""

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""

    def rows(self, schema: pa.Schema, *, where: Mapping[str, Any] | None = None) -> Rows:
        """The columns of `schema`, of the rows whose columns equal `where`."""

    def amended(self, column: str, frame: DataFrame) -> Staged:
        """The same rows, but those whose `column` is true have given way to those of `frame`, in which none is."""

    def drop(self) -> None:
        """Forget the rows; the room they took is free again."""


class Lake(Protocol):
    """The Delta tables. Publishing is atomic and touches exactly the partitions named."""

    url: str

    def frame(self, table: str, dates: Sequence[date] | None = None) -> DataFrame | None:
        """The table as a frame (of these ingestion dates only), or None where it does not exist yet."""

    def replace(
        self,
        table: str,
        rows: Rows,
        dates: Sequence[date],
        *,
        partitioned_by: Sequence[str] = (),
        description: str = "",
    ) -> Publication:
        """Exactly the partitions `dates` of `table` now hold `rows`, and no reader saw anything in between.

        Raises:
            PublishRefused: rows outside the dates, or of another schema than the table's; nothing was written.
            WriteConflict: another writer replaced one of these dates first.
        """

    def require_writable(self, *tables: str) -> None:
        """Each can be committed to, or is not there yet; else `TableTooNew`. Asked before rows are computed."""

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to one of the platform's own tables."""

    def records(self, table: str) -> pa.Table | None:
        """All rows of a table of the platform's own, or None where it does not exist yet."""

    def partitions(self, table: str) -> Mapping[date, PartitionFacts]:
        """Facts of every ingestion date, from the Delta log, without a scan; none where the table does not exist."""

    def history(self, table: str) -> list[Mapping[str, Any]]:
        """The table's commits, newest first."""


@dataclass(frozen=True)
class Entry:
    """What became of one partition.

    Attributes:
        inputs: fingerprint of what the partition was made from; equal inputs need no new run.
        message: why the partition was refused; empty when it was published.
    """

    table: str
    layer: str
    ingestion_date: date
    inputs: str
    contract_version: str
    accepted: bool
    rows: int
    quarantined: int
    message: str
    run_id: str
    at: datetime


class RowPlace(NamedTuple):
    """Where a row landed: what tells it from all others."""

    source_object: str
    position: int


@dataclass(frozen=True)
class Instruction:
    """What somebody said is to become of one partition of silver, as it has landed: it is void once that changes.

    Attributes:
        kind: `release`: the refusal as a whole is lifted; `release_rows`: `rows` are published although they break
            rules; `replay`: judge again, by the contract of today.
        inputs: fingerprint of the bronze rows it speaks of.
        contract_version: the contract that a replay judges by.
        by: who said it.
    """

    kind: Literal["release", "release_rows", "replay"]
    table: str
    ingestion_date: date
    inputs: str
    contract_version: str
    by: str
    reason: str
    at: datetime
    rows: tuple[RowPlace, ...] = ()


@dataclass(frozen=True)
class JournalState:
    """The journal, read once.

    Attributes:
        last: the last entry of each layer, table and ingestion date, published or refused.
        published: the last one that was published: what the lake holds, whatever was refused since.
        instructions: the last of each kind for a table and ingestion date.
    """

    last: Mapping[tuple[str, str, date], Entry]
    published: Mapping[tuple[str, str, date], Entry]
    instructions: Mapping[tuple[str, str, date], Instruction] = field(default_factory=dict)

    def of(self, layer: str, table: str) -> dict[date, Entry]:
        """The last entry of each partition of one table in one layer."""
        return dict(self._last_of.get((layer, table), {}))

    def published_of(self, layer: str, table: str) -> dict[date, Entry]:
        """The last entry that was published of each partition of one table in one layer."""
        return dict(self._published_of.get((layer, table), {}))

    @cached_property
    def _last_of(self) -> Mapping[tuple[str, str], Mapping[date, Entry]]:
        return _by_table(self.last)

    @cached_property
    def _published_of(self) -> Mapping[tuple[str, str], Mapping[date, Entry]]:
        return _by_table(self.published)

    def instruction(self, kind: str, table: str, day: date) -> Instruction | None:
        """What was said of a partition and still holds, because nothing has landed there since."""
        said, loaded = self.instructions.get((kind, table, day)), self.last.get(("bronze", table, day))
        return said if said is not None and loaded is not None and said.inputs == loaded.inputs else None


def _by_table(
    entries: Mapping[tuple[str, str, date], Entry],
) -> Mapping[tuple[str, str], Mapping[date, Entry]]:
    """The same entries by layer and table: whoever asks of hundreds of tables walks over them once."""
    found: dict[tuple[str, str], dict[date, Entry]] = {}
    for (layer, table, day), entry in entries.items():
        found.setdefault((layer, table), {})[day] = entry
    return found


class Journal(Protocol):
    """What was judged and published: makes a repetition cheap, never decides what is right."""

    def record(self, entries: Sequence[Entry]) -> None:
        """Remember what became of partitions."""

    def instruct(self, instructions: Sequence[Instruction]) -> None:
        """Remember what is to become of partitions."""

    def state(self) -> JournalState:
        """What is remembered now."""
