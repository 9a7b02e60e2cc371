"""Support tickets: where customers asked for help."""

import pandera.pandas as pa
from pyspark.sql import DataFrame

from dataops_platform.core.contract import Date, TableContract

contract = TableContract(
    name="support_tickets",
    description="One row for each request for help, with its last known status.",
    owner="team:support",
    key=("ticket_id",),
    event_date="opened_date",
    public=("ticket_id", "status", "opened_date"),
    columns={
        "ticket_id": pa.Column(str, nullable=False, description="The ticket's identifier."),
        "customer_id": pa.Column(str, nullable=True, description="Who asked; see customers."),
        "status": pa.Column(str, nullable=True, description="OPEN, CLOSED or another state."),
        "opened_date": pa.Column(Date, nullable=True, description="Day it was opened."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """Trimming and exact types are all that tickets need."""
    return rows
