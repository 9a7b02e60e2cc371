"""DATAOPS_QUEUE_URL: a queue as SQS tells it, and only where the landing area is a bucket."""

import pytest

from dataops_platform.errors import EnvironmentProblem
from dataops_platform.resources.environments import platform_for, read_settings

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/landed"


def test_without_the_variable_there_is_no_queue():
    assert read_settings({}).queue_url == ""
    assert platform_for(read_settings({"DATAOPS_QUEUE_URL": ""}), []).notifications is None


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:5000/123456789012/landed_1"])
def test_a_queue_is_named_as_sqs_tells_it_and_contacted_by_nobody_yet(url):
    platform = platform_for(read_settings({"DATAOPS_QUEUE_URL": url}), [])

    assert platform.notifications is not None
    assert platform.notifications.name == url.rpartition("/")[2]
    assert platform.landing_heads is not None


@pytest.mark.parametrize(
    "value",
    [
        "landed",
        "arn:aws:sqs:eu-central-1:123456789012:landed",
        "sqs://landed",
        "https://sqs.eu-central-1.amazonaws.com/landed",
        "https://somebody:secret@sqs.eu-central-1.amazonaws.com/123456789012/landed",
        URL + "/more",
        URL + ".fifo",
        " " + URL,
    ],
)
def test_what_is_no_queue_is_refused_with_an_example(value):
    with pytest.raises(EnvironmentProblem, match=r"write the URL of a queue") as problem:
        read_settings({"DATAOPS_QUEUE_URL": value})

    assert str(problem.value).startswith("DATAOPS_QUEUE_URL is ")
    assert not problem.value.is_transient
    assert "secret" not in str(problem.value)


def test_a_folder_sends_no_notifications(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"only where DATAOPS_LANDING_URL is a bucket"):
        read_settings({"DATAOPS_QUEUE_URL": URL, "DATAOPS_LANDING_URL": str(tmp_path)})
