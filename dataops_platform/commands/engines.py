"""This file holds `dataops engines`: what an engine needs beside Python is there afterwards."""

from __future__ import annotations

from rich.console import Console

from dataops_platform.engines.engine_files import engine_files
from dataops_platform.resources.spark_setup import set_up


def run_install(console: Console) -> int:
    """Local Spark can run; the console says what was done for it."""
    set_up(lambda text: console.print(text, highlight=False, soft_wrap=True))
    console.print(
        f"DATAOPS_ENGINE=spark is ready; its files are in {engine_files()}.", highlight=False, soft_wrap=True
    )
    return 0
