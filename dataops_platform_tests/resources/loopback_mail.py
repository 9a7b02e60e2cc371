"""This file holds a mail server on this machine: it takes every message, and keeps it."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_string, policy
from threading import Thread


class _Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to hand over a message."""

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode())  # type: ignore[attr-defined]  # its server has it
            self._say("221 bye" if word == "QUIT" else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    """The server's port, and every mail it has taken."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.daemon_threads = True
        mails: list[str] = []
        server.mails = mails  # type: ignore[attr-defined]  # the same
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1], mails
        server.shutdown()


def words_of(mails: Sequence[str]) -> str:
    """What people read of the mails, headers and texts, which are encoded on their way."""
    found = []
    for mail in mails:
        message = message_from_string(mail, policy=policy.default)
        found += [f"{name}: {value}" for name, value in message.items()]
        found += [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(found)
