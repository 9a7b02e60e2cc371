"""This file holds `dataops demo`: a made-up shop's month, from files in a real S3 server to gold."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from dataops_platform.catalog.describing import describe
from dataops_platform.catalog.findings import gathered
from dataops_platform.catalog.report_files import PAGE, report_files
from dataops_platform.catalog.site import site
from dataops_platform.commands.demo_fault import follow, next_day, with_fault
from dataops_platform.commands.docs import lineage_of, write
from dataops_platform.commands.home import dagster_instance, make_home
from dataops_platform.commands.quality_report import write_files
from dataops_platform.commands.saying import say
from dataops_platform.commands.sync import open_platform, synced
from dataops_platform.core.platform import Platform
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.demo.seaweedfs import seaweedfs
from dataops_platform.demo.shop import Sample, SampleFile, make_sample
from dataops_platform.engines.child_process import sole_use_of
from dataops_platform.errors import PlatformError
from dataops_platform.layers.sync import Synced
from dataops_platform.observability.day_states import Window
from dataops_platform.observability.quality_report import quality_report
from dataops_platform.resources.environments import inventory_of, read_settings
from dataops_platform.tables import load_tables

FIRST_DATE = "2026-06-01"
_BAR = 40
_OTHER_CLIENTS = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


def run(console: Console, folder: Path, *, as_json: bool, fault: bool = False) -> int:
    """The demo's data is in `folder`, made anew, and the console shows what became of it.

    With a `fault`, a day loses rows on its way, and the console shows who is told of it.
    """
    quiet = Console(stderr=True, quiet=as_json) if as_json else console
    clear(folder)
    sample = make_sample()
    with seaweedfs(folder / "s3") as server:
        use(server, folder)
        settings, tables = read_settings(), load_tables()
        with dagster_instance() as instance, open_platform(settings, tables) as platform:

            def land(files: Sequence[SampleFile], text: str) -> Synced:
                quiet.print(
                    f"[bold]{text}[/] ({len(files)} files in {server.endpoint}/landing)", soft_wrap=True
                )
                put(server, files)
                done = synced(quiet, settings, tables, platform, instance)
                if done.errors:
                    raise PlatformError("The demo failed: " + "\n".join(done.errors))
                return done

            first, second = ([file for file in sample.files if file.wave == wave] for wave in (1, 2))
            land(with_fault(first) if fault else first, "Landing a month of files")
            done = land(second, "Landing a late file, and a corrected one under the same key")
            if fault:
                follow(quiet, platform, instance, lambda: land(next_day(first), "The next day lands"))
            found = findings(platform, done, sample)
            month = Window(date.fromisoformat(FIRST_DATE), max(platform.lake.partitions("gold/customer_360")))
            write_report(platform, month, folder / "quality")
            found["site"] = str(written_site(platform, folder / "site"))
    if as_json:
        console.print_json(json.dumps(found), highlight=False)
    else:
        show(console, found, folder)
    return 0


def write_report(platform: Platform, month: Window, out: Path) -> None:
    """The folder holds the quality report of these days, as of their end."""
    end = datetime.combine(month.last + timedelta(days=1), time(), UTC)
    report = quality_report(platform, month, end, environment="the demo", tables=platform.tables)
    write_files(report_files(report, platform.tables), out)


def written_site(platform: Platform, out: Path) -> Path:
    """The first page of the catalogue that the folder holds, of the lake as it is."""
    describe(platform, inventory_of(platform))
    write(site(gathered(platform, lineage_of(platform.tables))), out)
    return (out / "index.html").resolve()


def clear(folder: Path) -> None:
    """What an earlier demo left in `folder` is gone; a folder with other things in it is not touched."""
    if (folder / "s3" / "s3.json").is_file():
        with sole_use_of(folder / "s3"):  # `dataops dev` may be serving from it
            shutil.rmtree(folder / "s3")
    if (folder / "dagster" / "dagster.yaml").is_file():
        shutil.rmtree(folder / "dagster")


def use(server: S3Server, folder: Path) -> None:
    """This process, and those it starts, work on the demo's S3 server and the demo's run history.

    So does a shell that reads the file `env` in `folder`.
    """
    for name in _OTHER_CLIENTS:
        os.environ.pop(name, None)
    os.environ.update(variables(server))
    write_variables(server, make_home(folder / "dagster"), folder / "env")


def variables(server: S3Server) -> dict[str, str]:
    """What the environment says where the platform works on the demo's S3 server."""
    places = {"DATAOPS_LANDING_URL": "s3://landing", "DATAOPS_LAKE_URL": "s3://lake"}
    dagster = {
        "DATAOPS_DAGSTER_URL": "http://127.0.0.1:3000"
    }  # where `dataops dev` serves, unless it is told otherwise
    return server.environment() | places | dagster | {"DATAOPS_FIRST_DATE": FIRST_DATE}


