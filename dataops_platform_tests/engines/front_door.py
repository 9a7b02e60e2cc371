"""This file holds the door of a workspace to its clusters' Spark Connect: for who has a token and names a cluster.

As Databricks documents it: the workspace's token, and the cluster in the header `x-databricks-cluster-id`.
https://docs.databricks.com/aws/en/dev-tools/databricks-connect/python/advanced
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]  # its types are a package of their own
from pyspark.sql.connect.client import DefaultChannelBuilder

_OF_ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_HOP_BY_HOP = ("authorization", "user-agent", "grpc-", ":")


@dataclass
class Door(grpc.GenericRpcHandler):  # type: ignore[misc]  # untyped, see above
    """Whoever has the token and names the cluster speaks to it.

    Attributes:
        sent: what was sent to the cluster, as it is on the wire.
        refused: how many calls were.
    """

    token: str
    cluster: str
    channel: Any
    port: int = 0
    sent: list[bytes] = field(default_factory=list)
    refused: int = 0

    def service(self, call: Any) -> Any:
        """The handler of one call."""
        told = {each.key: each.value for each in call.invocation_metadata}
        if told.get("authorization") != f"Bearer {self.token}":
            return self._refusal(grpc.StatusCode.UNAUTHENTICATED)
        if told.get("x-databricks-cluster-id") != self.cluster:
            return self._refusal(grpc.StatusCode.NOT_FOUND)
        kept = [(name, value) for name, value in told.items() if not name.startswith(_HOP_BY_HOP)]

        def passed_on(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            answers = self.channel.stream_stream(call.method)(self._noted(requests), metadata=kept)
            try:
                yield from answers
            except grpc.RpcError as error:
                context.set_trailing_metadata(error.trailing_metadata())
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(passed_on)

    def _noted(self, requests: Iterator[bytes]) -> Iterator[bytes]:
        for request in requests:
            self.sent.append(request)
            yield request

    def _refusal(self, code: Any) -> Any:
        def refuse(_requests: Iterator[bytes], context: Any) -> None:
            self.refused += 1
            context.abort(code, "as asked for")

        behaviour: Callable[..., Any] = refuse
        return grpc.stream_stream_rpc_method_handler(behaviour)


@contextmanager
def front_door(*, token: str, cluster: str, url: str) -> Iterator[Door]:
    """The door is open on the loopback interface until the end of the block; behind it is the server at `url`."""
    threads = ThreadPoolExecutor(16)
    with DefaultChannelBuilder(url, _OF_ANY_SIZE).toChannel() as channel, threads:
        door = Door(token, cluster, channel)
        server = grpc.server(threads, handlers=(door,), options=_OF_ANY_SIZE)
        door.port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield door
        finally:
            server.stop(grace=None).wait()
