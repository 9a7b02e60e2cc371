"""What holds in every test: no account is within reach, and no generated example fails for being slow."""

import os

from hypothesis import settings

settings.register_profile("platform", deadline=None)  # a slow machine is no failure
settings.load_profile("platform")


def pytest_configure() -> None:
    """Every test runs without the settings, credentials and profiles of whoever started it.

    Once for all tests, not before each: Spark Connect keeps state of an open session in these variables.
    """
    for name in list(os.environ):
        if name.startswith(("AWS_", "DATABRICKS_", "DAGSTER_", "DATAOPS_", "SPARK_")):
            del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",  # on a cloud machine boto3 would ask it for credentials
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
