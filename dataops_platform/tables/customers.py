"""Customers: who buys, as the shop knows them."""

import pandera.pandas as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataops_platform.core.contract import Date, TableContract

contract = TableContract(
    name="customers",
    description="One row for each customer, as the shop last described them.",
    owner="team:customer-analytics",
    key=("customer_id",),
    event_date="signup_date",
    public=("signup_region", "signup_date"),
    columns={
        "customer_id": pa.Column(str, nullable=False, description="The shop's identifier of the customer."),
        "name": pa.Column(str, nullable=True, description="Full name, as given at sign-up."),
        "email": pa.Column(
            str, nullable=True, description="Lower-case address; unknown@example.com if none."
        ),
        "signup_region": pa.Column(str, nullable=True, description="Region of the first order."),
        "signup_date": pa.Column(Date, nullable=True, description="Day of the first order."),
        "city": pa.Column(str, nullable=True, description="City of the first order."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """Addresses compare equal whatever their case, and a missing one has one spelling."""
    return rows.withColumns({"email": F.coalesce(F.lower("email"), F.lit("unknown@example.com"))})
