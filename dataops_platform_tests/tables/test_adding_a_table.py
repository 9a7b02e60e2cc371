"""Adding a table is writing one file; a file that is none is refused with what it must hold."""

import sys
from datetime import UTC, datetime
from itertools import count

import pytest

from dataops_platform.errors import ContractProblem
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import day

WEATHER = '''
"""Weather: what the station on the roof measured."""

import pandera.pandas as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import TableContract, Timestamp

contract = TableContract(
    name="weather",
    description="One row for each hour.",
    owner="team:home",
    key=("measured_at",),
    null_values=("NA",),
    columns={
        "measured_at": pa.Column(Timestamp, nullable=False, description="The hour, in UTC."),
        "temperature": pa.Column(float, pa.Check.in_range(-60, 60), nullable=True, description="Celsius."),
        "sky": pa.Column(str, pa.Check.isin(["clear", "rain"]), nullable=True, description="What it looked like."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """The station shouts."""
    return rows.withColumns({"sky": F.lower("sky")})
'''
NUMBERS = count()


@pytest.fixture
def tables_of(tmp_path, monkeypatch):
    """Loads the tables of a package that holds these files."""
    package = f"tables_of_a_test_{next(NUMBERS)}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(**files):
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
        return load_tables(package)

    yield load
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]


def test_a_table_of_hourly_readings_is_one_file_and_runs_through_to_silver(tables_of, platform_of):
    small = platform_of(tables_of(weather=WEATHER))
    small.land(
        "weather",
        day(2),
        "measured_at,temperature,sky\n"
        "2026-01-02 00:00:00,-3.5,CLEAR\n"
        "2026-01-02T01:00:00Z,NA,NA\n"
        "2026-01-02 02:00:00,451,clear\n"
        "NA,1,rain\n",
    )

    assert small.sync().problems == []

    silver = {row["measured_at"]: (row["temperature"], row["sky"]) for row in small.rows("silver/weather")}
    reasons = sorted(row["_reasons"][0] for row in small.rows("quarantine/weather"))
    assert silver == {
        datetime(2026, 1, 2, 0, tzinfo=UTC): (-3.5, "clear"),
        datetime(2026, 1, 2, 1, tzinfo=UTC): (None, None),
    }
    assert reasons == [
        "measured_at_is_present: no value in a critical column",
        "temperature_is_valid: breaks in_range(-60, 60)",
    ]


def test_its_assets_checks_and_pools_follow_from_the_file(tables_of, platform_of):
    graph = platform_of(tables_of(weather=WEATHER)).job().asset_layer.asset_graph

    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    checks = {key.name for key in graph.asset_check_keys}
    assert keys == {"bronze/weather", "silver/weather", "quarantine/weather"}
    assert checks == {
        "row_is_readable",
        "measured_at_is_present",
        "measured_at_is_valid",
        "temperature_is_valid",
        "sky_is_valid",
        "key_is_unique",
        "row_count_is_usual",
        "duplicate_pct_is_usual",
        "quarantined_is_usual",
        "partition_is_accepted",
    }


NIGHTS = """
import pandera.pandas as pa
from dataops_platform.core.contract import TableContract

contract = TableContract(
    name="nights", description="One row.", owner="team:home", key=("sky",), columns={"sky": pa.Column(str)}
)


def build(as_of, weather, moons):
    return weather
"""


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"weather": "x = 1"}, r"must hold `contract = TableContract\(name='weather', ...\)`"),
        ({"wether": WEATHER}, r"TableContract\(name='wether', ...\)`, named like its file"),
        ({"weather": WEATHER.replace("def cleanse", "def clean")}, "must hold one function: cleanse"),
        ({"weather": WEATHER + "\ndef build(as_of, x):\n    return x\n"}, "must hold one function"),
        (
            {"weather": WEATHER, "nights": NIGHTS},
            "Table nights is built from moons, which no file in tables/ declares",
        ),
    ],
    ids=["no contract", "another name", "no function", "two functions", "unknown source"],
)
def test_a_file_that_is_no_table_is_refused_with_what_it_must_hold(tables_of, files, told):
    with pytest.raises(ContractProblem, match=told):
        tables_of(**files)


def test_a_gold_table_names_its_sources_as_parameters(tables_of):
    nights, weather = tables_of(weather=WEATHER, nights=NIGHTS.replace(", moons", ""))

    assert (nights.sources, nights.is_gold, weather.is_gold) == (("weather",), True, False)


def test_the_platform_ships_with_these_tables():
    assert [table.name for table in load_tables()] == [
        "customer_360",
        "customers",
        "products",
        "support_tickets",
        "transactions",
        "web_events",
    ]
