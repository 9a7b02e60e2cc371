"""The page of faults says what is tested."""

import re

from dataops_platform_tests.reliability.faults import PAGE, each_test, names_of_tests, page, told

_WRITE_IT = "run python -m dataops_platform_tests.reliability.faults"


def test_every_fault_has_a_test_that_exists():
    missing = [
        (fault, file, start) for fault, file, start in each_test() if len(names_of_tests(file, start)) != 1
    ]

    assert missing == []


def test_the_page_is_current_and_all_of_it_is_green():
    green = told()

    assert PAGE.read_text(encoding="utf-8") == page(lambda fault: green.get(fault, "none")), _WRITE_IT
    assert not [fault for fault, cases in green.items() if not re.fullmatch(r"([1-9]\d*) of \1", cases)]
