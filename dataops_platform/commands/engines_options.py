"""This file holds what `dataops engines` accepts."""

from __future__ import annotations

import sys

import click


@click.group()
def engines() -> None:
    """Set up what an engine needs beside Python.

    \b
    Example:
      dataops engines install
    """


@engines.command()
def install() -> None:
    """Fetch the jars of DATAOPS_ENGINE=spark, and make Spark start quickly. Runs need no network afterwards.

    Jars are held to their SHA-256 and kept beside this Python's packages, or in DATAOPS_ENGINE_FILES. Running it again
    fetches only what is missing.

    \b
    Examples:
      dataops engines install
      JAVA_HOME=/usr/lib/jvm/java-21 dataops engines install
    """
    from rich.console import Console

    from dataops_platform.commands.engines import run_install

    sys.exit(run_install(Console()))
