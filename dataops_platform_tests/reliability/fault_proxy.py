"""This file holds a proxy before an S3 server that makes its answers late, false or lost, as it is told.

`python -m dataops_platform_tests.reliability.fault_proxy <S3 server> <fault> <method>` is one in a process of its own,
for clients that keep this process's threads waiting as they wait for an answer.
"""

from __future__ import annotations

import http.client
import socket
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlparse

#: What becomes of a request: it is answered, or one of these.
Fault = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request on its way, and the means to spoil it."""

    handler: BaseHTTPRequestHandler
    body: bytes
    upstream: str

    @property
    def method(self) -> str:
        """GET, PUT, …"""
        return self.handler.command

    @property
    def path(self) -> str:
        """What is asked for."""
        return self.handler.path

    def forward(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """The server's answer."""
        link = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            link.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.handler.headers.items():
                link.putheader(name, value)
            link.endheaders(self.body or None)
            answer = link.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            link.close()

    def answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes, *, most: int | None = None
    ) -> None:
        """What the client gets; with `most` it breaks off after so many bytes of the body."""
        self.handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.handler.send_header(name, value)
        length = {name.lower(): value for name, value in headers}.get("content-length", str(len(body)))
        self.handler.send_header("Content-Length", length)
        self.handler.end_headers()
        if self.method != "HEAD":
            self.handler.wfile.write(body[:most])
        if most is not None:
            self.reset()

    def reset(self) -> None:
        """The connection breaks."""
        self.handler.wfile.flush()
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.connection.close()
        self.handler.close_connection = True


def refused(status: int, code: str) -> Fault:
    """S3 says no, in its own words."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>made up</Message></Error>".encode()
    return lambda exchange: exchange.answer(status, [("Content-Type", "application/xml")], body)


def broken_off(exchange: Exchange) -> None:
    """Half of the answer comes."""
    status, headers, body = exchange.forward()
    exchange.answer(status, headers, body, most=len(body) // 2)


def answer_lost(exchange: Exchange) -> None:
    """The server does as it is asked, and nobody hears of it."""
    exchange.forward()
    exchange.reset()


def reset(exchange: Exchange) -> None:
    """The connection breaks before the server hears of it."""
    exchange.reset()


def silent(exchange: Exchange) -> None:
    """Nothing comes, until the client gives up."""
    exchange.handler.rfile.read(1)


@dataclass
class FaultProxy:
    """What the proxy does.

    Attributes:
        fault: asked of each request before it is forwarded; None forwards it.
        exchanges: method and address of each request.
    """

    port: int = 0
    fault: Callable[[str, str], Fault | None] = lambda _method, _path: None
    exchanges: list[tuple[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def spoil(self, fault: Fault, *, method: str = "", first: int | None = None) -> None:
        """From now on requests of a method meet this fault; or of each address the first ones only."""
        lock, seen = threading.Lock(), Counter[tuple[str, str]]()

        def choose(asked: str, path: str) -> Fault | None:
            with lock:
                seen[asked, path] += 1
                is_hit = asked == (method or asked) and (first is None or seen[asked, path] <= first)
            return fault if is_hit else None

        self.fault = choose

    def mend(self) -> None:
        """From now on all is well."""
        self.fault = lambda _method, _path: None


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A proxy on loopback before the S3 server at this URL."""
    proxy = FaultProxy()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: Any) -> None:
            pass

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            exchange = Exchange(self, body, urlparse(upstream).netloc)
            proxy.exchanges.append((self.command, self.path))
            fault = proxy.fault(self.command, self.path)
            try:
                if fault is None:
                    exchange.answer(*exchange.forward())
                else:
                    fault(exchange)
            except (OSError, http.client.HTTPException):
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = take  # noqa: N815  # the names that http.server looks for

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # clients that hang up are the point
    proxy.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


#: What a request can meet, by name.
FAULTS: Mapping[str, Fault] = {
    "fails": refused(500, "InternalError"),
    "is to slow down": refused(503, "SlowDown"),
    "breaks off": broken_off,
    "is reset": reset,
    "loses its answer": answer_lost,
}


@contextmanager
def fault_proxy_process(upstream: str, fault: str, method: str) -> Iterator[str]:
    """The endpoint of a proxy where of each address the first request of this method meets the fault."""
    command = [
        sys.executable,
        "-m",
        "dataops_platform_tests.reliability.fault_proxy",
        upstream,
        fault,
        method,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _main() -> None:
    upstream, fault, method = sys.argv[1:]
    with fault_proxy(upstream) as proxy:
        proxy.spoil(FAULTS[fault], method=method, first=1)
        sys.stdout.write(f"{proxy.endpoint}\n")
        sys.stdout.flush()
        sys.stdin.read()  # to the end of whoever started it


if __name__ == "__main__":
    _main()
