"""This file holds the faults that are made to happen, the tests that do so, and the page that tells of them.

`python -m dataops_platform_tests.reliability.faults` runs these tests and writes the page with what came of them.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from dataops_platform_tests.reliability.broken_files import broken_files
from dataops_platform_tests.reliability.crashing import POINTS

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"
_LANDING, _STORE = "reliability/test_landing.py", "reliability/test_store_faults.py"
_TABLES, _PRODUCTION = "reliability/test_table_faults.py", "deploy/test_production_instance.py"
_BROKEN, _CRASHES = "reliability/test_broken_files.py", "reliability/test_crashes.py"
_INBOX, _INBOX_OBJECTS = "landing/test_inbox.py", "landing/test_inbox_objects.py"
_LAMBDA, _QUEUE = "lambda_function/test_handler.py", "layers/test_queue_sensor.py"
_TOGETHER, _WATCH, _STORES = (
    "reliability/test_two_at_once.py",
    "layers/test_landing_walk.py",
    "landing/test_object_stores.py",
)

#: Fault → the file of its tests, and their names.
_LANDED: Mapping[str, tuple[str, ...]] = {
    "same name and same bytes twice": (_LANDING, "the_same_name_with_the_same_bytes_twice"),
    "overwritten key": (_LANDING, "an_overwritten_key_is_one_more_version"),
    "renamed file": (_LANDING, "a_renamed_file_is_another_file"),
    "names that differ in case only": (_LANDING, "names_that_differ_in_case_only"),
    "two ingesters at once": (_LANDING, "two_ingesters_at_once_make_one_raw_zone"),
    "two sensors at once": (_WATCH, "two_sensors_that_look_at_once_make_one_raw_zone"),
    "object changed while it is read": (_LANDING, "an_object_overwritten_while_it_is_read"),
    "object changed while it is read, in a versioned bucket": (_STORES, "a_versioned_bucket_tells_the_version"),
    "object deleted while it is read": (_LANDING, "an_object_deleted_while_it_is_read"),
    "object of no bytes": (_LANDING, "an_object_of_no_bytes_is_a_version"),
    "folder marker": (_LANDING, "folder_markers_are_no_files"),
    "keys with spaces, +, %, quotes, brackets, a leading dot, emoji, both forms of é": (_LANDING, "odd_keys_are_files"),
    "keys of 1,024 bytes, `a//b`, `../`, a backslash, a tab": (_LANDING, "very_long_keys_and_empty_segments"),
    "a name that is no text": (_LANDING, "a_name_that_is_no_text"),
    "thousands of keys at once": (_LANDING, "thousands_of_keys_at_once", "a_listing_of_several_pages"),
    "keys of one second, seen by different passes": (_LANDING, "keys_of_one_second"),
    "clock skew": (_LANDING, "an_ingester_whose_clock_is_wrong"),
    "midnight, summer time, another time zone": (_LANDING, "name_and_date_are_the_same_whatever_zone"),
    "cursor reset, lost or made up; sensor renamed": (_WATCH, "a_cursor_that_was_reset_lost_or_made_up"),
    "Dagster's storage purged": (_WATCH, "a_purged_history_of_dagster", "what_is_in_the_raw_zone_and_nowhere_else"),
    "late file behind the cursor": (_WATCH, "a_late_file_behind_the_cursor"),
}  # fmt: skip
_LARGE = "landing/test_reading_large.py"
_LONG: Mapping[str, tuple[str, ...]] = {
    "a line of a gigabyte": (_LARGE, "a_line_of_a_gigabyte"),
    "a line without an end, in each format": (_LARGE, "a_file_with_a_row_that_is_too_long"),
}
_ANNOUNCED: Mapping[str, tuple[str, ...]] = {
    "a message twice": (_INBOX, "a_message_that_comes_twice"),
    "one object in many messages": (_INBOX, "an_object_named_by_many_messages"),
    "a late message": (_INBOX, "a_message_that_comes_late"),
    "a lost message": (_INBOX, "what_messages_missed"),
    "messages in any order": (_INBOX_OBJECTS, "messages_in_any_order"),
    "a malformed message": (_INBOX, "a_message_nobody_can_do_anything_with"),
    "a message malformed by half": (_INBOX, "of_a_message_that_is_half_understood"),
    "S3's test event": (_INBOX, "the_test_event_that_comes_first"),
    "an object deleted before its message is read": (_INBOX_OBJECTS, "an_object_that_is_deleted_before"),
    "an object overwritten after its message": (_INBOX_OBJECTS, "an_object_that_is_overwritten_between"),
    "a message that always fails": (_INBOX_OBJECTS, "an_object_that_is_refused_again_and_again"),
    "dead letters that take nothing": (_INBOX, "a_message_the_dead_letters_do_not_take"),
    "killed between copy and deletion of the message": (_INBOX, "a_crash_between_copy_and_delete"),
    "a message given to two receivers": (_INBOX, "a_message_that_comes_to_a_second_receiver"),
    "a message that cannot be deleted": (_INBOX, "a_message_that_cannot_be_deleted"),
    "S3 down while messages come": (_INBOX_OBJECTS, "while_s3_does_not_answer"),
    "a batch of which AWS Lambda does a part": (_LAMBDA, "of_a_batch_only_what_is_not_done"),
    "a message that came and whose run fails": (_QUEUE, "a_message_is_deleted_though_its_run_fails"),
    "messages and listing see the same": (_QUEUE, "what_both_sensors_see"),
}  # fmt: skip
_SURROUNDINGS: Mapping[str, tuple[str, ...]] = {
    "disk full": (_STORES, "a_folder_without_room_says_so"),
    "S3 fails (500), is slow (503), resets or breaks off": (_STORE, "this_fault_once_at_each_address"),
    "S3 does as asked and its answer is lost": (_STORE, "this_fault_once_at_each_address"),
    "S3 fails, or loses its answer, while a Delta table is written": (
        _TABLES,
        "a_fault_once_at_each_address_doubles_no_row",
        "a_fault_once_at_each_address_doubles_no_entry",
    ),
    "S3 stays broken": (_STORE, "a_store_that_stays_broken"),
    "S3 is silent": (_STORE, "a_silent_server_is_given_up_on"),
    "S3 denies, credentials expired": (_STORE, "a_store_that_refuses_one_object", "a_landing_area_that_cannot"),
    "raw object tampered with": (_TOGETHER, "a_raw_object_that_was_changed"),
    "daemon restarted": (_TOGETHER, "a_daemon_that_was_restarted"),
    "daemon killed between a tick and its run": (_PRODUCTION, "a_run_outlives_the_daemon"),
    "two daemons run the same work": (_TOGETHER, "two_daemons_that_run_the_same_work"),
    "two daemons evaluate the same ticks": (_PRODUCTION, "two_daemons_that_evaluate_the_same_ticks"),
    "database locked": (_TOGETHER, "a_locked_database_of_dagster"),
    "backfill and sensor on one date": (_TOGETHER, "a_backfill_and_the_sensor"),
    "killed again and again at random moments": ("reliability/test_soak.py", "a_load_that_is_killed_again_and_again"),
}  # fmt: skip
_TABLE = "| fault | what holds, by the test of that name | cases green |\n|---|---|---|\n"


def groups() -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    """The faults by what they happen to."""
    yield "How files land and who looks", _LANDED
    yield "How files are announced", _ANNOUNCED
    rows = (_BROKEN, "rows_of_a_file_with_this_fault")
    yield "What is in a file", {**dict.fromkeys(broken_files(), rows), **_LONG}
    yield "Where a process is killed", dict.fromkeys(POINTS, (_CRASHES, "a_process_killed_here"))
    yield "What surrounds the platform", _SURROUNDINGS


def each_test() -> Iterator[tuple[str, str, str]]:
    """Fault, file and beginning of the name of each test."""
    for _, faults in groups():
        for fault, (file, *names) in faults.items():
            yield from ((fault, file, name) for name in names)


def page(green: Callable[[str], str]) -> str:
    """The page, as Markdown; `green` tells of a fault how many cases of its tests passed, and of how many."""
    sections = []
    for title, faults in groups():
        rows = [
            f"| {fault} | {_becomes(fault)}{', '.join(_link(file, name) for name in names)} | {green(fault)} |\n"
            for fault, (file, *names) in faults.items()
        ]
        sections.append(f"## {title}\n\n{_TABLE}{''.join(rows)}")
    return f"{_INTRODUCTION}\n" + "\n".join(sections)


def told() -> Mapping[str, str]:
    """What the page that is there tells of each fault's cases."""
    rows = re.findall(r"^\| (.+?) \| .+ \| (\d+ of \d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def names_of_tests(file: str, beginning: str) -> list[str]:
    """The tests of a file whose name begins so."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith(f"test_{beginning}")]


def outcomes() -> Mapping[str, str]:
    """All tests ran; how many cases of each fault's passed."""
    ids = {
        f"{TESTS / file}::{name}" for _, file, start in each_test() for name in names_of_tests(file, start)
    }
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        subprocess.run([sys.executable, "-m", "pytest", *sorted(ids), f"--junit-xml={report}"], check=False)
        cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  # we wrote it
    return {fault: _of(fault, cases) for _, faults in groups() for fault in faults}


def _of(fault: str, cases: list[ET.Element]) -> str:
    own = []
    for _, file, start in (each for each in each_test() if each[0] == fault):
        module = f"{TESTS.name}/{file}".removesuffix(".py").replace("/", ".")
        found = [one for one in cases if one.get("classname") == module]
        found = [one for one in found if one.get("name", "").startswith(f"test_{start}")]
        # A fault that is a parameter has a case of its own.
        own += [one for one in found if f"[{fault}]" in one.get("name", "")] or found
    return f"{sum(not len(one) for one in own)} of {len(own)}"


def _becomes(fault: str) -> str:
    """What becomes of the rows of a broken file: two sound ones, in most, and those at fault."""
    broken = broken_files().get(fault)
    if broken is None:
        return ""
    silver, quarantine = (
        f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}" for rows in (broken.silver, broken.reasons)
    )
    refused = ", its date refused" if broken.refused else ""
    return f"{silver} to silver, {quarantine} to quarantine{refused}: "


