"""This room holds Databricks: steps as job runs, what they are told and answer, and Unity Catalog."""
