"""Whether two variants did the same work: the tables they published, read back and compared."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

TABLES = ("customers", "products", "transactions", "web_events", "support_tickets")


class NotTheSameWorkError(AssertionError):
    """Two variants published different tables, so their times cannot be compared."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a variant left in its lake: rows of each silver table, and customer_360 sorted by customer."""

    silver_rows: dict[str, int]
    customers: pl.DataFrame


def published_in(lake: Path) -> Published:
    """The tables of the lake, by a reader none of the variants writes with."""
    rows = {table: _rows(lake / "silver" / table) for table in TABLES}
    gold = pl.scan_delta(str(lake / "gold" / "customer_360")).select(
        pl.col("customer_id"),
        pl.col("transaction_count").cast(pl.Int64).fill_null(0),
        pl.col("total_spend").cast(pl.Decimal(38, 2)).fill_null(0),
        pl.col("customer_health_score").cast(pl.Int64),
    )
    return Published(rows, gold.sort("customer_id").collect())


def _rows(table: Path) -> int:
    return int(pl.scan_delta(str(table)).select(pl.len()).collect().item())


def refuse_a_difference(expected: Published, got: Published, *, variant: str) -> None:
    """Nothing happens when both are equal; else the error tells how far apart they are, without values."""
    if expected.silver_rows != got.silver_rows:
        raise NotTheSameWorkError(
            f"{variant}: silver holds {got.silver_rows} rows, the first variant's {expected.silver_rows}; "
            "the lakes are kept, compare the tables that differ"
        )
    if not expected.customers.equals(got.customers):
        both = expected.customers.join(got.customers, on="customer_id", how="full", suffix="_got")
        apart = {
            column: both.filter(pl.col(column).ne_missing(pl.col(f"{column}_got"))).height
            for column in expected.customers.columns
        }
        raise NotTheSameWorkError(
            f"{variant}: customer_360 has {got.customers.height} customers against "
            f"{expected.customers.height}; rows that differ by column: {apart}"
        )