def _link(file: str, name: str) -> str:
    return f"[{name.replace('_', ' ')}](../dataops_platform_tests/{file})"


_INTRODUCTION = """# What cannot lose or double a row

<!-- Written by `python -m dataops_platform_tests.reliability.faults`. -->

Each fault below is made to happen by a test, on a real S3 server (SeaweedFS, and moto's where a key is one that
SeaweedFS does not take), on real Delta tables and with real processes. After each of them the same is asked
(`dataops_platform_tests/reliability/after_a_fault.py`):

1. The raw zone is the accepted versions, byte for byte: none missing, none twice, none half.
2. Silver and quarantine are bronze, row for row; no row is in both, and each reject has one record in quarantine.
3. A second run copies nothing, writes no file and finds nothing due.
4. Where one date is at fault, the files of other dates are the files they were.

What happens before there are rows (how files land, S3's own faults) is asked of the raw zone alone, what a table
holds while S3 fails of the table alone. A full disk is played by a limit on the size of a file, a slow, failing or
forgetful S3 by a proxy on loopback; daemons are Dagster's own, on PostgreSQL, or processes that run the same work on
one lake.

`make soak` kills a load of 5,000 files 200 times at random moments, and asks the same at its end: with seed 2 every row
was where it belongs, once, after 34 minutes on two busy cores; with seed 1 after 198 kills and 14 minutes. The tests
have a short one.

The last column is written by the run of these tests that wrote this page.
"""

if __name__ == "__main__":
    PAGE.write_text(page(outcomes().__getitem__), encoding="utf-8")
