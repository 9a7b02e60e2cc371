"""Databricks: steps as job runs of an emulated workspace, which the real SDK talks to and which runs the real wheel."""
