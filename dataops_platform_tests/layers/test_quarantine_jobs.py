"""The jobs of quarantine in Dagster: what they show and do, what they refuse, and who does what is then due."""

from dataclasses import replace

import dagster as dg
import pandera.pandas as pandera
import pytest

from dataops_platform.core.contract import Money
from dataops_platform.layers.quarantine_jobs import (
    EVERY_TABLE,
    LIST,
    RELEASE,
    RELEASE_ROWS,
    REPLAY,
    SENSOR,
    STEPS,
)
from dataops_platform.layers.runs import WORK_TAG
from dataops_platform_tests.layers.small_platform import day

HEADER = "customer_id,transaction_id,transaction_date,amount\n"
REFUSED = HEADER + "c1,t1,2026-01-01,1.00\nc1,t1,2026-01-01,2.00\nc1,t2,2026-01-01,x\n"
SAID = {"table": "transactions", "dates": ["2026-01-03"], "by": "ann", "reason": "counted twice"}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def shop(platform_of, shipped_tables):
    """Customers, transactions and customer_360; of 3 January the transactions are refused."""
    names = {"customers", "transactions", "web_events", "support_tickets", "customer_360"}
    small = platform_of([table for table in shipped_tables if table.name in names])
    small.land("customers", day(2), "customer_id,name\nc1,Ada Lovelace\n")
    small.land("transactions", day(2), HEADER + "c1,t1,2026-01-01,1.00\n")
    small.land("transactions", day(3), REFUSED)
    assert len(small.sync().problems) == 1
    return small


def launch(shop, job, **config):
    """The job run with this config; or with what its launchpad shows at first, where there is none."""
    given = {"ops": {STEPS[job]: {"config": config}}} if config else {}
    definition = shop.definitions().resolve_job_def(job)
    if not config:
        given = dict(definition.run_config or {})
    return definition.execute_in_process(
        run_config=given | QUIET, instance=shop.instance, raise_on_error=False
    )


def told(result):
    """The metadata of the job's one step."""
    [output] = [event for event in result.all_events if event.is_successful_output]
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def refusal(result):
    """Why the job's one step failed."""
    [failure] = [event for event in result.all_events if event.is_step_failure]
    return failure.step_failure_data.user_failure_data.description


def asked_for(shop, run):
    """What the sensor says once `run` has succeeded."""
    definitions = shop.definitions()
    [finished] = [event for event in run.all_events if event.event_type == dg.DagsterEventType.RUN_SUCCESS]
    context = dg.build_run_status_sensor_context(
        sensor_name=SENSOR,
        dagster_instance=shop.instance,
        dagster_run=run.dagster_run,
        dagster_event=finished,
    )
    return definitions.resolve_sensor_def(SENSOR)(context, platform=shop.ports)


def test_dagster_loads_the_jobs_beside_everything_else(shop):
    dg.Definitions.validate_loadable(shop.definitions())

    for job in (LIST, RELEASE, RELEASE_ROWS, REPLAY):
        told = shop.definitions().resolve_job_def(job).description
        assert "\n " not in told, "an indented line is code to markdown"


def test_the_list_has_a_line_for_each_reason_and_tells_what_is_refused(shop):
    found = told(launch(shop, LIST))

    lines = [line.strip("| ").split(" | ") for line in found["held"].splitlines()]
    assert [[*line[:3], line[3].split(":")[0]] for line in lines[2:]] == [
        ["transactions", "2026-01-03", "3", "partition_is_accepted"],
        ["transactions", "2026-01-03", "1", "amount_is_valid"],
        ["transactions", "2026-01-03", "1", "key_is_unique"],
    ]
    assert "transactions of 2026-01-03 was refused: 1 key " in found["refused"]
    assert found["judged_by_an_older_contract"] == 0


def test_the_list_of_a_table_is_of_that_table(shop):
    assert told(launch(shop, LIST, table="customers"))["held"] == "Quarantine is empty."


def test_a_released_date_is_published_by_the_run_that_the_sensor_asks_for(shop):
    released = launch(shop, RELEASE, **SAID)

    assert told(released) == {
        "done": "1 date of transactions released now, 0 before.",
        "due": "2026-01-03",
        "due_dates": 1,
        "next": "A run of landing_to_gold that does what is due by it starts within seconds; see the page Runs.",
    }
    run = asked_for(shop, released)
    assert dg.AssetKey(["silver", "transactions"]) in run.asset_selection
    assert run.tags["dagster/asset_partition_range_start"] == "2026-01-03"
    assert shop.sync().problems == []
    assert shop.column("silver/transactions", "transaction_id", day(3)) == ["t1"]
    rows = shop.rows("silver/transactions") + shop.rows("quarantine/transactions")
    assert len(rows) == len(shop.rows("bronze/transactions"))


