"""Nothing that lands or is configured is ever run: no pickle, no YAML that makes objects, no eval, no shell."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from dataops_platform_tests.deploy.production import DEPLOY, REPOSITORY

FILES = [*sorted((REPOSITORY / "dataops_platform").rglob("*.py")), *sorted(DEPLOY.rglob("*.py"))]
#: Modules whose readers run what they read.
RUN_WHAT_THEY_READ = {"cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve"}
RUN_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE_YAML = {
    "unsafe_load",
    "unsafe_load_all",
    "full_load",
    "full_load_all",
    "UnsafeLoader",
    "FullLoader",
    "Loader",
}
#: Where a name is imported that is computed: the tables, by the names of their own files.
IMPORTS_BY_NAME = {"dataops_platform/tables/__init__.py"}


def breaches(tree: ast.AST) -> Iterator[str]:
    """What in this code runs data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in RUN_WHAT_THEY_READ)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in RUN_WHAT_THEY_READ:
            yield str(node.module)
        elif isinstance(node, ast.Name) and node.id in RUN_TEXT:
            yield node.id
        elif isinstance(node, ast.Attribute):
            of = ast.unparse(node.value)
            if (of == "yaml" and node.attr in UNSAFE_YAML) or (of, node.attr) in {
                ("os", "system"),
                ("os", "popen"),
            }:
                yield f"{of}.{node.attr}"
            elif of == "importlib" and node.attr == "import_module":
                yield "importlib.import_module"
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            yield "shell="
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield "allow_pickle="


def test_no_code_of_ours_runs_what_it_reads():
    found = {
        f"{path.relative_to(REPOSITORY)}: {breach}"
        for path in FILES
        for breach in breaches(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert FILES
    assert found == {f"{path}: importlib.import_module" for path in IMPORTS_BY_NAME}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib.memory import load",
        "eval(text)",
        "yaml.load(text, yaml.UnsafeLoader)",
        "yaml.load(text, Loader=yaml.Loader)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "numpy.load(file, allow_pickle=True)",
    ],
)
def test_code_that_would_is_found(code):
    assert list(breaches(ast.parse(code)))
    assert not list(breaches(ast.parse("yaml.safe_load(text)\nre.compile(text)\nsubprocess.run([text])")))
