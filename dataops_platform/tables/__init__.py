"""Add a table here: one file holds its contract and its one function, everything else is derived."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.core.contract_problems import refuse_bad_references
from dataops_platform.errors import ContractProblem


def load_tables(package: str = "dataops_platform.tables") -> tuple[Table, ...]:
    """The tables of every file in `package`, by name; a gold table's parameters name its sources."""
    folder = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    tables = tuple(_table(importlib.import_module(f"{package}.{name}"), name) for name in names)
    _refuse_unknown_sources(tables)
    refuse_bad_references(tables)
    return tables


def _table(module: ModuleType, name: str) -> Table:
    contract = getattr(module, "contract", None)
    if not isinstance(contract, TableContract) or contract.name != name:
        raise ContractProblem(
            f"{module.__file__} must hold `contract = TableContract(name={name!r}, ...)`, named like its file."
        )
    cleanse, build = getattr(module, "cleanse", None), getattr(module, "build", None)
    if (cleanse is None) == (build is None):
        raise ContractProblem(
            f"{module.__file__} must hold one function: cleanse(rows) for a table that lands in files, "
            "or build(as_of, <source>, ...) for one that is built from others."
        )
    if cleanse is not None:
        return Table(contract, cleanse)
    sources = tuple(inspect.signature(build).parameters)[1:]  # type: ignore[arg-type]  # not None, see above
    rules = getattr(module, "RECONCILED", ())
    return Table(contract, build, sources, getattr(module, "reconcile", None), rules)  # type: ignore[arg-type]


def _refuse_unknown_sources(tables: Sequence[Table]) -> None:
    known = {table.name for table in tables if not table.is_gold}
    for table in tables:
        unknown = [source for source in table.sources if source not in known]
        if unknown:
            raise ContractProblem(
                f"Table {table.name} is built from {', '.join(unknown)}, which no file in tables/ declares. "
                f"Its build() may take {', '.join(sorted(known))}."
            )