def test_releasing_again_changes_nothing_and_asks_for_no_run(shop):
    launch(shop, RELEASE, **SAID)
    shop.sync()
    before = shop.published()

    again = launch(shop, RELEASE, **SAID)

    assert told(again)["done"] == "0 dates of transactions released now, 1 before."
    assert told(again)["next"] == "Nothing is due by it."
    assert asked_for(shop, again) == dg.SkipReason("Nothing is due.")
    assert shop.published() == before


def test_where_the_landing_sensor_was_quicker_no_second_run_is_asked_for(shop):
    released = launch(shop, RELEASE, **SAID)
    run = asked_for(shop, released)
    shop.instance.create_run_for_job(shop.job(), tags=run.tags, status=dg.DagsterRunStatus.STARTED)

    assert "has been started by landing_sensor" in asked_for(shop, released).skip_message
    assert WORK_TAG in run.tags


def test_dates_that_an_older_contract_judged_are_replayed_and_no_others(shop):
    assert told(launch(shop, REPLAY, table="transactions", by="ann"))["due"] == "nothing"
    old = shop.ports.table("transactions")
    columns = {**old.contract.columns, "amount": pandera.Column(Money, pandera.Check.ge(2), nullable=False)}
    stricter = replace(old, contract=replace(old.contract, columns=columns))
    shop.tables = [stricter if table.name == "transactions" else table for table in shop.tables]

    asked = {"table": "transactions", "dates": ["2026-01-02"], "by": "ann"}
    replayed = launch(shop, REPLAY, **asked)

    assert told(replayed)["done"].startswith("1 date of transactions judged by an older contract")
    assert asked_for(shop, replayed) is not None
    shop.sync()
    assert shop.rows("silver/transactions") == []
    assert told(launch(shop, REPLAY, **asked))["due"] == "nothing"
    assert told(launch(shop, LIST))["judged_by_an_older_contract"] == 1


def test_a_replay_names_who_decides(shop):
    assert "it was not said who decides" in refusal(launch(shop, REPLAY))


UNFIT = [
    ({}, "The dates are 'YYYY-MM-DD': write each as YYYY-MM-DD"),  # as the launchpad shows it at first
    ({**SAID, "dates": ["18/06/2026"]}, "The dates are '18/06/2026': write each as YYYY-MM-DD"),
    ({**SAID, "dates": []}, "Nothing was done, because it was not said which dates"),
    ({**SAID, "by": " ", "reason": ""}, "it was not said who decides and why"),
    ({**SAID, "dates": ["2026-01-03", "2026-01-02"]}, "transactions of 2026-01-02 is not refused"),
]


def test_a_release_that_is_not_fit_is_one_sentence_and_releases_nothing(shop):
    for config, said in UNFIT:
        assert said in refusal(launch(shop, RELEASE, **config))

    assert not shop.sync().due


def test_the_launchpad_offers_the_source_tables_and_launches_no_other(shop):
    with pytest.raises(
        dg.DagsterInvalidConfigError, match=r"table not in enum type.*'customers'.*got orders"
    ):
        launch(shop, RELEASE, **{**SAID, "table": "orders"})
    with pytest.raises(dg.DagsterInvalidConfigError, match="not in enum type"):
        launch(shop, LIST, table="customer_360")
    assert told(launch(shop, LIST, table=EVERY_TABLE))["held"] == told(launch(shop, LIST))["held"]


def test_rows_that_only_break_rules_are_released_by_their_check(shop):
    rows = "".join(f"c1,u{n},2026-01-01,1.00\n" for n in range(9))
    shop.land("transactions", day(4), f"{HEADER}{rows}c1,r1,2026-01-01,-5\n")
    shop.sync()
    asked = {"table": "transactions", "ingestion_date": "2026-01-04", "by": "ann", "reason": "a refund"}
    unsaid = launch(shop, RELEASE_ROWS, **{**asked, "reason": " "}, check="amount_is_valid")
    assert "Nothing was done, because it was not said why" in refusal(unsaid)

    done = launch(shop, RELEASE_ROWS, **asked, check="amount_is_valid")
    shop.sync()

    assert told(done)["due"] == "2026-01-04"
    assert "r1" in shop.column("silver/transactions", "transaction_id")
    assert told(launch(shop, RELEASE_ROWS, **asked, check="amount_is_valid"))["due"] == "nothing"
