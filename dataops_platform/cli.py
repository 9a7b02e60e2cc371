"""This file holds the `dataops` command: what it offers, and how it fails."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops_platform.commands.backfill_options import backfill
from dataops_platform.commands.catalog_options import crawl, docs
from dataops_platform.commands.databricks_options import databricks
from dataops_platform.commands.doctor_options import doctor
from dataops_platform.commands.engines_options import engines
from dataops_platform.commands.lineage_options import lineage
from dataops_platform.commands.observe_options import maintain, metrics, quality_report, status
from dataops_platform.commands.quarantine_options import quarantine
from dataops_platform.commands.saying import say
from dataops_platform.commands.snapshot_options import snapshot
from dataops_platform.errors import PlatformError

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".demo"),
    show_default=True,
    help="Where the demo's S3 server and run history keep their files.",
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        backfill,
        crawl,
        databricks,
        docs,
        doctor,
        engines,
        lineage,
        maintain,
        metrics,
        quality_report,
        quarantine,
        snapshot,
        status,
    ],
)
@click.version_option(package_name="dataops-platform")
def dataops() -> None:
    """Checked bronze, silver and gold Delta tables, from files that land in S3.

    \b
    Where files land and tables live is told by variables:
      DATAOPS_LANDING_URL   s3://landing     or a folder
      DATAOPS_LAKE_URL      s3://lake        or a folder
      DATAOPS_FIRST_DATE    2018-01-01       first ingestion date
      DATAOPS_ENV           local            or test, staging, production
      DATAOPS_ENGINE        embedded         or spark, connect, databricks: what computes (docs/engines.md)
      DATAOPS_CONNECT_URL                    the Spark Connect server of the engine connect
      DATAOPS_STAGING_URL                    where it stages rows; by default _staging in the lake
      DATAOPS_ENGINE_FILES                   where dataops engines install keeps what it fetches
      DATAOPS_SENSORS       off              whether sensors start switched on (staging, production: on)
      DATAOPS_CLOUDWATCH    off              whether metrics are sent to CloudWatch
      DATAOPS_OTLP          off              whether they are sent to OpenTelemetry (OTEL_EXPORTER_OTLP_ENDPOINT)
      DATAOPS_ALERT_SNS_TOPIC                the SNS topic that alerts go to
      DATAOPS_ALERT_URLS                     addresses for alerts, as apprise spells them, with spaces between
      DATAOPS_QUIET_HOURS                    when nobody is told, in UTC, e.g. 22-6
      DATAOPS_PAGES_URL                      where the catalogue's pages are, for links in alerts
      DATAOPS_DAGSTER_URL                    where Dagster is, for links in alerts
      DAGSTER_HOME                           where Dagster keeps its run history
    and the ordinary AWS_* variables, AWS_ENDPOINT_URL included.
    """


@dataops.command()
def sync() -> None:
    """Bring everything that has landed to gold, in the foreground.

    Does what the sensor and the daemon do. Ends with 0; or with 1 and a line for each partition that failed its
    contract, while all others are published. Running it again changes nothing.

    \b
    Example, with folders instead of S3:
      mkdir -p landing/customers/dt=2026-01-01
      cp customers.csv landing/customers/dt=2026-01-01/
      DATAOPS_LANDING_URL=landing DATAOPS_LAKE_URL=lake dataops sync
    """
    from dataops_platform.commands.sync import run  # here: `dataops --help` need not load an engine

    sys.exit(run(Console()))


@dataops.command()
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON instead of tables.")
@click.option(
    "--fault", is_flag=True, help="Lose 40 % of a day's rows, and see who is told, and when it is over."
)
def demo(folder: Path, *, as_json: bool, fault: bool) -> None:
    """Follow a made-up shop's month from landing to gold, planted mistakes included.

    Starts an S3 server on this machine, lands the files, runs everything, prints what became of it, and stops.

    \b
    Examples:
      dataops demo
      dataops demo --fault
      dataops demo --json | python -m json.tool
    """
    from dataops_platform.commands.demo import run

    sys.exit(run(Console(), folder, as_json=as_json, fault=fault))


@dataops.command()
@_FOLDER
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Dagster's port."
)
@click.option(
    "--s3-port", type=click.IntRange(1, 55535), default=8333, show_default=True, help="The S3 server's port."
)
def dev(folder: Path, port: int, s3_port: int) -> None:
    """Open Dagster on the demo's data, sensor and daemon running, until Ctrl-C.

    \b
    Examples:
      dataops dev
      dataops dev --port 3001 --s3-port 8334
    """
    from dataops_platform.commands.dev import run

    sys.exit(run(Console(), folder, port=port, s3_port=s3_port))


@dataops.group()
def contracts() -> None:
    """List what the tables promise, export it as files, or show what changed.

    \b
    Examples:
      dataops contracts list
      dataops contracts export
      dataops contracts diff
    """


@contracts.command(name="list")
def list_contracts() -> None:
    """Show every contract in a line.

    \b
    Example:
      dataops contracts list
    """
    from dataops_platform.commands.contracts import run_list

    sys.exit(run_list(Console(width=1_000)))  # a contract stays in one line, which can be searched and piped


@contracts.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path("docs/contracts"))
def export(directory: Path) -> None:
    """Write every contract to DIRECTORY (docs/contracts), as the Open Data Contract Standard 3.2 has it.

    One file for each table, the same bytes whenever the contract is the same; those of tables that are no more are
    removed.

    \b
    Examples:
      dataops contracts export
      dataops contracts export build/contracts
    """
    from dataops_platform.commands.contracts import run_export

    sys.exit(run_export(Console(), directory))


@contracts.command()
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/contracts"),
    show_default=True,
    help="Exported contracts to compare with.",
)
@click.option("--allow-breaking", is_flag=True, help="End with 0 although something is breaking.")
@click.option(
    "--check", is_flag=True, help="End with 1 where an export is not as its table's contract of today."
)
@click.option(
    "--agreed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A text file: what breaks a table that a line '- Breaking: `table` …' of it names is agreed to.",
)
def diff(against: Path, agreed: Path | None, *, allow_breaking: bool, check: bool) -> None:
    """Show what today's contracts promise otherwise than exported ones.

    \b
    Each change is in a line, with its kind:
      breaking  files or programs that were sound may no longer be
      widening  more is sound than before
      neutral   neither: descriptions, owner, classification, freshness
    Ends with 0; or with 1 where something is breaking.

    \b
    Examples:
      dataops contracts diff
      dataops contracts diff --check --allow-breaking
      mkdir -p build/main && git archive main docs/contracts | tar -x -C build/main
      dataops contracts diff --against build/main/docs/contracts
    """
    from dataops_platform.commands.contracts import run_diff

    sys.exit(run_diff(Console(), against, allow_breaking=allow_breaking, check=check, agreed=agreed))


def main() -> None:
    """Runs the command; a deliberate error is one sentence and exit code 1, without a trace of Python."""
    # What start-up makes, definitions above all, lives to the end: looking through it costs half a second each time.
    gc.set_threshold(200_000, 50, 100)
    # Both by hand: a shell starts background commands with SIGINT ignored, which Python would keep to.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _stop)
    console = Console(stderr=True)
    try:
        # Not click's standalone mode, which would call an interrupt "Aborted!" and tell nobody what it left.
        sys.exit(dataops(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PlatformError as error:
        say(console, f" {error}", label="dataops:", style="red")
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        console.print("Stopped. Nothing is half-done: running it again takes up where it was.")
        sys.exit(130)
    finally:
        gc.freeze()  # or Python would look through all of it three more times before it ends, for a whole second


def _stop(number: int, _frame: Any) -> None:
    """A command ends by unwinding, so that everything it started is stopped too."""
    if number == signal.SIGTERM:
        os.kill(os.getpid(), signal.SIGINT)  # the engine drops what it is computing at this one only
        return
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
