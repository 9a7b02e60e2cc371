"""This room holds the platform's rules a second time: plain SQL over the raw landing files, to check it by.

It shares no code, engine or table with the platform: where the two disagree, one is wrong. Each statement of
the script quotes the rule it restates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

Row = dict[str, Any]
# A file's rows as JSON of texts: every format alike, an absent column unlike an empty one, no number parsed.
READERS = {
    "csv": """SELECT to_json(r) AS row FROM read_csv($file, header = true, all_varchar = true, delim = ',',
              quote = '"', escape = '"', skip = 0, strict_mode = true, hive_partitioning = false) AS r""",
    "jsonl": "SELECT json AS row FROM read_ndjson_objects($file, hive_partitioning = false)",
    "parquet": """SELECT to_json(r) AS row FROM
              (SELECT COLUMNS(*)::VARCHAR FROM read_parquet($file, hive_partitioning = false)) AS r""",
}
# The key refuses a second file of a table and date: nothing here says which of two landed last. The check
# refuses JSON numbers: DuckDB reads them as doubles, and the cents it shows need not be those that landed.
LANDED = """CREATE TABLE landed (
    tbl TEXT, ingestion_date DATE, _source_object TEXT, _position BIGINT, row JSON,
    PRIMARY KEY (tbl, ingestion_date, _position),
    CHECK (list_has_all(['VARCHAR', 'NULL'], json_type(row, '$.*'))))
"""

RULES = """
-- "Tables that ship with it": a column of the key is critical too, since a null identifies nothing.
CREATE TABLE contract AS
WITH listed (tbl, key, critical, optional) AS (VALUES
    ('customers', ['customer_id'], [], ['name', 'email', 'signup_region', 'signup_date', 'city']),
    ('transactions', ['customer_id', 'transaction_id'],
     ['transaction_date', 'amount'], ['payment_type', 'product_id']),
    ('products', ['product_id'], [], ['name', 'category', 'price']),
    ('web_events', ['event_id'], [], ['customer_id', 'event_type', 'event_date']),
    ('support_tickets', ['ticket_id'], [], ['customer_id', 'status', 'opened_date']))
SELECT tbl, unnest(key || critical || optional) AS col,
       col IN key AS is_key, col NOT IN optional AS is_critical,
       CASE WHEN col IN ('amount', 'price') THEN 'money' WHEN suffix(col, '_date') THEN 'date' END AS kind
FROM listed;

