"""This file holds the choice of the ports on which one SeaweedFS server listens."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass
from pathlib import Path

from dataops_platform.errors import EnvironmentProblem

# SeaweedFS reaches the gRPC side of each service 10,000 above its HTTP port.
_TWIN = 10_000
_HIGHEST = 65_535 - _TWIN
# With their twins below the range from which systems lend ports to clients, so that none is given away by
# chance; and no port here is the twin of another.
_OURS = range(10_240, 20_240)
_LOOKS = 500
_ROLES = ("master", "volume", "filer", "admin")


class PortsTaken(Exception):
    """A port that was free a moment ago was not when the server bound it; another choice may work."""


@dataclass(frozen=True)
class ServerPorts:
    """The ports of one server: the S3 API's, and those its parts use among themselves."""

    s3: int
    inner: tuple[int, ...]

    def flags(self) -> list[str]:
        """Both ports of every part: a twin left unnamed moves silently onto a neighbour's if taken."""
        named = zip(("s3", *_ROLES), (self.s3, *self.inner), strict=True)
        return [
            flag
            for role, port in named
            for flag in (f"-{role}.port={port}", f"-{role}.port.grpc={port + _TWIN}")
        ]

    def sockets(self) -> list[Path]:
        """The Unix sockets that the server makes in /tmp, where it insists on them, and leaves behind."""
        ports = (self.s3, *self.inner)
        return [
            Path(f"/tmp/seaweedfs-{role}-{port}.sock")  # noqa: S108
            for role, http in zip(("s3", *_ROLES), ports, strict=True)
            for role, port in ((role, http), (f"{role}-grpc", http + _TWIN))
        ]


def free_ports(s3: int | None) -> ServerPorts:
    """Ports nobody listens on now; `s3` is taken as chosen or refused."""
    if s3 is not None:
        _require_free(s3)
    wanted = len(_ROLES) + (s3 is None)
    chosen = set() if s3 is None else {s3, s3 + _TWIN}
    found: list[int] = []
    for port in random.sample(_OURS, k=_LOOKS):
        if not chosen & {port, port + _TWIN} and _is_free(port, port + _TWIN):
            found.append(port)
        if len(found) == wanted:
            break
    else:
        raise EnvironmentProblem(
            f"No {wanted} free ports were found on 127.0.0.1 between {_OURS.start} and {_OURS.stop}: "
            "stop servers that are no longer needed, and start again."
        )
    return ServerPorts(s3=s3 or found.pop(), inner=tuple(found))


def _require_free(port: int) -> None:
    if not 1 <= port <= _HIGHEST:
        raise EnvironmentProblem(
            f"Port {port} cannot be SeaweedFS's, which needs {_TWIN} above it too: "
            f"choose one from 1 to {_HIGHEST}."
        )
    for taken in (port, port + _TWIN):
        if not _is_free(taken):
            raise EnvironmentProblem(
                f"Port {taken}, which SeaweedFS needs for S3 on port {port}, is in use on 127.0.0.1: "
                "stop the process that listens there, or choose another port."
            )


def _is_free(*ports: int) -> bool:
    return all(_binds(port) for port in ports)


def _binds(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections merely linger counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
