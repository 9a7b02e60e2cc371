"""A table that another program has raised to a newer Delta protocol is told in a sentence, before work begins."""

from __future__ import annotations

import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from dataops_platform.errors import TableTooNew
from dataops_platform.resources.delta_tables import KEPT_FEATURES
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, raised, rows

#: Those that a reader has to know as well.
READERS_TOO = {"catalogManaged", "columnMapping", "deletionVectors", "timestampNtz", "typeWidening"}
READERS_TOO |= {"v2Checkpoint", "vacuumProtocolCheck", "variantType", "notYetInvented"}
LATER_FEATURES = {"allowColumnDefaults", "clustering", "domainMetadata", "icebergCompatV2", "identityColumns"}
LATER_FEATURES |= {"inCommitTimestamp", "rowTracking", "typeWidening", "vacuumProtocolCheck"}


def with_feature(lake, feature):
    read: dict[str, object] = (
        {"minReaderVersion": 3, "readerFeatures": [feature]} if feature in READERS_TOO else {}
    )
    raised(lake.url, **({"minReaderVersion": 1} | read), minWriterVersion=7, writerFeatures=[feature])


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ({"minReaderVersion": 4, "minWriterVersion": 9}, "version 4"),
        (
            {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["notYetInvented"],
                "writerFeatures": ["notYetInvented"],
            },
            "notYetInvented",
        ),
        (
            {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["catalogManaged"],
                "writerFeatures": ["catalogManaged"],
            },
            "catalog version",
        ),
    ],
)
def test_a_table_that_cannot_be_read_here_is_told_with_what_to_do_and_not_tried_again(filled, protocol, told):
    raised(filled.url, **protocol)

    for ask in (filled.partitions, filled.frame, filled.records, filled.require_writable):
        with pytest.raises(
            TableTooNew, match=rf"{NAME}.*newer Delta protocol \({told}\).*DROP FEATURE"
        ) as problem:
            ask(NAME)
        assert not problem.value.is_transient


@pytest.mark.parametrize("feature", sorted(LATER_FEATURES))
def test_a_table_that_cannot_be_committed_to_is_told_before_its_rows_are_asked_for(filled, feature):
    with_feature(filled, feature)
    unasked = rows(MONDAY, fails_after=0)

    with pytest.raises(TableTooNew, match=feature):
        filled.require_writable("not/there", NAME)
    with pytest.raises(TableTooNew, match=feature):
        filled.replace(NAME, unasked, [MONDAY])


def test_a_later_version_of_the_writers_protocol_is_told_too(filled):
    raised(filled.url, minReaderVersion=1, minWriterVersion=8)

    with pytest.raises(TableTooNew, match="version 8"):
        filled.require_writable(NAME)


@pytest.mark.parametrize("feature", sorted(KEPT_FEATURES))
def test_a_feature_that_the_writer_keeps_is_no_reason_to_refuse(filled, feature):
    with_feature(filled, feature)

    assert filled.replace(NAME, rows(MONDAY, name="new"), [MONDAY]).rows(MONDAY) == 1


@pytest.mark.parametrize("feature", sorted(LATER_FEATURES))
def test_the_writer_itself_would_refuse_after_the_work_and_as_if_another_had_been_first(filled, feature):
    with_feature(filled, feature)

    with pytest.raises(CommitFailedError):
        write_deltalake(DeltaTable(f"{filled.url}/{NAME}"), rows(MONDAY).table, mode="append")
