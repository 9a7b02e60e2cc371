"""The recipes for clusters: sound YAML of the settings and versions the code uses, without keys, and nobody is root."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from typing import Any

import yaml

from dataops_platform.engines.spark_command import CONNECT_SERVER, DELTA, s3_settings
from dataops_platform_tests.deploy.production import DEPLOY

RECIPES = DEPLOY / "spark"
TEXT = (RECIPES / "connect.yml").read_text(encoding="utf-8")
PARTS: list[dict[str, Any]] = list(yaml.safe_load_all(TEXT))


def part(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in PARTS if each["kind"] == kind and each["metadata"]["name"] == name)


def pod() -> dict[str, Any]:
    found: dict[str, Any] = part("Deployment", "spark-connect")["spec"]["template"]
    return found


def settings() -> dict[str, str]:
    lines = part("ConfigMap", "spark-connect")["data"]["spark-defaults.conf"].splitlines()
    return dict(line.split(None, 1) for line in lines)


def test_every_part_is_named_once_and_says_of_what_kind_it_is():
    names = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in PARTS]

    assert len(set(names)) == len(names)
    assert all(
        each.keys() <= {"apiVersion", "kind", "metadata", "spec", "data", "rules", "roleRef", "subjects"}
        for each in PARTS
    )


def test_the_server_is_of_the_version_that_makes_the_plans_here():
    [server] = pod()["spec"]["containers"]
    base = (RECIPES / "Dockerfile").read_text(encoding="utf-8")

    assert server["image"] == settings()["spark.kubernetes.container.image"]
    assert server["image"].endswith(f":{version('pyspark')}")
    assert f"SPARK=apache/spark:{version('pyspark')}\n" in base


def test_the_server_reaches_s3_and_delta_with_the_settings_of_the_engines_here():
    told = settings()

    assert {**s3_settings({}), **DELTA}.items() <= told.items()
    assert pod()["spec"]["containers"][0]["args"][-3:] == CONNECT_SERVER


def test_the_pods_of_the_services_and_the_policy_are_the_servers():
    labels = pod()["metadata"]["labels"]
    selectors = [each["spec"]["selector"] for each in PARTS if each["kind"] == "Service"]
    told = settings()

    assert [*selectors, part("NetworkPolicy", "spark-connect")["spec"]["podSelector"]["matchLabels"]] == [
        labels
    ] * 3
    assert part("Service", told["spark.driver.host"])["spec"]["clusterIP"] == "None"
    ports = {one["port"] for one in part("Service", told["spark.driver.host"])["spec"]["ports"]}
    assert ports == {int(told["spark.driver.port"]), int(told["spark.driver.blockManager.port"])}


def test_nobody_is_root_and_the_token_comes_from_a_secret():
    [server] = pod()["spec"]["containers"]
    secret = {each["name"] for each in server["env"] if "secretKeyRef" in each.get("valueFrom", {})}

    assert pod()["spec"]["securityContext"]["runAsNonRoot"]
    assert server["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert secret == {"SPARK_CONNECT_AUTHENTICATE_TOKEN"}
    assert "Secret" not in {each["kind"] for each in PARTS}


def test_the_script_for_emr_is_sound_bash():
    script = RECIPES / "emr-serverless.sh"

    read = subprocess.run(["bash", "-n", str(script)], check=False, capture_output=True)  # noqa: S607

    assert read.stderr == b""
    assert script.stat().st_mode & 0o100
