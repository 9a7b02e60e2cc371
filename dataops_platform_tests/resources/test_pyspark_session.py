"""An asset of somebody's own, written for dagster-pyspark, runs on the engine of the environment."""

import dagster as dg
from dagster_pyspark import LazyPySparkResource

SEEN: list[object] = []


@dg.asset
def large_orders(pyspark: LazyPySparkResource) -> None:
    """As dagster-pyspark's own documentation writes one."""
    SEEN.append(pyspark.spark_session)
    SEEN.append(pyspark.spark_session.range(10).filter("id > 6").count())


@dg.asset(required_resource_keys={"pyspark"})
def small_orders(context: dg.AssetExecutionContext) -> None:
    """As older ones ask for it."""
    SEEN.append(context.resources.pyspark.spark_session)


def test_it_gets_the_session_that_the_runs_own_steps_use(platform_of, shipped_tables, engine):
    SEEN.clear()
    small = platform_of(shipped_tables)
    theirs = dg.Definitions(assets=[large_orders, small_orders])
    everything = dg.Definitions.merge(small.definitions(), theirs)

    done = everything.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=small.instance, asset_selection=[large_orders.key, small_orders.key]
    )

    assert done.success
    assert [told for told in SEEN if told is not engine.session] == [3]
    assert len(SEEN) == 3