def write_variables(server: S3Server, home: Path, path: Path) -> None:
    """A shell that reads the file, which is its owner's alone, works on the demo's server and run history."""
    told = variables(server) | {"DAGSTER_HOME": str(home.resolve())}
    lines = [f"unset {' '.join(_OTHER_CLIENTS)}", *(f"export {k}={quote(v)}" for k, v in told.items())]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def put(server: S3Server, files: Sequence[SampleFile]) -> None:
    """The files are in the landing bucket."""
    client = server.client()
    for file in files:
        client.put_object(Bucket="landing", Key=file.key, Body=file.body)
    client.close()


def findings(platform: Platform, done: Synced, sample: Sample) -> dict[str, Any]:
    """What the lake holds, in the words of the generator's own list, read from the published tables."""
    return {
        "tables": {table.name: _table(platform, table.name, sample) for table in platform.sources},
        "refused": [
            {
                "table": entry.table,
                "ingestion_date": entry.ingestion_date.isoformat(),
                "message": entry.message,
            }
            for entry in done.refused
        ],
        "gold": _gold(platform),
        "lake": platform.lake.url,
    }


def _table(platform: Platform, name: str, sample: Sample) -> dict[str, Any]:
    rows = {
        layer: sum(facts.rows for facts in platform.lake.partitions(f"{layer}/{name}").values())
        for layer in ("bronze", "silver")
    }
    rejected = platform.lake.frame(f"quarantine/{name}")
    reasons = [] if rejected is None else rejected.select("_reasons").toArrow()["_reasons"].to_pylist()
    checks = Counter(reason.split(":", 1)[0] for row in reasons for reason in row)
    return {
        "landed": sum(file.key.startswith(f"{name}/") for file in sample.files),
        **rows,
        "quarantined": len(reasons),
        "reasons": dict(sorted(checks.items())),
    }


def _gold(platform: Platform) -> dict[str, Any]:
    rows = platform.lake.partitions("gold/customer_360")
    as_of = max(rows)
    frame = platform.lake.frame("gold/customer_360", [as_of])
    columns = [] if frame is None else frame.select("customer_health_score").toArrow().to_pylist()
    scores = Counter(row["customer_health_score"] for row in columns)
    return {
        "as_of": as_of.isoformat(),
        "customers": rows[as_of].rows,
        "snapshots": len(rows),
        "scores": {str(score): count for score, count in sorted(scores.items(), reverse=True)},
    }


def show(console: Console, found: dict[str, Any], folder: Path) -> None:
    """The findings, as people read them."""
    counts = ("landed", "bronze", "silver", "quarantined")
    grid = Grid(
        "table", "files landed", *counts[1:], title="\nWhat became of it, in rows", title_justify="left"
    )
    reasons = Grid(
        "table", "check it does not pass", "rows", title="Why rows are in quarantine", title_justify="left"
    )
    for column in (*grid.columns[1:], reasons.columns[2]):
        column.justify = "right"
    for name, table in found["tables"].items():
        grid.add_row(name, *(f"{table[column]:,}" for column in counts))
        for check, count in table["reasons"].items():
            reasons.add_row(name, check, f"{count:,}")
    console.print(grid)
    console.print(reasons)
    for refused in found["refused"]:
        say(console, f" {refused['message']}\n", label="refused", style="red")
    gold = found["gold"]
    console.print(
        f"[bold]gold/customer_360[/]: {gold['customers']:,} customers as of {gold['as_of']}, "
        f"{gold['snapshots']} snapshots. Health scores:"
    )
    most = max(gold["scores"].values())
    for score, count in gold["scores"].items():
        console.print(f"  {score:>3}  {'█' * max(1, round(_BAR * count / most))} {count:,}", highlight=False)
    console.print(f"\nHow the tables have been: {folder / 'quality' / PAGE}", highlight=False, soft_wrap=True)
    console.print(
        f"The lake is in {folder / 's3'}. Look around in Dagster: [bold]make dev[/], then http://127.0.0.1:3000. "
        "Load your own files: see “Now your own file” in README.md.",
        soft_wrap=True,
    )
    address = Path(found["site"]).as_uri()
    console.print(
        f"What each table is, whether it is good, and where each column comes from: {address}", soft_wrap=True
    )
