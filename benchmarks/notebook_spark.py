"""The pipeline as notebooks on Spark write it: a scan for each rule, no quarantine, no raw zone, no metadata.

It is the baseline the platform replaces, so it is kept as such notebooks are: settings as they come, no
tuning. `--tuned` applies the three settings a careful person would change on one machine.
"""

import argparse
from pathlib import Path

from delta import configure_spark_with_delta_pip
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

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
TUNED = {
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}


def main() -> None:
    """Silver and gold stand in the lake folder, made from the landing folder as of one date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landing", type=Path)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--tuned", action="store_true")
    asked = parser.parse_args()
    spark = session(tuned=asked.tuned)
    for table in KEYS:
        landed = spark.read.parquet(str(asked.landing / table / f"dt={asked.as_of}"))
        validate(table, landed)
        publish(cleansed(table, landed), asked.lake / "silver" / table, partition_by(table))
    gold = customer_360(spark, asked.lake / "silver", asked.as_of)
    publish(gold, asked.lake / "gold" / "customer_360", ["signup_region"])
    spark.stop()


def session(*, tuned: bool) -> SparkSession:
    """Local Spark with Delta, the way the Delta documentation starts it."""
    builder = (
        SparkSession.builder.appName("notebooks")
        .master("local[*]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    )
    for name, value in (TUNED if tuned else {}).items():
        builder = builder.config(name, value)
    return configure_spark_with_delta_pip(builder).getOrCreate()


def validate(table: str, landed: DataFrame) -> None:
    """The table's null and duplicate limits hold, or the notebook stops."""
    row_count = landed.count()
    for column in CRITICAL[table]:
        null_pct = 100 * landed.filter(F.col(column).isNull()).count() / row_count
        print(f"{table}.{column}_null_pct = {null_pct:.3f}")
        if null_pct > 10 and row_count > 100:
            raise ValueError(f"{table}: {null_pct:.1f} % of {column} is null, 10 % is allowed")
    duplicates = landed.groupBy(*KEYS[table]).count().filter(F.col("count") > 1).count()
    duplicate_pct = 100 * duplicates / row_count
    print(f"{table}: row_count = {row_count}, duplicate_pct = {duplicate_pct:.3f}")
    if duplicate_pct > 5:
        raise ValueError(f"{table}: {duplicate_pct:.1f} % of the keys occur more than once, 5 % is allowed")


def cleansed(table: str, landed: DataFrame) -> DataFrame:
    """Trimmed text, dates, exact amounts, one row for each key, none without its critical columns."""
    clean = landed
    for name, kind in landed.dtypes:
        if kind == "string":
            clean = clean.withColumn(name, F.trim(F.col(name)))
    if "email" in clean.columns:
        clean = clean.withColumn("email", F.coalesce(F.lower(F.col("email")), F.lit("unknown@example.com")))
    if "amount" in clean.columns:
        clean = clean.withColumn("amount", F.col("amount").cast("decimal(18,2)"))
    if table in EVENT_DATES:
        event_date = EVENT_DATES[table]
        clean = clean.withColumn(event_date, F.to_date(event_date, "yyyy-MM-dd"))
        clean = clean.withColumn("year", F.year(event_date)).withColumn("month", F.month(event_date))
    return clean.dropna(subset=CRITICAL[table]).dropDuplicates(KEYS[table])


def partition_by(table: str) -> list[str]:
    """Year and month of the event date; a table without one is not partitioned."""
    return ["year", "month"] if table in EVENT_DATES else []


def publish(frame: DataFrame, folder: Path, partitions: list[str]) -> None:
    """The Delta table in the folder holds the frame and nothing else."""
    frame.write.format("delta").mode("overwrite").partitionBy(*partitions).save(str(folder))


def customer_360(spark: SparkSession, silver: Path, as_of: str) -> DataFrame:
    """One row for each customer with what they spent, did and asked, and the health score."""
    customers, transactions, events, tickets = (
        spark.read.format("delta").load(str(silver / table))
        for table in ("customers", "transactions", "web_events", "support_tickets")
    )
    spending = transactions.groupBy("customer_id").agg(
        F.count("*").alias("transaction_count"),
        F.sum("amount").alias("total_spend"),
        F.max("transaction_date").alias("last_transaction_date"),
    )
    activity = events.groupBy("customer_id").agg(
        F.count("*").alias("web_event_count"), F.max("event_date").alias("last_web_activity")
    )
    support = tickets.groupBy("customer_id").agg(
        F.count("*").alias("support_ticket_count"),
        F.sum(F.when(F.col("status") == "OPEN", 1).otherwise(0)).alias("open_tickets"),
    )
    joined = customers.join(spending, "customer_id", "left").join(activity, "customer_id", "left")
    joined = joined.join(support, "customer_id", "left").fillna(
        0, ["transaction_count", "total_spend", "web_event_count", "support_ticket_count", "open_tickets"]
    )
    return joined.withColumn("customer_health_score", health_score(as_of))


def health_score(as_of: str) -> Column:
    """The first rule that holds gives the score."""
    return (
        F.when(F.col("total_spend") > 1000, 100)
        .when(F.col("total_spend") > 500, 80)
        .when(F.col("transaction_count") > 5, 60)
        .when(F.col("last_transaction_date") > F.date_sub(F.lit(as_of).cast("date"), 30), 40)
        .when(F.col("open_tickets") > 3, 20)
        .otherwise(30)
    )


if __name__ == "__main__":
    main()
