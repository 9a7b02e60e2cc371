"""AWS Glue: tables of the lake are entries that Athena and Spark read, others' are not touched, and none is deleted."""

import os
from datetime import UTC, datetime

import pytest

from dataops_platform.core.inventory import ColumnFacts
from dataops_platform.core.registry import Known, Registration
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.resources.glue import GlueRegistry
from dataops_platform_tests.moto_aws import REGION

pytestmark = pytest.mark.integration

LAKE = "s3://lake"
NOW = datetime(2026, 1, 9, 3, tzinfo=UTC)
COLUMNS = (
    ColumnFacts("person_id", "string", comment="Who."),
    ColumnFacts("balance", "decimal(18,2)"),
    ColumnFacts("seen_at", "timestamp_ntz"),
    ColumnFacts("ingestion_date", "date", comment="When it landed."),
)


def people(name="silver/people", **told):
    facts = {
        "table": name,
        "location": f"{LAKE}/{name}",
        "description": "One row for each person.",
        "owner": "team:people",
        "columns": COLUMNS,
        "partitioned_by": ["ingestion_date"],
        "parameters": {"dataops_contract_version": "0a1b2c3d4e5f"},
    }
    return Registration(**{**facts, **told})


@pytest.fixture
def glue(aws, monkeypatch):
    """Glue of an account in which nobody has registered anything; the variables lead to it."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setitem(os.environ, name, value)
    yield aws.glue
    for database in aws.glue.get_databases()["DatabaseList"]:
        aws.glue.delete_database(Name=database["Name"])


def register(*tables, there=None, lake=LAKE):
    names = [table.table for table in tables] if there is None else there
    return GlueRegistry(lake).register(tables, names, NOW)


def entry(glue, name="silver/people"):
    layer, _, table = name.partition("/")
    return glue.get_table(DatabaseName=layer, Name=table)["Table"]


def calls(registry):
    """The operations that the registry asks Glue for, from now on."""
    asked = []
    registry._client.meta.events.register("before-call.glue", lambda model, **_: asked.append(model.name))  # noqa: SLF001
    return asked


def test_a_table_has_an_entry_that_athena_and_spark_read_as_delta(glue):
    """Both know the table by its provider and read its log at the path among the serde's parameters.

    Athena: https://docs.aws.amazon.com/athena/latest/ug/delta-lake-tables-syncing-metadata.html asks for the provider
    and the path, and that `table_type` is not told; Trino, on which Athena's engine 3 is built, does the same in
    HiveMetastoreBackedDeltaLakeMetastore (`verifyDeltaLakeTable`, `getTableLocation`). Lake Formation, views and
    filters of rows and columns need the columns to be those of the log. Spark: HiveExternalCatalog
    (`restoreDataSourceTable`) takes the provider, and the same path as the location.
    """
    done = register(people(), people("gold/people_360"))

    told = entry(glue)
    storage = told["StorageDescriptor"]
    assert done.written == ("silver/people", "gold/people_360")
    assert told["TableType"] == "EXTERNAL_TABLE"
    assert told["Parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "delta",
        "spark.sql.sources.provider": "delta",
        "dataops_contract_version": "0a1b2c3d4e5f",
        "dataops_lake": LAKE,
    }
    assert storage["SerdeInfo"]["Parameters"]["path"] == "s3://lake/silver/people"
    assert storage["Location"] == "s3://lake/silver/people"
    assert storage["InputFormat"]
    assert storage["OutputFormat"]
    assert (told["Description"], told["Owner"]) == ("One row for each person.", "team:people")
    assert storage["Columns"] == [
        {"Name": "person_id", "Type": "string", "Comment": "Who."},
        {"Name": "balance", "Type": "decimal(18,2)"},
        {"Name": "seen_at", "Type": "timestamp"},
    ]
    assert told["PartitionKeys"] == [{"Name": "ingestion_date", "Type": "date", "Comment": "When it landed."}]


@pytest.mark.usefixtures("glue")
def test_an_entry_that_is_right_is_not_written_again():
    register(people())
    registry = GlueRegistry(LAKE)
    asked = calls(registry)

    done = registry.register([people()], ["silver/people"], NOW)

    assert done.written == ()
    assert set(asked) == {"GetTables"}


def test_a_changed_table_changes_its_entry_and_keeps_what_others_added_to_it(glue):
    register(people())
    before = entry(glue)
    mine = {name: before[name] for name in ("Name", "StorageDescriptor", "PartitionKeys", "TableType")}
    glue.update_table(
        DatabaseName="silver", TableInput={**mine, "Parameters": {**before["Parameters"], "cost_center": "7"}}
    )

    done = register(people(columns=(*COLUMNS, ColumnFacts("city", "string"))))

    told = entry(glue)
    assert done.written == ("silver/people",)
    assert told["StorageDescriptor"]["Columns"][-1] == {"Name": "city", "Type": "string"}
    assert told["Parameters"]["cost_center"] == "7"


def test_a_table_that_is_no_more_is_marked_once_and_one_that_returns_is_marked_no_more(glue):
    register(people(), people("silver/gone"))

    first = register(people())
    second = register(people())

    assert (first.removed, second.removed) == (("silver/gone",), ())
    assert entry(glue, "silver/gone")["Parameters"]["dataops_removed_at"] == "2026-01-09T03:00:00+00:00"
    assert "dataops_removed_at" not in entry(glue)["Parameters"]
    assert register(people(), people("silver/gone")).written == ("silver/gone",)
    assert "dataops_removed_at" not in entry(glue, "silver/gone")["Parameters"]


def test_everything_in_the_databases_of_the_layers_is_known_whoever_registered_it(glue):
    register(people(), people("gold/gone"))
    register(people())
    glue.create_table(DatabaseName="silver", TableInput={"Name": "mine", "Parameters": {}})
    glue.create_database(DatabaseInput={"Name": "elsewhere"})
    glue.create_table(DatabaseName="elsewhere", TableInput={"Name": "theirs"})
    registry = GlueRegistry(LAKE)
    asked = calls(registry)

    assert registry.tables() == [
        Known("gold/gone", "s3://lake/gold/gone", "2026-01-09T03:00:00+00:00"),
        Known("silver/mine"),
        Known("silver/people", "s3://lake/silver/people"),
    ]
    assert set(asked) == {"GetTables"}


def test_an_account_in_which_nothing_is_registered_is_known_to_be_empty_and_stays_so(glue):
    assert GlueRegistry(LAKE).tables() == []
    assert glue.get_databases()["DatabaseList"] == []


def test_a_table_that_is_there_and_cannot_be_read_keeps_its_entry(glue):
    register(people())

    done = register(there=["silver/people"])

    assert done.removed == ()
    assert "dataops_removed_at" not in entry(glue)["Parameters"]


def test_an_entry_of_somebody_else_is_not_touched_and_the_rest_is_registered(glue):
    glue.create_database(DatabaseInput={"Name": "silver"})
    glue.create_table(DatabaseName="silver", TableInput={"Name": "people", "Description": "mine"})

    done = register(people(), people("silver/other"))
    elsewhere = register(there=[], lake="s3://another")

    assert entry(glue)["Description"] == "mine"
    assert "silver.people of somebody else" in done.problems[0]
    assert done.written == ("silver/other",)
    assert elsewhere.removed == ()
    assert "dataops_removed_at" not in entry(glue, "silver/other")["Parameters"]


def test_what_glue_cannot_say_is_told_and_hostile_texts_are_one_short_line(glue):
    hostile = "<script>\u202e\nx" + "y" * 3_000
    columns = (ColumnFacts("a", "string", comment=hostile),)

    done = register(people("silver/b<img>"), people(columns=columns, description=hostile, partitioned_by=()))

    comment = entry(glue)["StorageDescriptor"]["Columns"][0]["Comment"]
    assert done.written == ("silver/people",)
    assert "silver/b<img> has no entry" in done.problems[0]
    assert comment.startswith("<script> x")
    assert (len(comment), len(entry(glue)["Description"])) == (255, 2048)


@pytest.mark.usefixtures("glue")
def test_a_registry_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="The next crawl"):
        register(people())


def test_a_lake_in_a_folder_has_no_place_in_glue():
    with pytest.raises(EnvironmentProblem, match="on S3 only"):
        GlueRegistry("/tmp/lake")  # noqa: S108  # a name
