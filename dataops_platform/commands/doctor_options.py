"""This file holds what `dataops doctor` accepts."""

from __future__ import annotations

import sys

import click


@click.command()
def doctor() -> None:
    """Say what this environment is made of, whether each part answers, and what to do about what does not.

    Nothing is changed, and no secret is shown. Ends with 0; or with 1 where a part does not answer.

    \b
    Examples:
      dataops doctor
      DATAOPS_ENGINE=spark dataops doctor
    """
    from rich.console import Console

    from dataops_platform.commands.doctor import run

    sys.exit(run(Console()))
