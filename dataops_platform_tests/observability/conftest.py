"""What every test of this room starts from: a lake that nobody has written to, and no engine."""

import pytest

from dataops_platform.engines.sail import EmbeddedEngine
from dataops_platform.resources.lake import DeltaLake


@pytest.fixture
def lake(tmp_path):
    """An empty lake in a folder; its engine is never asked, so it never starts."""
    return DeltaLake(str(tmp_path / "lake"), EmbeddedEngine())
