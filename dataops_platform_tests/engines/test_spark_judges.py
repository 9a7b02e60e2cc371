"""The oracles of judging, asked of Spark: it converts and judges as pandera and a plain reading of the contract do."""

from __future__ import annotations

import pytest

from dataops_platform_tests.quality.test_conversion import (
    test_a_named_format_is_the_only_one_that_converts,
    test_a_text_becomes_the_value_it_writes_or_its_row_says_that_it_does_not_convert,
)
from dataops_platform_tests.quality.test_oracle import (
    test_a_row_holds_what_its_texts_say_and_breaks_the_rules_that_pandera_says_it_breaks,
    test_what_is_published_and_quarantined_is_what_a_plain_reading_of_the_contract_says,
)
from dataops_platform_tests.quality.test_rules import test_a_rule_refuses_what_pandera_refuses

pytestmark = [pytest.mark.integration, pytest.mark.slow]

__all__ = [
    "test_a_named_format_is_the_only_one_that_converts",
    "test_a_row_holds_what_its_texts_say_and_breaks_the_rules_that_pandera_says_it_breaks",
    "test_a_rule_refuses_what_pandera_refuses",
    "test_a_text_becomes_the_value_it_writes_or_its_row_says_that_it_does_not_convert",
    "test_what_is_published_and_quarantined_is_what_a_plain_reading_of_the_contract_says",
]


@pytest.fixture(scope="module")
def engine(spark):
    """What these tests call the engine is Spark here."""
    return spark
