"""The templates of AWS: sound by cfn-lint, buckets closed, and roles that may do what the code asks for and no more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cfnlint import decode  # type: ignore[import-untyped]
from cfnlint.api import ManualArgs, lint_file  # type: ignore[import-untyped]

from dataops_platform_tests.deploy.iam_actions import asked_for, calls
from dataops_platform_tests.deploy.production import DEPLOY, REPOSITORY

PLATFORM, FUNCTIONS = DEPLOY / "aws" / "platform.yaml", DEPLOY / "lambda" / "template.yaml"
TEMPLATES = [PLATFORM, FUNCTIONS]
PACKAGE = REPOSITORY / "dataops_platform"
#: Whatever a program runs as: the program, and the roles and policies that it then has.
PROGRAMS = {
    "platform": (PACKAGE / "definitions.py", [(PLATFORM, "PlatformRole"), (FUNCTIONS, "SensorPolicy")]),
    "ingest": (PACKAGE / "lambda_function" / "handler.py", [(FUNCTIONS, "IngestRole")]),
    "watch": (PACKAGE / "lambda_function" / "anomaly_handler.py", [(FUNCTIONS, "WatchRole")]),
    "pipeline": (PACKAGE / "__init__.py", [(PLATFORM, "PipelineRole")]),
}
_KEY = {"kms:Decrypt", "kms:GenerateDataKey"}  # S3, for whoever reads and writes encrypted objects
_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}  # Lambda, which keeps what a function prints
#: What a role may for others than our own calls of boto3.
FOR_OTHERS = {
    "platform": _KEY,
    "ingest": {
        *(_KEY | _LOGS),
        "secretsmanager:GetSecretValue",  # Powertools' own client
        "sqs:ReceiveMessage",  # Lambda, which takes messages to the function and deletes what it did
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    },
    "watch": _KEY | _LOGS,
    "pipeline": {"eks:DescribeCluster"},  # `aws eks update-kubeconfig`
}
#: What a program's modules could ask for, and it never does: its receipts are small, and read as they are.
NEVER_ASKED = {"watch": {"s3:AbortMultipartUpload", "s3:GetObjectVersion"}}


def resources(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a kind, by their names."""
    template, problems = decode.decode(str(path))
    assert not problems
    assert template is not None
    return {
        name: found["Properties"] for name, found in template["Resources"].items() if found["Type"] == kind
    }


def policies(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that a role or a policy may do, by its name; what is there under a condition is looked at too."""
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        for name, found in resources(path, kind).items():
            for policy in found.get("Policies", [found]):
                for each in policy["PolicyDocument"]["Statement"]:
                    yield name, each["Fn::If"][1] if "Fn::If" in each else each


def statements(path: Path) -> list[dict[str, Any]]:
    return [each for _, each in policies(path)]


def allowed(roles: Sequence[tuple[Path, str]]) -> set[str]:
    """The actions that somebody with all these roles and policies may do."""
    return {
        action
        for path, role in roles
        for name, each in policies(path)
        if name == role
        for action in listed(each["Action"])
    }


def listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_sound(path):
    found = lint_file(path, ManualArgs(regions=["eu-central-1", "us-east-1"]))

    assert not found, "\n".join(f"{each.linenumber}: {each.rule.id} {each.message}" for each in found)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_bucket_is_closed_encrypted_versioned_and_outlives_its_stack(path):
    template, _ = decode.decode(str(path))
    buckets = resources(path, "AWS::S3::Bucket")

    assert buckets
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert template is not None
        assert template["Resources"][name]["DeletionPolicy"] == "Retain", name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_bucket_is_reached_by_encrypted_connections_only(path):
    policies = resources(path, "AWS::S3::BucketPolicy").values()
    closed = {
        policy["Bucket"]["Ref"]
        for policy in policies
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Deny"
        and each["Principal"] == "*"
        and each["Action"] == "s3:*"
        and len(each["Resource"]) == 2
        and each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    assert closed == set(resources(path, "AWS::S3::Bucket"))


def test_nobody_destroys_a_raw_object_before_its_time_and_the_platform_never_does():
    lake = resources(PLATFORM, "AWS::S3::Bucket")["LakeBucket"]
    denied = [
        each
        for each in resources(PLATFORM, "AWS::S3::BucketPolicy")["LakeBucketPolicy"]["PolicyDocument"][
            "Statement"
        ]
        if each["Sid"] == "ThePlatformNeverDeletesRawObjects"
    ]

    assert lake["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    assert denied[0]["Effect"] == "Deny"
    assert denied[0]["Principal"] == {"AWS": {"Fn::GetAtt": ["PlatformRole", "Arn"]}}
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(denied[0]["Action"])
    assert denied[0]["Resource"] == {"Fn::Sub": "${LakeBucket.Arn}/bronze/source=*"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_may_do_what_its_code_asks_for_and_nothing_else(name):
    program, roles = PROGRAMS[name]
    asked = set(asked_for(program)) - NEVER_ASKED.get(name, set())

    assert allowed(roles) == asked | FOR_OTHERS[name]
    assert not asked & FOR_OTHERS[name]


def test_every_role_is_of_a_program():
    known = {role for _, roles in PROGRAMS.values() for role in roles}

    assert {(path, name) for path in TEMPLATES for name, _ in policies(path)} == known


def test_every_call_of_the_outside_is_in_a_program():
    asked = {action for program, _ in PROGRAMS.values() for action in asked_for(program)}
    client = re.compile(r"\bclient\.")
    files = [file for file in (PACKAGE / "resources").glob("*.py") if client.search(file.read_text())]

    assert files
    for file in files:
        assert set(asked_for(file)) <= asked, file.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_role_names_its_actions_and_what_they_are_for(path):
    for each in statements(path):
        assert not any("*" in action for action in listed(each["Action"])), each
        if listed(each["Resource"]) == ["*"]:
            reads = all(re.match("cloudwatch:(Get|List)", action) for action in listed(each["Action"]))
            assert reads or each["Condition"], each


def test_the_platform_reads_what_landed_and_changes_none_of_it():
    on_landing = {
        action
        for each in statements(PLATFORM)
        for resource in listed(each["Resource"])
        if "LandingBucketName" in str(resource)
        for action in listed(each["Action"])
    }

    assert on_landing == {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("self.client.put_object()", "put_object"),
        ("call = self._client.publish", "publish"),
        ("client.get_paginator('list_objects_v2')", "list_objects_v2"),
        ("for name in ('receive_message',): getattr(self.client, name)()", "receive_message"),
    ],
)
def test_a_call_is_seen_however_it_is_written(code, seen):
    assert seen in calls(ast.parse(code))
    assert seen not in calls(ast.parse(code.replace("client", "body")))
