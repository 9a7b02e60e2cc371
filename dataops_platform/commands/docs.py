"""This file holds `dataops docs`: the pages about the lake, in a folder, and a server that keeps them up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep

from rich.console import Console

from dataops_platform.catalog.describing import newest_result, refresh
from dataops_platform.catalog.findings import Lineage, gathered
from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.catalog.site import site
from dataops_platform.commands.sync import open_platform
from dataops_platform.core.contract import Table
from dataops_platform.core.platform import Platform
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.environments import inventory_of, read_settings
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables

#: Names the files that were written, so that those of tables that are no more can be removed.
_MANIFEST = ".pages"
_LOOK_EVERY = 5.0


def run(console: Console, out: Path, *, host: str, port: int | None) -> int:
    """The folder holds the pages of the last crawl.

    Where a port is given they are served until Ctrl-C, and follow results: also those since the last crawl, or before
    there was any.
    """
    with open_platform(read_settings(), load_tables()) as platform:
        if port is not None:
            refresh(platform, inventory_of(platform))
        write_pages(console, platform, out)
        if port is not None:
            with served(out, host, port) as address:
                console.print(f"{address} until Ctrl-C", highlight=False)
                keep_up(console, platform, out, _every_few_seconds())
    return 0


def write_pages(console: Console, platform: Platform, out: Path) -> None:
    """The folder holds the pages of the last crawl, and the console says so."""
    started = perf_counter()
    count = write(site(gathered(platform, lineage_of(platform.tables))), out)
    console.print(
        f"{count} files in {perf_counter() - started:.1f} s: {out / 'index.html'}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


def keep_up(console: Console, platform: Platform, out: Path, looks: Iterable[None]) -> None:
    """At each look, pages are written anew if there are results that the last ones do not tell of."""
    seen = newest_result(platform.lake_store)
    for _ in looks:
        newest = newest_result(platform.lake_store, seen)
        if newest != seen:
            seen = newest
            refresh(platform, inventory_of(platform))
            write_pages(console, platform, out)


def _every_few_seconds() -> Iterator[None]:
    while True:
        sleep(_LOOK_EVERY)
        yield


def lineage_of(tables: Sequence[Table]) -> Lineage:
    """What every table comes from."""
    return LineageGraph(recipes(tables), SparkPlans).tables()


def write(pages: Iterable[tuple[str, bytes]], out: Path) -> int:
    """The folder holds the pages, and those of an earlier time that are no more are gone; how many there are.

    Raises:
        EnvironmentProblem: the folder holds other things, or cannot be written to.
    """
    manifest = out / _MANIFEST
    try:
        if out.exists() and not manifest.is_file() and any(out.iterdir()):
            raise EnvironmentProblem(
                f"{out} holds other files. Name an empty folder: dataops docs --out site"
            )
        before = set(manifest.read_text(encoding="utf-8").splitlines()) if manifest.is_file() else set()
        written = []
        out.mkdir(parents=True, exist_ok=True)
        manifest.write_text("\n".join(sorted(before)), encoding="utf-8")
        for path, body in pages:
            file = out / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            written.append(path)
        for path in before - set(written):
            if ".." not in path and not path.startswith("/"):
                (out / path).unlink(missing_ok=True)
        manifest.write_text("\n".join(written), encoding="utf-8")
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or out} cannot be written: {error.strerror}. Name another folder with --out."
        ) from error
    return len(written)


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        del format, args


@contextmanager
def served(out: Path, host: str, port: int) -> Iterator[str]:
    """The address at which the folder is served."""
    try:
        server = ThreadingHTTPServer((host, port), partial(_Quiet, directory=str(out)))
    except OSError as error:
        raise EnvironmentProblem(
            f"Port {port} cannot be used ({error.strerror}). Choose another: dataops docs --serve --port 8001"
        ) from error
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
