"""The demo's planted fault: a day that lost rows is one incident, told once, and the next good day ends it."""

from io import StringIO

import pytest
from rich.console import Console

from dataops_platform.commands.demo_fault import follow, next_day, with_fault
from dataops_platform.demo.shop import make_sample

pytestmark = pytest.mark.integration


def lines(files):
    return {file.key: len(file.body.splitlines()) for file in files}


def test_one_day_loses_two_fifths_of_its_lines_and_the_day_after_lands_later():
    files = [file for file in make_sample().files if file.wave == 1]
    before, after, later = lines(files), lines(with_fault(files)), lines(next_day(files))

    [lossy] = [key for key in after if after[key] != before[key]]
    assert after[lossy] == round(before[lossy] * 0.6)
    assert lossy.startswith("web_events/dt=2026-06-29")
    assert before == {**after, lossy: before[lossy], **later}
    assert [key[:24] for key in later] == ["web_events/dt=2026-06-30"]


def test_its_people_hear_of_it_once_and_once_more_when_the_next_day_was_good(platform_of, shipped_tables):
    small = platform_of([table for table in shipped_tables if table.name == "web_events"])
    files = [file for file in make_sample().files if file.key >= "web_events/dt=2026-06-19"]

    def land(found):
        for file in found:
            table, dated, name = file.key.split("/")
            small.land(table, dated.removeprefix("dt="), file.body, name=name)
        small.sync()

    shown = StringIO()
    land(with_fault(files))
    follow(Console(file=shown, width=300), small.ports, small.instance, lambda: land(next_day(files)))

    told = shown.getvalue()
    titles = [line.removeprefix("  message  ") for line in told.splitlines() if line.startswith("  message")]
    assert titles == ["web_events: unusual", "Recovered: web_events: unusual"]
    assert told.count("row_count is 184; ") == 2
