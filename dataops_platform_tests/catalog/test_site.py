"""The site: what pages say, that all of their links lead somewhere, and that they need nothing from elsewhere."""

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urldefrag

import polars as pl
import pyarrow as pa
import pytest

from dataops_platform.catalog.column_profiles import TableProfile
from dataops_platform.catalog.contract_changes import Change
from dataops_platform.catalog.contract_history import ContractChange
from dataops_platform.catalog.findings import Findings
from dataops_platform.catalog.history import Outcome, Run, TableHistory
from dataops_platform.catalog.page_table import slug
from dataops_platform.catalog.queries import queries
from dataops_platform.catalog.site import site
from dataops_platform.catalog.templates import visible
from dataops_platform.core.lineage import Edge, How, Origin, TableLineage
from dataops_platform.quality.profile import ColumnProfile
from dataops_platform_tests.catalog.found_lake import NOW, day, people, rows

REFUSED = "people of 2026-01-02 was refused: email is null in 33 of 134 rows."


def outcome(number, *, judged=10, held=0, message=""):
    return Outcome(day(number), judged, held, not message, message, NOW)


def pages(found, *tables, **told):
    """The site of what was found, as text by path."""
    made = site(Findings(found.document(*tables), **told))
    return {path: body.decode() for path, body in made}


def pages_of_nothing():
    """The site of an empty lake."""
    nothing = dict.fromkeys(("tables", "undeclared", "unowned", "undocumented", "not_there_yet"), ())
    return site(Findings({**nothing, "format": 1, "crawled_at": NOW.isoformat(), "lake": "s3://lake"}))


class Links(HTMLParser):
    """What a page refers to, and which of its places can be referred to."""

    def __init__(self, text):
        super().__init__()
        self.to, self.ids, self.found = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.found.append((tag, told))
        self.to |= {
            told[name] for name in ("href", "src") if name in told and not told[name].startswith("data:")
        }
        self.ids |= {told["id"]} if "id" in told else set()


@pytest.fixture
def shop(found):
    """A lake with a table in each layer, one of them declared by nobody."""
    found.write("bronze/people", rows(1, 2))
    found.write("silver/people", rows(1))
    found.write("quarantine/people", rows(2, 2, _reasons=pa.array([["a: x"], ["a: x"]])))
    found.write("gold/Other<one>", rows(1))
    return found


def test_every_link_leads_to_a_page_and_a_place_that_are_there(shop):
    made = pages(shop, people())
    for path, text in made.items():
        for link in Links(text).to if path.endswith(".html") else ():
            target, place = urldefrag(unquote(link))
            parts: list[str] = []
            for part in (PurePosixPath(path).parent / target).parts if target else PurePosixPath(path).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert not re.match(r"[a-z]+:|/", link), f"{path} needs {link} from elsewhere"
            assert "/".join(parts) in made, f"{path} leads to {link}"
            assert not place or place in Links(made["/".join(parts)]).ids, f"{path} leads to {link}"
    index = json.loads(made["search-index.js"].removeprefix("window.searchIndex = ").rstrip(";\n"))
    for _, link, _, _ in index:
        target, place = urldefrag(link)
        assert not place or place in Links(made[target]).ids


def test_no_page_holds_a_script_or_a_style_of_its_own(shop):
    for path, text in pages(shop, people()).items():
        if path.endswith(".html"):
            found = Links(text).found
            assert "default-src 'none'" in text
            assert "unsafe" not in text
            assert "<one>" not in text  # a part of a table's name
            assert not [tag for tag, told in found if tag == "style" or "style" in told]
            assert not [told for tag, told in found if tag == "script" and "src" not in told]
            assert not [told for _, told in found if any(name.startswith("on") for name in told)]


def test_a_refused_date_is_told_with_its_reason_and_when_the_table_last_passed(shop):
    judged = TableHistory((outcome(1), outcome(2, held=10, message=REFUSED)), day(1), {})

    page = pages(shop, people(), histories={"silver/people": judged})["tables/silver-people.html"]

    assert REFUSED in page
    assert '<dd id="last-passed">2026-01-01</dd>' in page
    assert "1 published; 1 refused: 2026-01-02" in page
    assert "a: x" in page


def test_the_first_page_names_what_people_have_to_look_at(shop):
    judged = TableHistory((outcome(2, message=REFUSED),), None, {})

    first = pages(shop, people(), histories={"silver/people": judged})["index.html"]

    assert re.search(r"refused</span>\s*<a href=\"tables/silver-people.html\">", first)
    assert re.search(r"no contract</span>\s*<a href=\"tables/gold-other-one-[0-9a-f]{8}.html\">", first)
    assert "<td>never</td>" in first


def test_a_table_is_late_once_its_newest_date_is_older_than_its_contract_allows(shop):
    for hours, is_late in ((196, False), (194, True)):  # at the crawl its only date is 8 days and 3 hours old
        page = pages(shop, people(freshness=timedelta(hours=hours)))["tables/silver-people.html"]

        assert ("</svg>late</span>" in page) is is_late


def test_the_lineage_of_columns_is_shown_where_somebody_gives_it(shop):
    edges = frozenset(Edge(f"bronze/people.{name}", How.TRANSFORMATION) for name in ("email", "name"))
    lineage = {"silver/people": TableLineage("silver/people", ("bronze/people",), {"email": Origin(edges)})}

    assert (
        "from bronze/people.email, bronze/people.name"
        in pages(shop, people(), lineage=lineage)["tables/silver-people.html"]
    )


