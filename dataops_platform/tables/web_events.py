"""Web events: what customers did on the site."""

import pandera.pandas as pa
from pyspark.sql import DataFrame

from dataops_platform.core.contract import Date, TableContract

contract = TableContract(
    name="web_events",
    description="One row for each thing a visitor did on the site.",
    owner="team:web",
    key=("event_id",),
    event_date="event_date",
    public=("event_id", "event_type", "event_date"),
    columns={
        "event_id": pa.Column(str, nullable=False, description="The event's identifier."),
        "customer_id": pa.Column(str, nullable=True, description="Who did it, if signed in; see customers."),
        "event_type": pa.Column(str, nullable=True, description="What was done, e.g. page_view."),
        "event_date": pa.Column(Date, nullable=True, description="Day it was done."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """Trimming and exact types are all that events need."""
    return rows
