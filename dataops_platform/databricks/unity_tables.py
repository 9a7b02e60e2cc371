"""What Unity Catalog holds, as a crawl looks into it: no warehouse is asked, and nothing is imported before it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dataops_platform.core.registry import Known


@dataclass(frozen=True)
class UnityTables:
    """One catalog of the workspace, of which nothing is asked but what it holds."""

    catalog: str
    name: ClassVar[str] = "Unity Catalog"

    def tables(self) -> list[Known]:
        """Whatever the schemas of published tables hold, others' tables too; see the port."""
        from dataops_platform.databricks.client import (
            workspace_client,
        )  # here: the SDK takes a second to import
        from dataops_platform.databricks.unity_catalog import listed

        return listed(workspace_client(), self.catalog)
