"""The command says how it is used, in the lines it was written in."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dataops_platform.cli import dataops


def test_each_variable_has_its_line_in_the_help():
    told = CliRunner().invoke(dataops, ["--help"]).output.splitlines()

    assert len([line for line in told if line.strip().startswith(("DATAOPS_", "DAGSTER_"))]) == 17


@pytest.mark.parametrize("name", sorted(dataops.commands))
def test_each_command_shows_an_example_that_can_be_copied(name):
    told = CliRunner().invoke(dataops, [name, "--help"]).output.splitlines()

    assert any(line.lstrip().startswith("Example") for line in told)
    assert any(f"dataops {name}" in line and line.startswith("    ") for line in told)
