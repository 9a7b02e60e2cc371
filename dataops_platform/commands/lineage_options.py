"""This file holds what `dataops lineage` takes on the command line; what it does is loaded only when it is run."""

from __future__ import annotations

import sys

import click
from rich.console import Console


@click.command()
@click.argument("name", metavar="TABLE[.COLUMN]")
@click.option("--downstream", is_flag=True, help="Show what depends on it, instead of what it comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON instead of a tree.")
def lineage(name: str, *, downstream: bool, as_json: bool) -> None:
    """Show which columns a table or column is made of, or what would break without it.

    Read from the code of the tables: nothing is computed, and nothing has to have landed. TABLE is `layer/table`; a
    name alone is the table's last layer. What only chooses among values, such as conditions and keys of joins, is
    told apart from what they are made of; what cannot be read is called unknown.

    \b
    Examples:
      dataops lineage gold/customer_360.total_spend
      dataops lineage customer_360
      dataops lineage silver/transactions.amount --downstream
      dataops lineage landing/transactions.amount --downstream --json
    """
    from dataops_platform.commands.lineage import run

    console = Console(width=1_000)  # a column stays in one line, which can be searched and piped
    sys.exit(run(console, name, downstream=downstream, as_json=as_json))
