"""The template: valid, least privilege, and it speaks of the variables that the function reads."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_platform.lambda_function import anomaly_handler, settings
from dataops_platform.lambda_function import handler as entry
from dataops_platform.resources import cloudwatch_history
from dataops_platform_tests.deploy.iam_actions import calls, operations

TEMPLATE = Path(__file__).parents[2] / "deploy" / "lambda" / "template.yaml"


class Intrinsic(yaml.SafeLoader):
    """Reads CloudFormation's short forms, such as !Ref, as what they are applied to."""


def _plain(loader: Any, _suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Intrinsic.add_multi_constructor("!", _plain)


@pytest.fixture(scope="module")
def template():
    return yaml.load(TEMPLATE.read_text(), Intrinsic)  # noqa: S506  # derives from the safe loader


@pytest.fixture(scope="module")
def resources(template):
    return {name: found.get("Properties", {}) for name, found in template["Resources"].items()}


def lint(file):
    program = str(Path(sys.executable).with_name("cfn-lint"))
    command = [program, "--non-zero-exit-code", "warning", "-t", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_cloudformation_accepts_the_template():
    done = lint(TEMPLATE)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_linter_would_say_what_is_wrong(tmp_path):
    wrong = tmp_path / "template.yaml"
    wrong.write_text(TEMPLATE.read_text().replace("deadLetterTargetArn", "deadLetterTarget"))

    assert "deadLetterTarget" in lint(wrong).stdout


def of_role(resources, name):
    """What a function's role may, whatever conditions hold: !If is [condition, statement, nothing]."""
    found = resources[name]["Policies"][0]["PolicyDocument"]["Statement"]
    return [each[1] if isinstance(each, list) else each for each in found]


def statements(resources):
    return [
        *of_role(resources, "IngestRole"),
        *resources["SensorPolicy"]["PolicyDocument"]["Statement"],
    ]


def test_every_permission_names_its_actions_and_its_resource(resources):
    told = statements(resources)

    assert len(told) >= 8
    for statement in told:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z]+", action) for action in actions)
        assert statement["Resource"] not in ("*", None)
        assert "Principal" not in statement


def test_nothing_may_be_overwritten_or_deleted_in_the_lake_and_only_the_raw_zone_be_read(resources):
    lake = [each for each in statements(resources) if "LakeBucketName" in str(each["Resource"])]

    [listing, objects] = lake
    assert listing["Action"] == "s3:ListBucket"
    assert set(objects["Action"]) == {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
    assert "bronze/source=" in objects["Resource"]


def test_the_bucket_and_nobody_else_announces_to_the_queue(resources):
    [statement] = resources["NotificationQueuePolicy"]["PolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"].endswith("${LandingBucketName}")
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "AWS::AccountId"}
    assert resources["LandingBucket"]["NotificationConfiguration"]["QueueConfigurations"] == [
        {"Event": "s3:ObjectCreated:*", "Queue": "NotificationQueue.Arn"}
    ]


def test_a_message_is_hidden_longer_than_the_function_may_take(resources):
    queue, function = resources["NotificationQueue"], resources["IngestFunction"]

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == "DeadLetterQueue.Arn"
    assert function["Events"]["Announced"]["Properties"]["FunctionResponseTypes"] == [
        "ReportBatchItemFailures"
    ]


def test_dead_letters_raise_an_alarm(resources):
    alarm = resources["DeadLettersAlarm"]

    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "DeadLetterQueue.QueueName"}]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
        "ApproximateNumberOfMessagesVisible",
        0,
        "GreaterThanThreshold",
    )
    assert alarm["AlarmActions"][1] == ["AlarmTopicArn"]


def test_the_template_speaks_of_the_function_that_there_is(resources):
    function = resources["IngestFunction"]
    source = Path(settings.__file__).read_text()
    read = set(re.findall(r'"((?:DATAOPS|DATABRICKS|TRIGGER)_[A-Z_]+)"', source))

    assert function["Handler"] == f"{entry.__name__}.{entry.handler.__name__}"
    assert set(function["Environment"]["Variables"]) == read
    assert function["CodeUri"].endswith("dist/dataops-lambda.zip")


def test_the_watch_is_called_every_hour_with_the_variables_it_reads(resources):
    function = resources["WatchFunction"]
    read = set(re.findall(r'"(DATAOPS_[A-Z_]+)"', Path(anomaly_handler.__file__).read_text()))

    assert function["Handler"] == f"{anomaly_handler.__name__}.{anomaly_handler.handler.__name__}"
    assert set(function["Environment"]["Variables"]) == read
    assert function["CodeUri"] == resources["IngestFunction"]["CodeUri"]
    assert re.fullmatch(
        r"cron\(\d+ \* \* \* \? \*\)", function["Events"]["EveryHour"]["Properties"]["Schedule"]
    )


def test_the_watch_may_read_metrics_tell_one_topic_and_keep_receipts_and_nothing_else(resources):
    told = of_role(resources, "WatchRole")
    by_resource = {str(each["Resource"]): each["Action"] for each in told}
    receipts = "arn:${AWS::Partition}:s3:::${LakeBucketName}/${LakePrefix}observability/anomalies_told/*"

    assert by_resource == {
        "*": ["cloudwatch:ListMetrics", "cloudwatch:GetMetricData"],
        "AnomalyTopicArn": "sns:Publish",
        receipts: ["s3:GetObject", "s3:PutObject"],
        "arn:${AWS::Partition}:s3:::${LakeBucketName}": "s3:ListBucket",
        "WatchLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "LakeKeyArn": ["kms:Decrypt", "kms:GenerateDataKey"],
    }


def test_both_functions_may_use_the_key_of_a_lake_that_has_one(resources):
    for name in ("IngestRole", "WatchRole"):
        told = resources[name]["Policies"][0]["PolicyDocument"]["Statement"]
        [used] = [each for each in told if isinstance(each, list) and each[0] == "HasKey"]
        assert used[1]["Resource"] == "LakeKeyArn"


def test_the_watch_asks_cloudwatch_for_what_its_role_may(resources):
    told = of_role(resources, "WatchRole")
    code = ast.parse(Path(cloudwatch_history.__file__).read_text())
    asked = {action for call in calls(code) for action in operations().get(call, ())}

    assert asked == set(told[0]["Action"])
