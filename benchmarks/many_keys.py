"""Landing areas of very many old keys, each of which is in the raw zone and has reached gold; made once and kept."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from benchmarks.filer import Filer
from dataops_platform.core.inputs import product_inputs, silver_inputs
from dataops_platform.core.landed_object import METADATA_SUFFIX, StoredObject, landed
from dataops_platform.core.platform import Platform
from dataops_platform.core.ports import Entry
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.landing.raw_zone import RawZone
from dataops_platform.resources.environments import platform_for, read_settings
from dataops_platform.tables import load_tables

TABLE = "customers"
BODY = b"customer_id,name\nc1,Ana\n"
_A_DATE = 1_000
#: What each key names is whole there; the companion's own words are of no account to a tick.
_COMPANION = b"{}"


@dataclass(frozen=True)
class KeyRange:
    """A landing area and a lake below a prefix of their own.

    Attributes:
        count: how many keys have landed, a thousand on each of the newest dates.
        today: the newest of these dates.
    """

    count: int
    today: date

    @property
    def name(self) -> str:
        """The prefix below which both lie in their buckets."""
        return f"{self.today}-{self.count}"

    @property
    def first_date(self) -> date:
        """The oldest date."""
        return self.today - timedelta(days=self.count // _A_DATE - 1)

    def landed(self) -> Iterator[str]:
        """What has landed, in order."""
        days = (self.first_date + timedelta(days=number) for number in range(self.count // _A_DATE))
        return (f"{TABLE}/dt={day}/{number:05}.csv" for day in days for number in range(_A_DATE))

    def settings(self) -> dict[str, str]:
        """The variables that name both."""
        return {
            "DATAOPS_LANDING_URL": f"s3://landing/{self.name}",
            "DATAOPS_LAKE_URL": f"s3://lake/{self.name}",
            "DATAOPS_FIRST_DATE": self.first_date.isoformat(),
        }


def make(server: S3Server, wanted: KeyRange) -> None:
    """The keys are there, in the raw zone too, and nothing is due; made where they were not."""
    done = f"{wanted.name}.done"
    with closing(server.client()) as client:
        if client.list_objects_v2(Bucket="lake", Prefix=done).get("KeyCount"):
            return
        filer = Filer(server)
        sample = filer.copy("landing", BODY, (f"{wanted.name}/{key}" for key in wanted.landed()))
        raw = (f"{wanted.name}/{key}" for key in _raw_keys(wanted, sample))
        filer.copy("lake", _COMPANION, chain.from_iterable((key, key + METADATA_SUFFIX) for key in raw))
        _settle(platform_for(read_settings(wanted.settings()), load_tables()), wanted.count)
        client.put_object(Bucket="lake", Key=done, Body=b"")


def _raw_keys(wanted: KeyRange, sample: StoredObject) -> Iterator[str]:
    for key in wanted.landed():
        stored = StoredObject(key, sample.size, sample.etag, sample.landed_at)
        found = landed("landing", stored, frozenset({TABLE}), prefix=f"{wanted.name}/")
        if found is not None:
            yield found.raw_key


def _settle(platform: Platform, count: int) -> None:
    """The journal says of all that landed that it was published."""
    listing, table = RawZone(platform.lake_store).listing(), platform.table(TABLE)
    if sum(map(len, listing.objects.values())) != count:
        raise RuntimeError(f"not all of {count} keys were made")
    bronze = {day: listing.fingerprint(TABLE, day) for day in listing.dates(TABLE)}
    _record(platform, "bronze", TABLE, bronze)
    _record(platform, "silver", TABLE, silver_inputs(platform.journal.state(), table.contract))
    for product in platform.products:
        _record(platform, "gold", product.name, product_inputs(platform.journal.state(), product))


def _record(platform: Platform, layer: str, table: str, inputs: dict[date, str]) -> None:
    version, now = platform.table(table).contract.version, datetime.now(UTC)
    platform.journal.record(
        [
            Entry(table, layer, day, told, version, True, 1, 0, "", "benchmark", now)
            for day, told in inputs.items()
        ]
    )
