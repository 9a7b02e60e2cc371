"""The page of faults says what is tested."""

import ast
from pathlib import Path

from dataops_platform_tests.reliability.faults import PAGE, each_test, page

ROOT = Path(__file__).parents[1]


def test_every_fault_has_a_test_that_exists():
    missing = []
    for fault, file, beginning in each_test():
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        if sum(name.startswith(f"test_{beginning}") for name in names) != 1:
            missing.append(f"{fault}: {file} {beginning}")

    assert missing == []


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run python -m dataops_platform_tests.reliability.faults"
    )
