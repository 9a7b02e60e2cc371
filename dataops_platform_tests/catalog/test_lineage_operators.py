"""Lineage of small builds: each operator against what was read from it by hand, and what cannot be read."""

import pytest

from dataops_platform.catalog.lineage import table_lineage
from dataops_platform.core.lineage import Recipe
from dataops_platform.resources.plans import SparkPlans
from dataops_platform_tests.catalog import one_table_builds, two_table_builds
from dataops_platform_tests.catalog.small_build import GIVEN

BUILDS = [*one_table_builds.BUILDS, *two_table_builds.BUILDS]


def lineage(make, *columns):
    def compute(frames, _keep):
        return make(frames["silver/orders"], frames["silver/people"])

    return table_lineage(Recipe("gold/small", dict.fromkeys(columns, ""), GIVEN, compute), SparkPlans)


def full(names):
    """`o.x p.z` as full names."""
    long = {"o": "silver/orders", "p": "silver/people"}
    return frozenset(f"{long[name[0]]}{name[1:]}" for name in names.split())


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_each_operator_passes_on_what_its_columns_come_from(build):
    found = lineage(build.make, *build.columns)

    told = {name: (origin.values, origin.influences) for name, origin in found.columns.items()}
    assert told == {name: (full(values), full(by)) for name, (values, by) in build.columns.items()}
    assert found.rows.influences == full(build.rows)
    assert not found.rows.values
    assert not [origin.unknown for origin in (found.rows, *found.columns.values()) if origin.unknown]
