# ruff: noqa: INP001  # a program, not part of a package
"""Packages the Lambda function: one zip that needs nothing beside Python and the boto3 that AWS provides.

    python deploy/lambda/build.py dist/dataops-lambda.zip

The package goes in as pip installs it. The few libraries go in as they are installed and locked here, so that what was
tested is what ships, without asking a registry; all are plain Python, so the machine does not matter. Equal inputs
give an equal zip, byte for byte: a deployment changes only when the function does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = "aws-lambda-powertools"
_COMPILED = {".so", ".pyd", ".dylib"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows


def main() -> None:
    """The zip of the name given is there."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "dataops-lambda.zip")
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        install_package(content, Path(folder) / "source")
        for library in libraries(LIBRARY, set()):
            copy_library(library, content)
        write_tables(content)
        count = write_zip(content, target)
    sys.stdout.write(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB\n")


def install_package(content: Path, source: Path) -> None:
    """The package is in `content`; built from a copy, as setuptools leaves files beside what it builds."""
    source.mkdir()
    shutil.copytree(
        ROOT / "dataops_platform", source / "dataops_platform", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *offline]
    subprocess.run([*pip, "--target", str(content), str(source)], check=True)
    shutil.rmtree(content / "bin")  # the command for people, which names this machine's Python


def libraries(name: str, known: set[str]) -> Iterator[Distribution]:
    """The installed library of this name, and those it needs."""
    if name in known:
        return
    known.add(name)
    found = distribution(name)
    yield found
    for line in found.requires or ():
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield from libraries(needed.name, known)


def copy_library(library: Distribution, content: Path) -> None:
    """The library's files are in `content`, without what was compiled for this machine."""
    for file in library.files or ():
        if file.suffix in _COMPILED:
            sys.exit(
                f"{library.name} holds {file}, compiled for this machine: it cannot be packaged this way."
            )
        if file.parts[0] != ".." and file.suffix != ".pyc":
            (content / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), content / file)


def write_tables(content: Path) -> None:
    """The names of the tables that land in files are where the function looks for them."""
    sys.path.insert(0, str(ROOT))
    from dataops_platform.lambda_function.settings import SOURCE_TABLES  # noqa: PLC0415  # needs the path above
    from dataops_platform.tables import load_tables  # noqa: PLC0415

    names = sorted(table.name for table in load_tables() if not table.is_gold)
    (content / "dataops_platform" / "lambda_function" / SOURCE_TABLES).write_text(json.dumps(names))


def write_zip(content: Path, target: Path) -> int:
    """The zip holds what `content` holds; how many files that is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # RECORD and direct_url.json name this machine's folders and times.
    files = sorted(
        p for p in content.rglob("*") if p.is_file() and p.name not in {"RECORD", "direct_url.json"}
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(content).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16  # readable by the user that Lambda runs as
            packed.writestr(entry, file.read_bytes())
    return len(files)


if __name__ == "__main__":
    main()
