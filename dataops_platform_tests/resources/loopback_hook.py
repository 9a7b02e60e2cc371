"""This file holds a web hook on this machine, which keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@contextmanager
def web_hook() -> Iterator[tuple[str, list[dict[str, str]], list[int]]]:
    """Its address as apprise spells it, what it was told, and the status it answers with: the last of the list."""
    told: list[dict[str, str]] = []
    status = [200]

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status[-1])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"json://watcher:secret-token@127.0.0.1:{server.server_port}/hook", told, status
    finally:
        server.shutdown()
        server.server_close()