-- "dates: text yyyy-MM-dd; amounts exact decimals": decimal(18,2), so a third decimal does not convert.
CREATE MACRO as_date(v) AS
    CASE WHEN regexp_full_match(trim(v), '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN try_cast(trim(v) AS DATE) END;
CREATE MACRO as_money(v) AS
    CASE WHEN regexp_full_match(trim(v), '-?[0-9]{1,16}([.][0-9]{1,2})?') THEN trim(v)::DECIMAL(18, 2) END;

-- Every value a contract knows of, as landed: one line for each row and column.
CREATE TABLE cell AS
SELECT tbl, ingestion_date, _position, col, kind, is_key, is_critical,
       row ->> col AS text, json_exists(row, col) AS is_there,
       CASE kind WHEN 'date' THEN as_date(text) IS NOT NULL WHEN 'money' THEN as_money(text) IS NOT NULL
                 ELSE text IS NOT NULL END AS converts
FROM landed JOIN contract USING (tbl);

-- "of rows sharing a key, all but the last landed": a partition is one file here, so by position.
CREATE TABLE keyed AS
SELECT *, count(*) OVER same_key AS sharing, _position < max(_position) OVER same_key AS is_superseded
FROM (SELECT tbl, ingestion_date, _position, list(trim(text) ORDER BY col) AS key
      FROM cell WHERE is_key GROUP BY ALL HAVING count(text) = count(*))
WINDOW same_key AS (PARTITION BY tbl, ingestion_date, key);

-- "fails if more than 10 % are null and it has more than 100 rows"; "a missing critical column, or a type no
-- value of which converts, fails"; "keys that occur more than once, as a percentage of rows; above 5 %".
CREATE TABLE verdict AS
WITH by_column AS (
    SELECT tbl, ingestion_date, count(*) AS landed, is_critical AND NOT bool_or(is_there) AS is_missing,
           is_critical AND count(*) > 100 AND 100 * count_if(text IS NULL) > 10 * count(*) AS is_empty,
           count(text) > 0 AND count_if(converts) = 0 AS never_converts
    FROM cell GROUP BY tbl, ingestion_date, col, is_critical),
repeated AS (
    SELECT tbl, ingestion_date, count(DISTINCT key) AS keys FROM keyed WHERE sharing > 1 GROUP BY ALL)
SELECT tbl, ingestion_date, landed,
       100 * coalesce(keys, 0) > 5 * landed OR bool_or(is_missing OR is_empty OR never_converts) AS is_refused
FROM by_column LEFT JOIN repeated USING (tbl, ingestion_date) GROUP BY tbl, ingestion_date, landed, keys;

-- Quarantine: "a row with a null in a critical column, a broken rule or a value that does not convert;
-- of rows sharing a key, all but the last landed. Of a refused partition all rows are there".
CREATE TABLE broken AS
SELECT tbl, ingestion_date, _position, col || '_is_present' AS rule FROM cell
WHERE is_critical AND text IS NULL
UNION ALL
SELECT tbl, ingestion_date, _position, col || '_is_valid' FROM cell
WHERE text IS NOT NULL AND (NOT converts OR (kind = 'money' AND as_money(text) < 0))
UNION ALL
SELECT tbl, ingestion_date, _position, 'key_is_unique' FROM keyed WHERE is_superseded
UNION ALL
SELECT tbl, ingestion_date, _position, 'partition_is_accepted'
FROM landed JOIN verdict USING (tbl, ingestion_date) WHERE is_refused;

-- Silver: every other row. "email: null -> unknown@example.com, else lower-cased; every text column trimmed";
-- "year and month are derived from the table's event date". One for all: a name means the same in each table.
CREATE TABLE silver AS
SELECT tbl, key, trim(row ->> 'customer_id') AS customer_id, trim(row ->> 'name') AS name,
       coalesce(lower(trim(row ->> 'email')), 'unknown@example.com') AS email,
       trim(row ->> 'signup_region') AS signup_region, as_date(row ->> 'signup_date') AS signup_date,
       trim(row ->> 'city') AS city, trim(row ->> 'transaction_id') AS transaction_id,
       as_date(row ->> 'transaction_date') AS transaction_date, as_money(row ->> 'amount') AS amount,
       trim(row ->> 'payment_type') AS payment_type, trim(row ->> 'product_id') AS product_id,
       trim(row ->> 'category') AS category, as_money(row ->> 'price') AS price,
       trim(row ->> 'event_id') AS event_id, trim(row ->> 'event_type') AS event_type,
       as_date(row ->> 'event_date') AS event_date, trim(row ->> 'ticket_id') AS ticket_id,
       trim(row ->> 'status') AS status, as_date(row ->> 'opened_date') AS opened_date,
       CASE tbl WHEN 'customers' THEN signup_date WHEN 'transactions' THEN transaction_date
                WHEN 'web_events' THEN event_date WHEN 'support_tickets' THEN opened_date END AS happened,
       year(happened) AS year, month(happened) AS month, _source_object, _position, ingestion_date
FROM landed JOIN keyed USING (tbl, ingestion_date, _position)
ANTI JOIN broken USING (tbl, ingestion_date, _position);

-- "what had been ingested up to and including that date, for each key the row ingested last".
CREATE MACRO known_at(d) AS TABLE
SELECT * FROM silver WHERE ingestion_date <= d
QUALIFY row_number() OVER (PARTITION BY tbl, key ORDER BY ingestion_date DESC) = 1;
"""

SILVER = "FROM silver WHERE tbl = $tbl"
PARTITIONS = """
SELECT tbl, ingestion_date, landed, count(s.tbl) AS silver, landed - count(s.tbl) AS quarantine, is_refused
FROM verdict LEFT JOIN silver AS s USING (tbl, ingestion_date)
GROUP BY tbl, ingestion_date, landed, is_refused
"""
QUARANTINE = """
SELECT _source_object, _position, list(rule ORDER BY rule) AS rules
FROM broken JOIN landed USING (tbl, ingestion_date, _position) WHERE tbl = $tbl GROUP BY ALL
"""
CUSTOMER_360 = """
WITH known AS (FROM known_at($as_of::DATE)),
spend AS (SELECT customer_id, count(*) AS n, sum(amount) AS total, max(transaction_date) AS last
          FROM known WHERE tbl = 'transactions' GROUP BY customer_id),
web AS (SELECT customer_id, count(*) AS n, max(event_date) AS last
        FROM known WHERE tbl = 'web_events' GROUP BY customer_id),
support AS (SELECT customer_id, count(*) AS n, count_if(status = 'OPEN') AS open
            FROM known WHERE tbl = 'support_tickets' GROUP BY customer_id)
SELECT c.customer_id, c.name, c.email, c.signup_region, c.signup_date, c.city,
       coalesce(spend.n, 0) AS transaction_count, coalesce(spend.total, 0.00) AS total_spend,
       spend.last AS last_transaction_date,
       coalesce(web.n, 0) AS web_event_count, web.last AS last_web_activity,
       coalesce(support.n, 0) AS support_ticket_count, coalesce(support.open, 0) AS open_tickets,
       CASE WHEN total_spend > 1000 THEN 100 WHEN total_spend > 500 THEN 80
            WHEN transaction_count > 5 THEN 60
            WHEN last_transaction_date > $as_of::DATE - 30 THEN 40
            WHEN open_tickets > 3 THEN 20
            ELSE 30 END AS customer_health_score
FROM (FROM known WHERE tbl = 'customers') AS c
LEFT JOIN spend USING (customer_id) LEFT JOIN web USING (customer_id) LEFT JOIN support USING (customer_id)
"""


class Oracle:
    """What the platform must publish for a folder `<table>/dt=YYYY-MM-DD/<table>.<csv|jsonl|parquet>`.

    One well-formed file for each table and date, JSON values as texts: on anything else it raises instead of
    guessing. `bucket` is where the files are landed: a row is named by its object and position.
    """

    def __init__(self, root: Path, *, bucket: str = "landing") -> None:
        """Read every file and apply every rule."""
        self._sql = duckdb.connect(config={"threads": 1})  # one thread keeps a file's rows in their order
        self._sql.execute(LANDED)
        for file in sorted(path for path in root.glob("*/dt=*/*") if path.is_file()):
            self._land(file, f"s3://{bucket}/{file.relative_to(root).as_posix()}")
        self._sql.execute(RULES)

    def _land(self, file: Path, source: str) -> None:
        table, day = file.parent.parent.name, file.parent.name.removeprefix("dt=")
        landing = "INSERT INTO landed SELECT $table, $day::DATE, $source, row_number() OVER (), row"
        facts = {"table": table, "day": day, "source": source, "file": str(file)}
        self._sql.execute(f"{landing} FROM ({READERS[file.suffix[1:]]})", facts)

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """Answer a query over the script's tables, each row by its column names."""
        answer = self._sql.execute(query, parameters)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def partitions(self) -> list[Row]:
        """Count, for each table and date, the rows landed, in silver and in quarantine."""
        return self.rows(PARTITIONS)

    def silver(self, table: str) -> list[Row]:
        """Return the table's silver rows, typed, each with its object and position."""
        kept = [row["col"] for row in self.rows("FROM contract WHERE tbl = $tbl", tbl=table)]
        kept += ["_source_object", "_position", "ingestion_date"]
        kept += [] if table == "products" else ["year", "month"]  # a product has no event date
        return [{name: row[name] for name in kept} for row in self.rows(SILVER, tbl=table)]

    def quarantine(self, table: str) -> list[Row]:
        """Return the table's quarantined rows by object and position, each with the rules it breaks."""
        return self.rows(QUARANTINE, tbl=table)

    def customer_360(self, as_of: date) -> list[Row]:
        """Return the snapshot as of an ingestion date."""
        return self.rows(CUSTOMER_360, as_of=as_of)
