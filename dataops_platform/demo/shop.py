"""This file holds the demo's landing files: a month of a made-up shop, its mistakes known to the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dataops_platform.demo.defects import REFUSED, landing_files
from dataops_platform.demo.landing_file import Kind, LandingFile, Record
from dataops_platform.demo.shop_life import Shop

_WAVES = (1, 2)


@dataclass(frozen=True)
class SampleFile:
    """One version of a file that lands.

    Attributes:
        key: its key in the intake bucket; a key occurs twice where a file is overwritten.
        body: its bytes.
        wave: 1 lands first; 2 lands after everything of wave 1 was processed.
    """

    key: str
    body: bytes
    wave: int


@dataclass(frozen=True)
class Defect:
    """One kind of mistake in one partition, as it is found once both waves have landed.

    Attributes:
        kind: what was done; of a refused, late or overwritten one every row counts.
        rows: how many rows have it.
        check: the check these rows break; None where they are sound.
    """

    table: str
    ingestion_date: date
    kind: Kind
    rows: int
    check: str | None


@dataclass(frozen=True)
class Expected:
    """What a table must hold once the files were processed, counted while they were made.

    Attributes:
        files: versions of files that landed.
        bronze_rows: rows in the latest version of each file.
        silver_rows: those that are sound, in partitions that are accepted.
        quarantine_rows: all the others.
        quarantined_by_check: of these, how many break each check; in a refused partition a row can break two.
        refused_dates: ingestion dates that are refused as a whole.
    """

    table: str
    files: int
    bronze_rows: int
    silver_rows: int
    quarantine_rows: int
    quarantined_by_check: Mapping[str, int]
    refused_dates: tuple[date, ...]


@dataclass(frozen=True)
class Sample:
    """Files to land, in the order of landing, and the mistakes in them."""

    files: tuple[SampleFile, ...]
    defects: tuple[Defect, ...]
    _expected: Mapping[tuple[str, int], Expected] = field(repr=False)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that have files, in alphabetical order."""
        return tuple(sorted({table for table, _ in self._expected}))

    def expected(self, table: str, *, after_wave: int = 2) -> Expected:
        """What the table must hold after both waves, or after the first."""
        return self._expected[table, after_wave]


def make_sample(*, seed: int = 7) -> Sample:
    """Thirty ingestion dates of five tables: the same bytes for the same seed."""
    partitions = {(table, day): records for table, day, records in Shop(seed).reports()}
    files = landing_files(partitions, seed)
    tables = {file.table for file in files}
    return Sample(
        files=tuple(SampleFile(file.key, file.body(), file.wave) for file in files),
        defects=_defects(files),
        _expected={
            (table, wave): _expected(table, [f for f in files if f.table == table and f.wave <= wave])
            for table in tables
            for wave in _WAVES
        },
    )


def _latest_versions(files: Iterable[LandingFile]) -> list[LandingFile]:
    return list({file.key: file for file in sorted(files, key=lambda file: file.wave)}.values())


def _is_refused(file: LandingFile) -> bool:
    return (file.table, file.day) == REFUSED


def _reasons(file: LandingFile, record: Record) -> list[str]:
    own = [record.check] if record.check else []
    return [*own, "partition_is_accepted"] if _is_refused(file) else own


def _expected(table: str, files: Sequence[LandingFile]) -> Expected:
    latest = _latest_versions(files)
    reasons = [_reasons(file, record) for file in latest for record in file.records]
    quarantined = [found for found in reasons if found]
    return Expected(
        table=table,
        files=len(files),
        bronze_rows=len(reasons),
        silver_rows=len(reasons) - len(quarantined),
        quarantine_rows=len(quarantined),
        quarantined_by_check=dict(Counter(check for found in quarantined for check in found)),
        refused_dates=tuple(sorted({file.day for file in latest if _is_refused(file)})),
    )


def _defects(files: Sequence[LandingFile]) -> tuple[Defect, ...]:
    counted: Counter[tuple[str, date, Kind, str | None]] = Counter()
    first = {file.key for file in files if file.wave == 1}
    for file in _latest_versions(files):
        for record in file.records:
            if record.kind:
                counted[file.table, file.day, record.kind, record.check] += 1
        if _is_refused(file):
            counted[file.table, file.day, "refused_partition", "partition_is_accepted"] += len(file.records)
        if file.wave > 1:
            kind: Kind = "overwritten_file" if file.key in first else "late_file"
            counted[file.table, file.day, kind, None] += len(file.records)
    ordered = sorted(counted.items(), key=lambda item: (item[0][0], item[0][1], item[0][2]))
    return tuple(Defect(table, day, kind, rows, check) for (table, day, kind, check), rows in ordered)
