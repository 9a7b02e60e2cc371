"""This room's sensor: pages tell of a result as soon as it is there, without anybody looking at the whole lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from dataops_platform.catalog.describing import newest_result
from dataops_platform.core.platform import Platform
from dataops_platform.errors import PlatformError
from dataops_platform.layers.runs import UNFINISHED

SENSOR = "catalog_sensor"
#: Tells a run that only tables with new results are to be looked at.
CHANGED_TAG = "dataops/catalog"
#: With Dagster's own five seconds, the start of a run and its work, pages are well within half a minute of a result.
INTERVAL = timedelta(seconds=4)


def catalog_sensor(
    job: str, assets: Sequence[dg.AssetKey], *, is_running: bool = False
) -> dg.SensorDefinition:
    """The sensor `catalog_sensor`: one run of the job, for these of its assets, for all results since the last one.

    There are never two at a time. Its cursor is the journal's newest commit that a run was asked for: what a look
    costs is one listing of what came after it, and losing it costs one run.
    """

    @dg.sensor(
        name=SENSOR,
        job_name=job,
        minimum_interval_seconds=int(INTERVAL.total_seconds()),
        description="Makes the catalogue's pages anew once there are new results.",
        required_resource_keys={"platform"},
        default_status=dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED,
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        platform: Platform = context.resources.platform
        if context.instance.get_runs_count(dg.RunsFilter(job_name=job, statuses=UNFINISHED)):
            return dg.SkipReason("The pages are being made; what is new then is seen by the next look.")
        seen = context.cursor or ""
        try:
            newest = newest_result(platform.lake_store, seen)
        except PlatformError as error:
            raise dg.Failure(str(error)) from error
        if newest == seen:
            return dg.SkipReason("The pages tell of every result.")
        run = dg.RunRequest(asset_selection=list(assets), tags={CHANGED_TAG: "changed"})
        return dg.SensorResult(run_requests=[run], cursor=newest)

    return look
