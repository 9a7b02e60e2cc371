"""This room's queries: how a table is read from the programs people use, as text to copy."""

from __future__ import annotations

import json

from dataops_platform.catalog.entry import Entry


def queries(entry: Entry) -> dict[str, str]:
    """A few lines for each program, those of the newest ingestion date where the table has dates."""
    url, dates = str(entry["location"]), (entry["partitions"] or {"dates": []})["dates"]
    text, quoted = json.dumps(url), "'" + url.replace("'", "''") + "'"
    newest = dates[-1] if dates else None
    day = ", ".join(str(int(part)) for part in newest.split("-")) if newest else ""
    spark = f'\nrows = rows.where(rows.ingestion_date == "{newest}")' if newest else ""
    duckdb = f"\nWHERE ingestion_date = DATE '{newest}'" if newest else ""
    polars = f'\nrows = rows.filter(pl.col("ingestion_date") == pl.date({day}))' if newest else ""
    secret = "CREATE SECRET (TYPE s3, PROVIDER credential_chain);\n" if url.startswith("s3://") else ""
    return {
        "Spark": f'rows = spark.read.format("delta").load({text}){spark}\nrows.show()',
        "DuckDB": f"INSTALL delta;\nLOAD delta;\n{secret}SELECT *\nFROM delta_scan({quoted}){duckdb};",
        "Polars": f"import polars as pl\n\nrows = pl.scan_delta({text}){polars}\nprint(rows.collect())",
    }