def test_what_turns_writing_around_is_shown_by_its_code():
    assert visible("a\u202eb\x1b[2Jc\nd") == "a⟨202E⟩b⟨001B⟩[2Jc\nd"
    assert visible("Zoë 東京") == "Zoë 東京"


def test_names_of_pages_are_plain_and_never_the_same():
    names = [
        "silver/a",
        "silver/A",
        "silver/a b",
        "silver/a-b",
        "silver/<b>",
        "gold/a",
        "silver/ü",
        "silver/ö",
    ]

    found = [slug(name) for name in names]

    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in found)
    assert found[0] == "silver-a"


def test_the_query_for_polars_gives_the_newest_date(shop, capsys):
    shop.write("silver/people", rows(3, 3))
    text = queries(shop.entry("silver/people", people()))["Polars"]

    told: dict[str, object] = {}
    exec(text, told)  # noqa: S102  # what people copy is what is run

    rows_found = told["rows"]
    assert isinstance(rows_found, pl.LazyFrame)
    assert rows_found.collect()["ingestion_date"].to_list() == [day(3)] * 2
    assert "shape: (2," in capsys.readouterr().out


def test_the_first_page_of_a_large_lake_stays_small(found):
    found.write("silver/people", rows(1))
    document = found.document(people())
    (entry,) = document["tables"]
    document["tables"] = [{**entry, "table": f"silver/p{n:03}", "name": f"p{n:03}"} for n in range(500)]
    last = date(2026, 1, 9)
    busy = tuple(
        Outcome(last - timedelta(days=n), 9, n % 6 == 0, n % 20 != 0, REFUSED * (n % 20 == 0), NOW)
        for n in reversed(range(42))
    )
    histories = {entry["table"]: TableHistory(busy, last, {}) for entry in document["tables"]}

    path, first = next(site(Findings(document, histories)))
    loaded = {
        told.get("src") or told.get("href")
        for tag, told in Links(first.decode()).found
        if tag in {"script", "link"}
    }
    rest = {name: len(body) for name, body in pages_of_nothing() if name in loaded}

    assert path == "index.html"
    assert set(rest) == {"style.css", "site.js"}  # and version.js, in case there are newer pages
    assert len(first) + sum(rest.values()) < 300_000


def test_the_lineage_file_names_each_column_once_and_its_edges_by_number(shop):
    edge = Edge("bronze/people.email", How.IDENTITY)
    lineage = {
        "silver/people": TableLineage(
            "silver/people",
            ("bronze/people",),
            {"email": Origin(frozenset({edge}))},
            Origin(frozenset({Edge("bronze/people.\u202e", How.FILTER)})),
        )
    }

    told = pages(shop, people(), lineage=lineage)["lineage-graph.js"]
    graph = json.loads(told.removeprefix("window.lineageGraph = ").rstrip(";\n"))

    silver, bronze = graph["tables"]
    assert (silver["page"], silver["columns"]) == ("tables/silver-people.html", ["email"])
    assert bronze["columns"] == ["email", "⟨202E⟩"]
    assert silver["from"] == [[1, graph["ways"].index("identity")]]
    assert silver["rows"] == [2, graph["ways"].index("filter")]


def test_runs_lead_to_dagster_where_somebody_says_where_it_is(shop):
    ran = {"silver/people": TableHistory(runs=(Run("0a1b2c3d-4e", 3, 1, NOW),))}

    linked = pages(shop, people(), histories=ran, dagster_url="https://dagster.example")
    plain = pages(shop, people(), histories=ran)

    page = "tables/silver-people.html"
    assert 'href="https://dagster.example/runs/0a1b2c3d-4e"' in linked[page]
    assert 'href="https://dagster.example/assets/silver/people"' in linked[page]
    assert "0a1b2c3d" in plain[page]
    assert "https://" not in plain[page]


def test_a_profile_shows_how_public_values_are_spread_and_of_others_only_counts(shop):
    city = ColumnProfile(day(1), "city", 4, 1, 4, 2, "Oslo", "Rome", frequent=(("Rome", 2), ("Oslo", 1)))
    joined = ColumnProfile(
        day(1),
        "joined",
        4,
        0,
        4,
        3,
        "2026-01-01",
        "2026-01-03",
        edges=(1767225600, 1767312000, 1767398400),
        counts=(1, 3),
    )
    email = ColumnProfile(day(1), "email", 4, 2, 4, 2)
    gone = ColumnProfile(day(1), "gone", 4, 0, 4, 4, "a", "b")

    told = {"silver/people": TableProfile(day(1), (joined, email, city, gone))}
    page = pages(shop, people(), profiles=told)["tables/silver-people.html"]

    assert re.findall(r"Profile of (\w+)", page) == ["email", "city", "joined"]
    assert "50% filled · 2 different" in page
    assert "<title>2026-01-01 to 2026-01-02: 1 rows</title>" in page
    assert '<bdi>Rome</bdi><span class="number">2</span>' in page


def test_a_changed_contract_is_told_on_its_own_page_and_on_that_of_the_table(shop):
    change = ContractChange(NOW, "people", (Change("breaking", "people", "column age removed"),))

    made = pages(shop, people(), contracts=[change])

    for page in ("changes.html", "tables/silver-people.html"):
        assert '<span class="tag breaking">breaking</span> column age removed' in made[page]
    assert "No contract has changed" in pages(shop, people())["changes.html"]
