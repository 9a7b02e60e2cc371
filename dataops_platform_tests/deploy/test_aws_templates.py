"""The templates of AWS: sound by cfn-lint, buckets closed, and roles that may do what the code asks for and no more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint import decode  # type: ignore[import-untyped]
from cfnlint.api import ManualArgs, lint_file  # type: ignore[import-untyped]

from dataops_platform_tests.deploy.iam_actions import asked_for, calls
from dataops_platform_tests.deploy.production import DEPLOY, REPOSITORY

TEMPLATES = sorted((DEPLOY / "aws").glob("*.yaml"))
ALL_TEMPLATES = sorted(DEPLOY.rglob("*/*.yaml"))
#: What a role needs for others than our own calls of boto3, and for whom.
FOR_OTHERS = {
    "s3:AbortMultipartUpload": "delta-rs, where a large file's upload fails",
    "s3:DeleteObject": "delta-rs, which removes old log entries; Dagster, which removes the logs of deleted runs",
    "kms:Decrypt": "S3, for whoever reads an encrypted object",
    "kms:GenerateDataKey": "S3, for whoever writes an encrypted object",
    "eks:DescribeCluster": "`aws eks update-kubeconfig` in the pipelines",
}


def resources(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a kind, by their names."""
    template, problems = decode.decode(str(path))
    assert not problems
    assert template is not None
    return {
        name: found["Properties"] for name, found in template["Resources"].items() if found["Type"] == kind
    }


def statements(path: Path) -> Iterator[dict[str, Any]]:
    """All that roles may do; what is there under a condition is looked at too."""
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        for found in resources(path, kind).values():
            for policy in found.get("Policies", [found]):
                for each in policy.get("PolicyDocument", {}).get("Statement", []):
                    yield each["Fn::If"][1] if "Fn::If" in each else each


def allowed(path: Path) -> set[str]:
    return {action for each in statements(path) for action in listed(each["Action"])}


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
    [path] = [path for path in TEMPLATES if path.name == "platform.yaml"]
    lake = resources(path, "AWS::S3::Bucket")["LakeBucket"]
    denied = [
        each
        for each in resources(path, "AWS::S3::BucketPolicy")["LakeBucketPolicy"]["PolicyDocument"][
            "Statement"
        ]
        if each["Sid"] == "ThePlatformNeverDeletesRawObjects"
    ]

    assert lake["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    assert denied[0]["Effect"] == "Deny"
    assert denied[0]["Principal"] == {"AWS": {"Fn::GetAtt": ["PlatformRole", "Arn"]}}
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(denied[0]["Action"])
    assert denied[0]["Resource"] == {"Fn::Sub": "${LakeBucket.Arn}/bronze/source=*"}


def test_every_action_that_the_code_asks_for_is_in_a_role():
    may = set().union(*map(allowed, ALL_TEMPLATES))
    asked = asked_for(REPOSITORY / "dataops_platform" / "resources")

    assert asked
    assert {action: file for action, file in asked.items() if action not in may} == {}


def test_a_role_may_do_nothing_that_nobody_asks_for():
    may = set().union(*map(allowed, TEMPLATES))

    assert may - set(asked_for(REPOSITORY / "dataops_platform" / "resources")) - set(FOR_OTHERS) == set()
    assert set(FOR_OTHERS) <= may


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_role_names_its_actions_and_what_they_are_for(path):
    for each in statements(path):
        assert not any("*" in action for action in listed(each["Action"])), each
        if listed(each["Resource"]) == ["*"]:
            assert each["Condition"], each


def test_the_platform_reads_what_landed_and_changes_none_of_it():
    [path] = [path for path in TEMPLATES if path.name == "platform.yaml"]
    on_landing = {
        action
        for each in statements(path)
        for resource in listed(each["Resource"])
        if "LandingBucketName" in str(resource)
        for action in listed(each["Action"])
    }

    assert on_landing == {"s3:GetObject", "s3:ListBucket"}


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
