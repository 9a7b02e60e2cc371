"""Customer 360: everything known of a customer, as of an ingestion date."""

import pandera.pandas as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.as_of import AsOf, count, latest, total
from dataops_platform.core.contract import Date, Money, TableContract

SCORES = (100, 80, 60, 40, 30, 20)
RECONCILED = ("no_customer_is_lost", "spend_equals_silver")

contract = TableContract(
    name="customer_360",
    description=(
        "One row for each customer as of an ingestion date: who they are, what they bought, did and asked, "
        "and a health score."
    ),
    owner="team:customer-analytics",
    key=("customer_id",),
    partitioned_by=("signup_region",),
    public=(
        "signup_region",
        "signup_date",
        "transaction_count",
        "total_spend",
        "last_transaction_date",
        "web_event_count",
        "last_web_activity",
        "support_ticket_count",
        "open_tickets",
        "customer_health_score",
    ),
    columns={
        "customer_id": pa.Column(str, nullable=False, description="The shop's identifier of the customer."),
        "name": pa.Column(str, nullable=True, description="Full name, as given at sign-up."),
        "email": pa.Column(
            str, nullable=True, description="Lower-case address; unknown@example.com if none."
        ),
        "signup_region": pa.Column(str, nullable=True, description="Region of the first order."),
        "signup_date": pa.Column(Date, nullable=True, description="Day of the first order."),
        "city": pa.Column(str, nullable=True, description="City of the first order."),
        "transaction_count": pa.Column(int, nullable=True, description="Payments so far."),
        "total_spend": pa.Column(
            Money, pa.Check.ge(0), nullable=False, description="Sum of all payments, to the cent."
        ),
        "last_transaction_date": pa.Column(Date, nullable=True, description="Day of the last payment."),
        "web_event_count": pa.Column(int, nullable=True, description="Events so far."),
        "last_web_activity": pa.Column(Date, nullable=True, description="Day of the last event."),
        "support_ticket_count": pa.Column(int, nullable=True, description="Tickets so far."),
        "open_tickets": pa.Column(int, nullable=True, description="Tickets whose last known status is OPEN."),
        "customer_health_score": pa.Column(
            int,
            pa.Check.isin(SCORES),
            nullable=False,
            description=(
                "100: spent over 1000; 80: over 500; 60: more than 5 payments; 40: paid within 30 days; "
                "20: more than 3 open tickets; 30: none of these."
            ),
        ),
    },
)


def build(
    as_of: AsOf,
    customers: DataFrame,
    transactions: DataFrame,
    web_events: DataFrame,
    support_tickets: DataFrame,
) -> DataFrame:
    """Every customer known as of each date, with what all sources say of them up to then."""
    bought = as_of.per(
        "customer_id",
        transactions,
        transaction_count=count(),
        total_spend=total("amount"),
        last_transaction_date=latest("transaction_date"),
    )
    did = as_of.per(
        "customer_id", web_events, web_event_count=count(), last_web_activity=latest("event_date")
    )
    asked = as_of.per(
        "customer_id",
        support_tickets,
        support_ticket_count=count(),
        open_tickets=count("status", equals="OPEN"),
    )
    on = ["ingestion_date", "customer_id"]
    known = as_of.known(customers).join(bought, on, "left").join(did, on, "left").join(asked, on, "left")
    counts = ("transaction_count", "web_event_count", "support_ticket_count", "open_tickets")
    zeros = {name: F.coalesce(name, F.lit(0)).cast("bigint") for name in counts}
    spend = F.coalesce("total_spend", F.lit(0)).cast("decimal(18,2)")
    return known.withColumns({**zeros, "total_spend": spend}).withColumns(
        {"customer_health_score": health_score()}
    )


def health_score() -> Column:
    """The first rule that holds decides; thirty days are counted back from the as-of date, never from the clock."""
    is_recent = F.col("last_transaction_date") > F.date_sub("ingestion_date", 30)
    score = (
        F.when(F.col("total_spend") > 1000, 100)
        .when(F.col("total_spend") > 500, 80)
        .when(F.col("transaction_count") > 5, 60)
        .when(is_recent, 40)
        .when(F.col("open_tickets") > 3, 20)
        .otherwise(30)
    )
    return score.cast("bigint")


def reconcile(
    snapshot: DataFrame, as_of: AsOf, customers: DataFrame, transactions: DataFrame, **_others: DataFrame
) -> DataFrame:
    """For each date: whether no customer was lost, and whether spend equals silver's to the cent."""
    known = as_of.known(customers).select("ingestion_date", "customer_id")
    paid = as_of.per("customer_id", transactions, paid=total("amount"))
    spend = paid.join(known, ["ingestion_date", "customer_id"], "left_semi")
    silver_customers = known.groupBy("ingestion_date").agg(F.count(F.lit(1)).alias("_customers"))
    silver_spend = spend.groupBy("ingestion_date").agg(F.sum("paid").alias("_spend"))
    totals = snapshot.groupBy("ingestion_date").agg(
        F.count(F.lit(1)).alias("_rows"), F.sum("total_spend").alias("_total")
    )
    compared = as_of.dates.join(totals, "ingestion_date", "left").join(
        silver_customers, "ingestion_date", "left"
    )
    zero = F.lit(0).cast("decimal(18,2)")
    return compared.join(silver_spend, "ingestion_date", "left").select(
        "ingestion_date",
        (F.coalesce("_rows", F.lit(0)) == F.coalesce("_customers", F.lit(0))).alias("no_customer_is_lost"),
        (F.coalesce("_total", zero) == F.coalesce("_spend", zero)).alias("spend_equals_silver"),
    )
