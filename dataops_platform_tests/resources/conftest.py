"""What every test of the lake starts from."""

import pytest

from dataops_platform.resources.lake import DeltaLake
from dataops_platform_tests.resources.given_rows import MONDAY, NAME, TUESDAY, rows


@pytest.fixture
def lake(tmp_path, engine):
    """An empty lake in a folder."""
    return DeltaLake(str(tmp_path), engine)


@pytest.fixture
def filled(lake):
    """The lake with two rows of Monday and one of Tuesday."""
    lake.replace(NAME, rows(MONDAY, MONDAY, TUESDAY, name="a"), [MONDAY, TUESDAY])
    return lake
