"""dataops_platform: bronze, silver and gold Delta tables as Dagster assets, each a contract and one function."""
