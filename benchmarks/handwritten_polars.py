"""The same tables written by hand for speed: Polars and delta-rs, none of the platform's guarantees.

It shows what the guarantees cost. `--with-bronze` keeps what the platform keeps besides silver and gold: the
raw bytes and a bronze table of text with each row's origin.
"""

import argparse
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

KEYS = {
    "customers": ["customer_id"],
    "products": ["product_id"],
    "transactions": ["customer_id", "transaction_id"],
    "web_events": ["event_id"],
    "support_tickets": ["ticket_id"],
}
CRITICAL = KEYS | {"transactions": ["customer_id", "transaction_id", "transaction_date", "amount"]}
EVENT_DATES = {
    "customers": "signup_date",
    "transactions": "transaction_date",
    "web_events": "event_date",
    "support_tickets": "opened_date",
}


def main() -> None:
    """Silver and gold stand in the lake folder, made from the landing folder as of one date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landing", type=Path)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--with-bronze", action="store_true")
    asked = parser.parse_args()
    for table in KEYS:
        folder = asked.landing / table / f"dt={asked.as_of}"
        if asked.with_bronze:
            keep_raw(
                folder, asked.lake / "bronze" / "source=landing" / f"{asked.as_of:ingestion_date=%Y/%m/%d}"
            )
            publish(bronze(folder, asked.as_of), asked.lake / "bronze" / table, ["ingestion_date"])
        landed = pl.scan_parquet(folder / "*.parquet", hive_partitioning=False)
        validate(table, landed)
        publish(cleansed(table, landed), asked.lake / "silver" / table, partition_by(table))
    gold = customer_360(asked.lake / "silver", asked.as_of)
    publish(gold, asked.lake / "gold" / "customer_360", ["signup_region"])


def keep_raw(folder: Path, raw_zone: Path) -> None:
    """Every landed file of the folder is in the raw zone, byte for byte."""
    raw_zone.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.iterdir()):
        shutil.copyfile(file, raw_zone / f"{folder.parent.name}_{file.name}")


def bronze(folder: Path, ingestion_date: date) -> pl.LazyFrame:
    """Every column as text, with the object and the row number each row came from."""
    return pl.concat(_bronze_files(folder, ingestion_date))


def _bronze_files(folder: Path, ingestion_date: date) -> Iterator[pl.LazyFrame]:
    for file in sorted(folder.iterdir()):
        rows = pl.scan_parquet(file, row_index_name="_position", row_index_offset=1, hive_partitioning=False)
        yield rows.select(
            pl.exclude("_position").cast(pl.String),
            pl.lit(None, pl.String).alias("_rescued"),
            pl.lit(None, pl.String).alias("_corrupt_record"),
            pl.lit(file.as_posix()).alias("_source_object"),
            pl.col("_position").cast(pl.Int64),
            pl.lit(datetime.fromtimestamp(file.stat().st_mtime, UTC)).alias("_ingested_at"),
            pl.lit(ingestion_date).alias("ingestion_date"),
        )


def validate(table: str, landed: pl.LazyFrame) -> None:
    """The table's null and duplicate limits hold, or the program stops."""
    repeated = landed.group_by(KEYS[table]).len().filter(pl.col("len") > 1).select(pl.len())
    counts = landed.select(pl.len().alias("row_count"), pl.col(CRITICAL[table]).null_count())
    duplicates, nulls = (frame.row(0, named=True) for frame in pl.collect_all([repeated, counts]))
    row_count = nulls.pop("row_count")
    null_pct = {column: 100 * count / row_count for column, count in nulls.items()}
    duplicate_pct = 100 * duplicates["len"] / row_count
    print(f"{table}: row_count = {row_count}, duplicate_pct = {duplicate_pct:.3f}, null_pct = {null_pct}")
    if (row_count > 100 and max(null_pct.values()) > 10) or duplicate_pct > 5:
        raise ValueError(f"{table}: more than 10 % nulls in a critical column or 5 % repeated keys")


def cleansed(table: str, landed: pl.LazyFrame) -> pl.LazyFrame:
    """Trimmed text, dates, exact amounts, one row for each key, none without its critical columns."""
    columns = landed.collect_schema()
    clean = landed.drop_nulls(CRITICAL[table]).with_columns(pl.col(pl.String).str.strip_chars())
    if "email" in columns:
        clean = clean.with_columns(pl.col("email").str.to_lowercase().fill_null("unknown@example.com"))
    if "amount" in columns:
        clean = clean.with_columns(pl.col("amount").cast(pl.Decimal(18, 2)))
    if table in EVENT_DATES:
        event_date = pl.col(EVENT_DATES[table])
        clean = clean.with_columns(event_date.str.to_date("%Y-%m-%d"))
        clean = clean.with_columns(year=event_date.dt.year(), month=event_date.dt.month())
    return clean.unique(KEYS[table], keep="any")


def partition_by(table: str) -> list[str]:
    """Year and month of the event date; a table without one is not partitioned."""
    return ["year", "month"] if table in EVENT_DATES else []


def publish(frame: pl.LazyFrame, folder: Path, partitions: list[str]) -> None:
    """The Delta table in the folder holds the frame and nothing else; the rows stream through."""
    frame.sink_delta(folder, mode="overwrite", delta_write_options={"partition_by": partitions})


def customer_360(silver: Path, as_of: date) -> pl.LazyFrame:
    """One row for each customer with what they spent, did and asked, and the health score."""
    customers, transactions, events, tickets = (
        pl.scan_delta(silver / table)
        for table in ("customers", "transactions", "web_events", "support_tickets")
    )
    spending = transactions.group_by("customer_id").agg(
        pl.len().alias("transaction_count"),
        pl.col("amount").sum().alias("total_spend"),
        pl.col("transaction_date").max().alias("last_transaction_date"),
    )
    activity = events.group_by("customer_id").agg(
        pl.len().alias("web_event_count"), pl.col("event_date").max().alias("last_web_activity")
    )
    support = tickets.group_by("customer_id").agg(
        pl.len().alias("support_ticket_count"), (pl.col("status") == "OPEN").sum().alias("open_tickets")
    )
    joined = customers.join(spending, on="customer_id", how="left").join(
        activity, on="customer_id", how="left"
    )
    counts = ("transaction_count", "total_spend", "web_event_count", "support_ticket_count", "open_tickets")
    joined = joined.join(support, on="customer_id", how="left").with_columns(pl.col(counts).fill_null(0))
    return joined.with_columns(customer_health_score=health_score(as_of))


def health_score(as_of: date) -> pl.Expr:
    """The first rule that holds gives the score."""
    return (
        pl.when(pl.col("total_spend") > 1000)
        .then(100)
        .when(pl.col("total_spend") > 500)
        .then(80)
        .when(pl.col("transaction_count") > 5)
        .then(60)
        .when(pl.col("last_transaction_date") > as_of - timedelta(days=30))
        .then(40)
        .when(pl.col("open_tickets") > 3)
        .then(20)
        .otherwise(30)
    )


if __name__ == "__main__":
    main()
