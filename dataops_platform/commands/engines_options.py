"""This file holds what `dataops engines` accepts."""

from __future__ import annotations

import sys

import click


@click.group()
def engines() -> None:
    """Set up what an engine needs beside Python.

    \b
    Examples:
      dataops engines install
      dataops engines cluster
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


@engines.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Each has a core and an executor.",
)
@click.option("--memory", default="1g", show_default=True, help="Of each executor, as Spark writes it.")
def cluster(workers: int, memory: str) -> None:
    """Run a Spark cluster on this machine's loopback, for DATAOPS_ENGINE=connect, until Ctrl-C.

    A standalone master, workers and a Connect server, of the jars that `dataops engines install` has fetched. S3 is
    reached with the AWS_* variables of this shell.

    \b
    Examples:
      dataops engines cluster
      dataops engines cluster --workers 4 --memory 2g
    """
    from rich.console import Console

    from dataops_platform.commands.engines import run_cluster

    sys.exit(run_cluster(Console(), workers=workers, memory=memory))
