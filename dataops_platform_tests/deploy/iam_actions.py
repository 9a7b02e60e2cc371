"""This file holds which actions of AWS the code asks for: every call of a boto3 client, read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

#: The services that the code speaks to, by the name that their clients have in boto3.
SERVICES = ("cloudwatch", "glue", "s3", "secretsmanager", "sns", "sqs")
#: Operations whose permission has another name: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
NAMED_OTHERWISE = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


@cache
def operations() -> dict[str, set[str]]:
    """A client's method → the actions that it may stand for; two services may have a method of the same name."""
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        for name in session.get_service_model(service).operation_names:
            action = f"{service}:{name}"
            found.setdefault(xform_name(name), set()).add(NAMED_OTHERWISE.get(action, action))
    return found


def calls(tree: ast.AST) -> Iterator[str]:
    """The methods of something named a client that are called, and its paginators.

    Where a method is looked up by a name that is computed, every text of the file may be that name.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_client(node.value):
            yield node.attr
        elif isinstance(node, ast.Call):
            of = getattr(node.func, "value", None) or next(iter(node.args), None)
            if of is not None and _is_client(of):
                computed = {"get_paginator": node, "getattr": tree}
                yield from _texts(computed.get(_called(node)))


def _is_client(node: ast.AST) -> bool:
    return ast.unparse(node).endswith("client")


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _texts(tree: ast.AST | None) -> Iterator[str]:
    found = (node.value for node in (ast.walk(tree) if tree else ()) if isinstance(node, ast.Constant))
    return (text for text in found if isinstance(text, str))


def asked_for(program: Path) -> dict[str, str]:
    """Every action that a program, or what it imports of the package, asks for → a file that does."""
    known = operations()
    found: dict[str, str] = {}
    for file in sorted(_imported(program)):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        asked = {action for call in calls(tree) for action in known.get(call, ())}
        if "s3:GetObject" in asked and "VersionId" in _texts(tree):
            asked.add(
                "s3:GetObjectVersion"
            )  # S3 asks for it where a version is named, by the same operations
        found |= dict.fromkeys(asked, file.name)
    return found


def _imported(program: Path) -> set[Path]:
    """The program and every file of its package that it imports, by whatever way; also what it only may import."""
    root = next(folder for folder in program.parents if not (folder / "__init__.py").exists())
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        file = waiting.pop()
        if file not in found and file.is_file():
            found.add(file)
            names = _names(ast.parse(file.read_text(encoding="utf-8")))
            waiting += [(root / name.replace(".", "/")).with_suffix(".py") for name in names]
    return found


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
