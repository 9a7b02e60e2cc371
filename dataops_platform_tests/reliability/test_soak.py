"""The soak, short; `make soak` is the long one."""

import pytest

from dataops_platform_tests.soak import TABLE, Soak

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_a_load_that_is_killed_again_and_again_ends_with_the_right_tables(platform_of, shipped_tables):
    platform = platform_of([table for table in shipped_tables if table.name == TABLE])
    soak = Soak(files=60, kills=3, seed=3, longest=1.5)

    soak.run(platform)

    soak.assert_all_is_there(platform)
