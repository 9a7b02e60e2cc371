"""The report's page: one file that needs nothing, runs nothing, and takes hostile words for words."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from dataops_platform.catalog.report_page import report_page
from dataops_platform.catalog.trend_pictures import trend_picture
from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.trends import Trend
from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.observability.remembered import Remembered, day, orders

HOSTILE = "</style></script><script>alert(1)</script>{{ 7 * 7 }}=cmd|' /C calc'!A0\u202e"


class Page(HTMLParser):
    """The tags of a page with their attributes, its words, and its style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.style, self._in = [], [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, _tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
        else:
            self.words.append(data)


@pytest.fixture
def remembered(tmp_path):
    return Remembered(DeltaLake(str(tmp_path / "lake"), EmbeddedEngine()), orders(owner=f"team:{HOSTILE}"))


def page(remembered):
    return report_page(remembered.report(), (remembered.table,)).decode()


def test_hostile_words_stay_words_and_nothing_runs_or_is_fetched(remembered):
    remembered.judged(7, held=9, message=HOSTILE)
    remembered.released(8)
    remembered.incident("refused", table=HOSTILE)
    remembered.measured(f"{HOSTILE}_failed", {day(8): 2.0})

    text = page(remembered)
    found = Page(text)

    assert not {"script", "iframe", "img", "form", "object", "base"} & {tag for tag, _ in found.tags}
    told = "".join(found.words)
    assert "<script>alert(1)</script>{{ 7 * 7 }}" in told
    assert "49" not in told
    assert "\u202e" not in text
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            assert re.match(r"#|data:,$", attributes.get(name, "#")), attributes


def test_the_policy_allows_the_pages_own_style_and_nothing_else(remembered):
    found = Page(page(remembered))

    [policy] = [a["content"] for tag, a in found.tags if a.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_every_place_that_is_led_to_is_on_the_page(remembered):
    remembered.judged(7, held=9, message="orders was refused.")
    remembered.incident("refused")

    found = Page(page(remembered))

    ids = {attributes.get("id") for _, attributes in found.tags}
    links = {a["href"][1:] for tag, a in found.tags if tag in {"a", "use"} and a["href"] != "#"}
    assert links
    assert links <= ids


def test_what_needs_people_stands_first_and_what_is_to_do_is_said(remembered):
    remembered.judged(7, 8, held=9, message="orders of 2026-03-08 was refused: land it again.")

    text = page(remembered)

    assert "1 table needs people, 2 dates refused" in text
    assert "orders of 2026-03-08 was refused: land it again." in text


def trend(values, high=None, days=None, **unusual):
    days = days or [day(1) + timedelta(days=number) for number in range(len(values))]
    band = [None if high is None else one for one in high or values]
    low = [None if one is None else 0.0 for one in band]
    return Trend("row_count", tuple(days), tuple(values), tuple(low), tuple(band), unusual.get("unusual", {}))


WINDOW = Window(day(1), day(10))


def test_a_picture_reaches_from_its_least_to_its_most_and_its_marks_lie_on_the_line():
    drawn = trend_picture(trend([0.0, 50.0, 100.0], unusual={day(2): "why"}), WINDOW)

    assert drawn.line == "M4 98l8 -48l8 -48"
    assert [(mark.path, mark.text) for mark in drawn.marks] == [("M12 50h0", "2026-03-02: why")]
    assert (drawn.width, drawn.top, drawn.last, drawn.band) == (80, "100", "100", "")


def test_a_line_ends_where_days_are_missing_and_goes_on_over_a_weekend():
    drawn = trend_picture(trend([1.0, 1.0, 1.0], days=[day(1), day(4), day(9)]), WINDOW)

    assert drawn.line == "M4 2l24 0M68 2h0"


def test_a_wide_range_does_not_flatten_the_numbers():
    drawn = trend_picture(trend([10.0, 10.0], high=[12.0, 1e9]), WINDOW)

    assert drawn.top == "12"
    assert drawn.band.startswith("M4 2l8 0L12 98")
