"""Transactions: what was paid."""

import pandera.pandas as pa
from pyspark.sql import DataFrame

from dataops_platform.core.contract import Date, Money, TableContract

contract = TableContract(
    name="transactions",
    description="One row for each payment of a customer; an order paid in two ways has two.",
    owner="team:sales",
    key=("customer_id", "transaction_id"),
    event_date="transaction_date",
    public=("transaction_id", "transaction_date", "amount", "payment_type", "product_id"),
    columns={
        "customer_id": pa.Column(str, nullable=False, description="Who paid; see customers."),
        "transaction_id": pa.Column(
            str, nullable=False, description="The payment's identifier, unique for the customer."
        ),
        "transaction_date": pa.Column(Date, nullable=False, description="Day of the payment."),
        "amount": pa.Column(
            Money,
            pa.Check.ge(0),
            nullable=False,
            description="What was paid, in the shop's currency, to the cent.",
        ),
        "payment_type": pa.Column(str, nullable=True, description="How it was paid, e.g. credit_card."),
        "product_id": pa.Column(str, nullable=True, description="What was bought; see products."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """Trimming and exact types are all that payments need."""
    return rows
