"""This file holds `dataops docs`: the pages about the lake, in a folder, and a server to look at them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter

from rich.console import Console

from dataops_platform.catalog.crawl import kept
from dataops_platform.catalog.history import history
from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.catalog.site import site
from dataops_platform.commands.sync import open_platform
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.layers.recipes import recipes
from dataops_platform.resources.environments import read_settings
from dataops_platform.resources.plans import SparkPlans
from dataops_platform.tables import load_tables

#: Names the files that were written, so that those of tables that are no more can be removed.
_MANIFEST = ".pages"


def run(console: Console, out: Path, *, port: int | None) -> int:
    """The folder holds the pages of the last crawl; they are served until Ctrl-C where a port is given."""
    started = perf_counter()
    with open_platform(read_settings(), ()) as platform:
        found, past = kept(platform.lake_store), history(platform.lake)
    graph = LineageGraph(recipes(load_tables()), SparkPlans)
    count = write(site(found, past, graph.made_of()), out)
    console.print(
        f"{count} files in {perf_counter() - started:.1f} s: {out / 'index.html'}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if port is not None:
        serve(console, out, port)
    return 0


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


def serve(console: Console, out: Path, port: int) -> None:
    """The folder is served to this machine alone, until somebody stops it."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(out)))
    except OSError as error:
        raise EnvironmentProblem(
            f"Port {port} cannot be used ({error.strerror}). Choose another: dataops docs --serve --port 8001"
        ) from error
    with server:
        console.print(f"http://127.0.0.1:{server.server_port} until Ctrl-C", highlight=False)
        server.serve_forever(poll_interval=0.2)
