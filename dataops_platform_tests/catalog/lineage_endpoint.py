"""An OpenLineage server on this machine, and the variables that tell the client of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Endpoint:
    """What a server was sent, and the status it answers with."""

    port: int = 0
    status: int = 201
    received: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """How the client is told to send here, once for each event."""
        return {
            "OPENLINEAGE__TRANSPORT__TYPE": "http",
            "OPENLINEAGE__TRANSPORT__URL": f"http://127.0.0.1:{self.port}",
            "OPENLINEAGE__TRANSPORT__RETRY": '{"total": 0}',
        }


@contextmanager
def lineage_endpoint() -> Iterator[Endpoint]:
    """The server runs within."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.received.append(json.loads(body))
            endpoint.paths.append(self.path)
            self.send_response(endpoint.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.port = server.server_port
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
