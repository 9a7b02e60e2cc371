"""What is observed of the tables: metrics, anomalies, freshness, incidents."""
