"""One landing area, every engine: bronze, silver, quarantine and gold are the same, and so is what is known of them."""

from __future__ import annotations

from datetime import date
from functools import reduce
from pathlib import Path

import dagster as dg
import pytest
from deltalake import DeltaTable

from dataops_platform.demo.shop import make_sample
from dataops_platform.tables import load_tables
from dataops_platform_tests.engines.hostile_files import FILES, READINGS
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: The days of the shop's month that are landed: one is refused as a whole, on another files come twice.
DAYS = {date(2026, 6, number) for number in (1, 2, 3, 17, 18)}
OLIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "olist"
OLIST_DAYS = ("2018-01-01", "2018-01-02", "2018-02-10")
#: Metrics of the work, which differ from one run to the next.
OF_THE_RUN = {"processing_time", "freshness_lag", "bytes", "files"}
REFUSED = {"readings 2026-01-06", "transactions 2026-06-18"}


def land(small):
    """The hostile files, and some days of the shop."""
    for (number, name), body in FILES.items():
        small.land("readings", day(number), body, name=name)
    for file in make_sample().files:
        table, dated, *_, name = file.key.split("/")
        on = date.fromisoformat(dated.removeprefix("dt="))
        if on in DAYS:
            small.land(table, on, file.body, name=f"{file.wave}-{name}")


def lake_of(small):
    """Each table's columns and rows, in an order of their own, values with their types."""
    names = [f"{layer}/{t.name}" for t in small.ports.sources for layer in ("bronze", "silver", "quarantine")]
    found = {}
    for name in [*names, *(f"gold/{t.name}" for t in small.ports.products)]:
        path = f"{small.lake_url}/{name}"
        if not DeltaTable.is_deltatable(path):
            continue
        table = DeltaTable(path)
        found[f"{name} columns"] = sorted((f.name, str(f.type), f.nullable) for f in table.schema().fields)
        found[name] = _told(small, small.rows(name))
    return found


def _told(small, rows):
    """A row tells the place of its file as a URI, which is another one in each lake."""
    places = [f"file://{small.lake_url}", small.lake_url, str(small.folder)]
    told = (repr(sorted(row.items())) for row in rows)
    return sorted(reduce(lambda text, place: text.replace(place, ""), places, each) for each in told)


def known_of(small):
    """The numbers and profiles of the tables, without those of the work itself."""
    found = {name: small.rows(f"observability/{name}") for name in ("metrics", "profiles")}
    told = [row for rows in found.values() for row in rows if row.get("metric") not in OF_THE_RUN]
    return _told(
        small, ({k: _rounded(v) for k, v in row.items() if k not in {"at", "run_id"}} for row in told)
    )


def _rounded(value):
    """Sums of doubles, which means are made of, differ in their last bits from one order of rows to another."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.fixture(scope="module")
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def synced(small, fill):
    """What the sync said that brought everything to gold."""
    fill(small)
    return small.sync()


@pytest.fixture(scope="module")
def lakes(engine, spark, instance, tmp_path_factory):
    """The same files, synced on each engine: the platforms, and what the syncs said."""
    folder, tables = tmp_path_factory.mktemp("engines"), [*load_tables(), READINGS]
    on = {"embedded": engine, "spark": spark}
    made = {name: SmallPlatform(folder / name, each, tables, instance) for name, each in on.items()}
    return {name: (small, synced(small, land)) for name, small in made.items()}


def test_every_table_of_every_layer_holds_the_same_rows_of_the_same_types(lakes):
    embedded, spark = (lake_of(small) for small, _ in lakes.values())

    assert sorted(embedded) == sorted(spark)
    for name, rows in embedded.items():
        assert spark[name] == rows, name


def test_the_same_partitions_are_refused_for_the_same_reasons(lakes):
    (_, embedded), (_, spark) = lakes.values()

    assert [*embedded.errors, *spark.errors] == []
    assert len(embedded.problems) == len(REFUSED)
    assert sorted(spark.problems) == sorted(embedded.problems)


def test_what_is_told_of_the_tables_is_the_same(lakes):
    embedded, spark = (known_of(small) for small, _ in lakes.values())

    assert embedded
    assert spark == embedded


def test_what_one_engine_has_published_the_other_reads_and_goes_on_from(lakes, engine, spark):
    (by_embedded, _), (by_spark, _) = lakes.values()
    for small, other in ((by_embedded, spark), (by_spark, engine)):
        small.engine = other
        small.land("customers", date(2026, 6, 4), "customer_id,name\nlate,Late\n")

        small.sync()

    assert lake_of(by_embedded) == lake_of(by_spark)
    assert "late" in by_spark.column("gold/customer_360", "customer_id")


def land_olist(small):
    """Some days of a real shop have landed; skips where they are not on this machine."""
    if not OLIST.is_dir():
        pytest.skip(f"no Olist landing files in {OLIST}: put them there to run this proof")
    for number, dated in enumerate(OLIST_DAYS, 2):
        for path in sorted(OLIST.glob(f"*/dt={dated}/*")):
            small.land(path.parts[-3], day(number), path.read_bytes(), name=path.name)


def test_days_of_a_real_shop_end_in_the_same_tables(engine, spark, instance, tmp_path):
    made = [
        SmallPlatform(tmp_path / name, each, load_tables(), instance)
        for name, each in (("embedded", engine), ("spark", spark))
    ]
    for small in made:
        assert synced(small, land_olist).errors == []
    by_embedded, by_spark = made

    assert by_embedded.rows("gold/customer_360")
    assert lake_of(by_spark) == lake_of(by_embedded)
