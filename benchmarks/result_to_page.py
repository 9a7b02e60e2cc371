"""How long after a date was judged its table's page in the lake tells of it, with `dataops dev` seeing to it."""

import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from botocore.exceptions import ClientError
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from benchmarks.drop_to_gold import GIVE_UP_SECONDS, dev
from dataops_platform.demo.s3_server import S3Server
from dataops_platform.observability.journal import VERDICTS

_LOOK_SECONDS = 0.25
_FIRST = date(2026, 7, 10)  # after the sample shop's month, which is loaded along with it
_PAGE = "catalog/site/tables/silver-products.html"


def run(cache: Path, *, results: int) -> list[float]:
    """The seconds of each result, one after the other; those of one that comes first are left out."""
    with dev(cache / "pages") as server:
        return [_seconds_to_page(server, _FIRST + timedelta(days=number)) for number in range(results + 1)][
            1:
        ]


def _seconds_to_page(server: S3Server, day: date) -> float:
    body = f"product_id,name,category,price\np{day:%d},Lamp,light,2.50\n".encode()
    with closing(server.client()) as s3:
        s3.put_object(Bucket="landing", Key=f"products/dt={day}/a.csv", Body=body)
        started, told = time.monotonic(), f'<th scope="row" class="date">{day}</th>'
        while told not in _page(s3):
            if time.monotonic() - started > GIVE_UP_SECONDS:
                raise TimeoutError(f"{day} is on no page after {GIVE_UP_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)
    return (datetime.now(UTC) - _judged_at(server, day)).total_seconds()


def _page(s3: object) -> str:
    try:
        return str(s3.get_object(Bucket="lake", Key=_PAGE)["Body"].read().decode())  # type: ignore[attr-defined]
    except ClientError:
        return ""


def _judged_at(server: S3Server, day: date) -> datetime:
    """When the journal says that the date was judged."""
    table = DeltaTable(f"s3://lake/{VERDICTS}", storage_options=server.environment())
    of_it = (
        (pl.col("table") == "products") & (pl.col("layer") == "silver") & (pl.col("ingestion_date") == day)
    )
    found = pl.scan_delta(table).filter(of_it).select(pl.col("at").max()).collect().item()
    if not isinstance(found, datetime):
        raise DeltaError(f"the journal does not tell of {day}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
