"""This file holds a landing area and a lake on a real S3 server, and the ingest between them, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dataops_platform.core.ports import ObjectStore
from dataops_platform.landing.ingest import Ingest, Ingested
from dataops_platform.landing.raw_zone import RawListing, RawZone
from dataops_platform.resources.object_store import S3Store
from dataops_platform_tests.reliability.after_a_fault import assert_raw_zone_holds

DAY = date(2026, 1, 2)
#: What the platform in the tests takes.
FIRST, LAST = date(2026, 1, 1), date(2036, 1, 1)


@dataclass
class LandingArea:
    """Where files land below a prefix of their own, and all that was accepted there.

    Attributes:
        client: a client that reaches the server whatever is made to fail.
        accepted: each version that was there to be seen: its whole key and its bytes.
    """

    client: Any
    prefix: str
    accepted: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def landing(self) -> S3Store:
        """Where files land."""
        return S3Store("landing", f"{self.prefix}/landing", self.client)

    @property
    def lake(self) -> S3Store:
        """Where the raw zone is."""
        return S3Store("lake", f"{self.prefix}/lake", self.client)

    def land(self, key: str, body: bytes, *, is_accepted: bool = True) -> None:
        """A file has landed."""
        whole = f"{self.prefix}/landing/{key}"
        self.client.put_object(Bucket="landing", Key=whole, Body=body)
        if is_accepted:
            self.accepted.append((whole, body))

    def delete(self, key: str) -> None:
        """A file is gone."""
        self.client.delete_object(Bucket="landing", Key=f"{self.prefix}/landing/{key}")

    def step(self, landing: ObjectStore | None = None, lake: ObjectStore | None = None) -> Ingest:
        """The ingest between the two, or between others that stand for them."""
        return Ingest(
            landing or self.landing,
            lake or self.lake,
            frozenset({"customers", "products"}),
            lambda day: FIRST <= day <= LAST,
        )

    def present(self) -> RawListing:
        """The raw zone now."""
        return RawZone(self.lake).listing()

    def ingest(self, **stores: ObjectStore) -> Ingested:
        """One pass."""
        return self.step(**stores).run(self.present().keys)

    def assert_whole(self) -> None:
        """What was accepted is in the raw zone, once; and another pass does nothing."""
        before = self.present()
        assert_raw_zone_holds(self.lake, self.accepted)

        again = self.ingest()

        assert (again.copied, again.changed, again.failed) == ([], [], {})
        assert self.present() == before


@contextmanager
def moto() -> Iterator[Any]:
    """A client of moto's server, with the two buckets."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    try:
        for name in ("landing", "lake"):
            client.create_bucket(Bucket=name)
        yield client
    finally:
        client.close()
        server.stop()
