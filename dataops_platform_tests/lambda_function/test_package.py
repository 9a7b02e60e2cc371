"""The package of the function: it stands alone, it is small, and it ingests."""

import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import boto3
import pytest

from dataops_platform.core.measurement import Measurement
from dataops_platform.resources.cloudwatch import CloudWatchSink
from dataops_platform_tests.landing.announcing import KEY, announcing
from dataops_platform_tests.landing.s3_events import s3_event, sqs_event

ROOT = Path(__file__).parents[2]
#: What AWS provides beside Python.
PROVIDED = ["boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six"]
#: What would make the function slow to start, or too large.
HEAVY = {
    "dagster",
    "pyspark",
    "pandas",
    "pyarrow",
    "numpy",
    "pandera",
    "deltalake",
    "pysail",
    "grpc",
    "duckdb",
}

IMPORT = """
import json, sys
before = set(sys.modules)
import dataops_platform.lambda_function.{entry}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
CALL = """
import json, sys
from dataops_platform.lambda_function.handler import handler
from dataops_platform.lambda_function.settings import source_tables
answer = handler(json.loads(sys.stdin.read()), None)
print(json.dumps([answer, sorted(source_tables()), sorted({name.partition(".")[0] for name in sys.modules})]))
"""


WATCH = """
import json, sys
from dataops_platform.lambda_function.anomaly_handler import handler
print(json.dumps([handler({}, None), sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize(
    ("entry", "more"), [("handler", {"databricks", "landing"}), ("anomaly_handler", set())]
)
def test_importing_a_function_imports_little_and_nothing_heavy(entry, more):
    command = [sys.executable, "-c", IMPORT.format(entry=entry)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)

    imported = json.loads(done.stdout)
    rooms = {name.split(".")[1] for name in imported if name.startswith("dataops_platform.")}
    assert not {name.partition(".")[0] for name in imported} & {*HEAVY, "boto3"}
    assert rooms == {"core", "errors", "lambda_function", "resources", *more}
    assert len(imported) < 400


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The zip, as `make lambda` makes it."""
    target = tmp_path_factory.mktemp("package") / "function.zip"
    build = [sys.executable, str(ROOT / "deploy" / "lambda" / "build.py"), str(target)]
    subprocess.run(build, cwd=target.parent, check=True, timeout=300, stdout=subprocess.DEVNULL)
    return target


@pytest.fixture(scope="module")
def provided(tmp_path_factory):
    """A folder with what AWS provides, and nothing of this project's."""
    folder = tmp_path_factory.mktemp("provided")
    for name in PROVIDED:
        found = find_spec(name)
        assert found is not None
        origin = Path(str(found.origin))
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def alone(package, provided, code, **given):
    """Runs in a Python that has the zip and what AWS provides on its path: no site-packages, no PYTHONPATH."""
    start = f"import sys; sys.path[:0] = {[str(package), str(provided)]!r}\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=package.parent,
        **given,
    )


@pytest.mark.slow
@pytest.mark.integration
def test_the_zip_alone_ingests_what_a_queue_announces(package, provided, aws, tmp_path):
    world = announcing(aws, tmp_path / "unused")
    lake = aws.bucket()
    world.land("id\n1\n")
    variables = {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "DATAOPS_LANDING_URL": f"s3://{world.bucket}",
        "DATAOPS_LAKE_URL": f"s3://{lake}/prefix",
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
    }

    event = json.dumps(sqs_event(s3_event(KEY, bucket=world.bucket), "what?"))
    done = alone(package, provided, CALL, input=event, env=variables)

    assert not done.returncode, done.stderr
    answer, tables, modules = json.loads(done.stdout)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert tables == ["customers", "products", "support_tickets", "transactions", "web_events"]
    assert not HEAVY & set(modules)
    kept = [found["Key"] for found in aws.s3.list_objects_v2(Bucket=lake)["Contents"]]
    assert len(kept) == 2
    assert all(key.startswith(f"prefix/bronze/source={world.bucket}/") for key in kept)


@pytest.mark.slow
@pytest.mark.integration
def test_the_zip_alone_watches_cloudwatch(package, provided, aws, monkeypatch):
    region = "eu-west-2"  # where no other test sends metrics
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    topic = boto3.client("sns").create_topic(Name=aws.name("anomalies-"))["TopicArn"]
    hour = datetime.now(UTC) - timedelta(hours=1)
    days = [(hour - timedelta(days=back), 1_000.0 + back) for back in range(1, 8)]
    CloudWatchSink().send(
        [
            Measurement("orders", "silver", at.date(), "row_count", rows, "r", at)
            for at, rows in [*days, (hour, 1.0)]
        ]
    )
    variables = {
        "DATAOPS_LAKE_URL": f"s3://{aws.bucket()}",
        "DATAOPS_ALERT_SNS_TOPIC": topic,
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
    }

    done = alone(package, provided, WATCH, env=variables)

    assert not done.returncode, done.stderr
    answer, modules = json.loads(done.stdout)
    assert answer == {"told": ["orders row_count"], "known": [], "usual": [], "short": []}
    assert not HEAVY & set(modules)


@pytest.mark.slow
@pytest.mark.integration
def test_the_zip_holds_no_tests_nothing_compiled_and_no_name_of_this_machine(package):
    with zipfile.ZipFile(package) as packed:
        names = packed.namelist()
        text = b"".join(packed.read(name) for name in names)

    assert not [name for name in names if "tests" in name.split("/")[0] or name.endswith((".so", ".pyc"))]
    assert str(ROOT).encode() not in text
    assert package.stat().st_size < 5_000_000
