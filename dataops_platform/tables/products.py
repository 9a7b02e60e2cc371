"""Products: what the shop sells."""

from datetime import timedelta

import pandera.pandas as pa
from pyspark.sql import DataFrame

from dataops_platform.core.arrivals import NOW_AND_THEN
from dataops_platform.core.contract import Money, TableContract

contract = TableContract(
    name="products",
    description="One row for each product, as the catalogue last described it.",
    owner="team:sales",
    key=("product_id",),
    freshness=timedelta(days=31),
    arrivals=NOW_AND_THEN,  # the catalogue is landed when a product or a price changes
    public=("product_id", "name", "category", "price"),
    columns={
        "product_id": pa.Column(str, nullable=False, description="The product's identifier."),
        "name": pa.Column(str, nullable=True, description="Name shown in the shop."),
        "category": pa.Column(str, nullable=True, description="Shelf it stands on."),
        "price": pa.Column(Money, pa.Check.ge(0), nullable=True, description="List price, to the cent."),
    },
)


def cleanse(rows: DataFrame) -> DataFrame:
    """Trimming and exact types are all that products need."""
    return rows
