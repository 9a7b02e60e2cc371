"""The function that watches CloudWatch: an anomaly is told once, the usual never, and what is too young is said."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from dataops_platform.core.measurement import Measurement
from dataops_platform.errors import EnvironmentProblem, Unreachable
from dataops_platform.lambda_function import anomaly_handler as entry
from dataops_platform.lambda_function.anomaly_watch import AnomalyWatch
from dataops_platform.resources import cloudwatch_history
from dataops_platform.resources.channels import SnsChannel
from dataops_platform.resources.cloudwatch import CloudWatchSink
from dataops_platform.resources.cloudwatch_history import CloudWatchHistory
from dataops_platform.resources.folder_store import FolderStore

pytestmark = pytest.mark.integration
#: The last full hour, as the sink takes nothing that is older than two weeks.
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
#: Where no other test sends metrics, as the server looks through all of them for each query.
REGION = "eu-north-1"
WEEK = [1_000, 1_010, 990, 1_005, 995, 1_002, 998]


class World:
    """A namespace, a topic and a lake of one test."""

    def __init__(self, aws, folder):
        self._aws, self._folder = aws, folder
        self.namespace = aws.name("DataOps-")
        self.table = aws.name("orders_")
        self._queue = aws.queue()
        sns = boto3.client("sns", endpoint_url=aws.endpoint, region_name=REGION)
        self.topic = sns.create_topic(Name=aws.name("anomalies-"))["TopicArn"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=aws.arn(self._queue))

    def measured(self, *values, metric="row_count", last=HOUR, apart=timedelta(days=1)):
        """These numbers were measured in turn, the last in the hour `last`."""
        hours = [last - apart * back for back in reversed(range(len(values)))]
        numbers = zip(hours, values, strict=True)
        self.send([self.number(value, hour, metric) for hour, value in numbers])

    def number(self, value, hour, metric="row_count"):
        at = hour + timedelta(minutes=30)
        return Measurement(self.table, "silver", hour.date(), metric, float(value), "run", at)

    def send(self, found):
        assert CloudWatchSink(namespace=self.namespace).send(found) == 0

    def watch(self, channel=None):
        channel = channel or SnsChannel(self.topic)
        return AnomalyWatch(CloudWatchHistory(namespace=self.namespace), channel, FolderStore(self._folder))

    def look(self, later=timedelta(0)):
        """Calls the function ten minutes after the hour, or later."""
        return self.watch().look(HOUR + timedelta(hours=1, minutes=10) + later)

    def told(self):
        return [json.loads(message["Body"]) for message in self._aws.received(self._queue)]


@pytest.fixture
def world(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return World(aws, tmp_path)


def test_a_drop_is_told_with_what_was_usual_and_by_how_many_hours(world):
    world.measured(*WEEK, 400)

    watched = world.look()

    [message] = world.told()
    name = f"{world.table} row_count"
    assert (watched.told, watched.usual, watched.short) == ([name], [], [])
    assert message["Subject"] == f"{world.table}: row_count is unusual"
    assert message["Message"].partition("\n")[0] == (
        f"row_count of {world.table} is 400 in the hour from {HOUR:%Y-%m-%d %H:%M} UTC; 980 to 1,020 is usual, 1,000 "
        "was expected (91.5 standard deviations away), by the 7 measured hours of the 7 days before it."
    )


def test_the_same_hour_is_told_once_however_often_it_is_looked_at(world):
    world.measured(*WEEK, 400)

    world.look()
    again, later = world.look(), world.look(later=timedelta(hours=2))

    assert len(world.told()) == 1
    assert again.known == later.known == [f"{world.table} row_count"]


def test_an_anomaly_that_goes_on_is_not_told_again_and_a_new_one_is(world):
    start = HOUR - timedelta(hours=2)
    world.measured(*WEEK, last=start - timedelta(days=1))
    world.send([world.number(0, start)])
    world.look(later=-timedelta(hours=2))
    world.send([world.number(5_000, start + timedelta(hours=1))])
    world.look(later=-timedelta(hours=1))
    world.send([world.number(90_000, HOUR)])

    world.look()

    first, second = (message["Message"] for message in world.told())
    assert "is 0 in the hour" in first
    assert "is 5,000 in the hour" in second


def test_what_is_usual_is_told_to_nobody(world):
    world.measured(*WEEK, 1_001)

    assert world.look().usual == [f"{world.table} row_count"]
    assert world.told() == []


def test_too_short_a_history_is_said_and_neither_passed_nor_told(world):
    world.measured(1_000, 1_000, 1_000, 1_000, 0)

    watched = world.look()

    assert watched.short == [f"{world.table} row_count: not enough history, 4 hours of 5"]
    assert (watched.told, watched.usual, world.told()) == ([], [], [])


def test_what_is_older_than_seven_days_is_no_history(world):
    world.measured(*WEEK[:5], last=HOUR - timedelta(days=8))
    world.measured(400)

    assert len(world.look().short) == 1


def test_the_hour_that_is_not_over_yet_is_not_judged(world):
    world.measured(*WEEK, 400, last=HOUR + timedelta(hours=1))

    world.look()

    assert world.told() == []


def test_of_an_hour_with_many_dates_the_mean_is_judged(world):
    world.measured(*WEEK)
    world.send([world.number(1_000 + n, HOUR) for n in range(30)])

    assert world.look().usual == [f"{world.table} row_count"]


@pytest.mark.parametrize("metric", ["duplicate_pct", "quarantined", "processing_time"])
def test_less_than_usual_of_what_is_unwelcome_is_usual(world, metric):
    world.measured(*WEEK, 0, metric=metric)

    assert world.look().usual == [f"{world.table} {metric}"]


def test_the_age_of_a_backfilled_date_is_no_anomaly(world):
    world.measured(*WEEK, 90_000_000, metric="freshness_lag")

    assert world.look().told == []


def test_of_more_series_than_a_call_takes_each_is_judged(world, monkeypatch):
    monkeypatch.setattr(cloudwatch_history, "MOST_QUERIES", 2)
    for metric, last in (("a_null_pct", 0), ("b_null_pct", 0), ("c_null_pct", 100)):
        world.measured(0, 0, 0, 0, 0, last, metric=metric)

    watched = world.look()

    assert watched.usual == [f"{world.table} {metric}" for metric in ("a_null_pct", "b_null_pct")]
    assert watched.told == [f"{world.table} c_null_pct"]
    assert "not one of them differed" in world.told()[0]["Message"]


def test_what_could_not_be_told_is_told_by_a_later_call(world):
    class Away:
        name = "away"

        def deliver(self, _message):
            raise Unreachable("SNS is away.")

    world.measured(*WEEK, 400)
    with pytest.raises(Unreachable):
        world.watch(Away()).look(HOUR + timedelta(hours=1, minutes=10))

    world.look(later=timedelta(hours=1))

    assert len(world.told()) == 1


def test_a_cloudwatch_that_does_not_answer_raises_so_that_lambda_calls_again(world, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(Unreachable, match="CloudWatch did not take this"):
        world.look()


def test_lambda_calls_the_watch_that_the_variables_ask_for(world, monkeypatch, aws):
    bucket = aws.bucket()
    monkeypatch.setenv("DATAOPS_LAKE_URL", f"s3://{bucket}/lake/")
    monkeypatch.setenv("DATAOPS_ALERT_SNS_TOPIC", world.topic)
    world.namespace = "DataOps"
    world.measured(*WEEK, 400)
    entry.opened.cache_clear()

    first, second = entry.handler({}, None), entry.handler({}, None)

    name = f"{world.table} row_count"
    [message] = world.told()
    [kept] = aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert name in first["told"]
    assert name in second["known"]
    assert message["Subject"].startswith(world.table)
    assert kept["Key"] == f"lake/observability/anomalies_told/{world.table}/row_count/{HOUR:%Y-%m-%dT%H}"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"DATAOPS_LAKE_URL": "s3://lake"}, "DATAOPS_ALERT_SNS_TOPIC"),
        ({"DATAOPS_ALERT_SNS_TOPIC": "arn:aws:sns:eu-central-1:123456789012:alerts"}, "DATAOPS_LAKE_URL"),
    ],
)
def test_a_variable_that_says_nothing_usable_is_named(given, name):
    with pytest.raises(EnvironmentProblem, match=name):
        entry.watch_for(given)
