"""This file holds `dataops contracts`: what the tables promise, as a list, as files, and as changes since then."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from dataops_platform.catalog.contract_changes import Change, changes
from dataops_platform.catalog.odcs import MARK, Document, read, written
from dataops_platform.commands.saying import say
from dataops_platform.core.contract import Table
from dataops_platform.errors import EnvironmentProblem
from dataops_platform.quality.rules import refuse_unjudgeable
from dataops_platform.tables import load_tables

_SUFFIX = ".odcs.yaml"
_SAY_SO = ", say so in a new line of CHANGELOG.md: - Breaking: `{}` and what others have to do."
_STYLES = {"breaking": "red", "widening": "yellow", "neutral": "dim"}


def run_list(console: Console) -> int:
    """The console shows every contract in a line."""
    grid = Grid("table", "layer", "version", "columns", "key", "rules", "owner", box=None, pad_edge=False)
    for column in (grid.columns[3], grid.columns[5]):
        column.justify = "right"
    for table in judgeable(load_tables()):
        contract = table.contract
        rules = sum(len(field.checks) for field in contract.fields)
        rules += len(contract.rules) + len(table.reconciled)
        counts = str(len(contract.columns)), str(rules)
        key = " + ".join(contract.key)
        grid.add_row(table.name, table.layer, contract.version, counts[0], key, counts[1], contract.owner)
    console.print(grid)
    return 0


def run_export(console: Console, directory: Path) -> int:
    """The folder holds today's contracts and no other export."""
    today = exports(judgeable(load_tables()))
    there = exported(directory) if directory.exists() else {}
    new = [name for name, text in today.items() if there.get(name) != text]
    gone = [name for name in there if name not in today]
    with _told_where(directory, "written"):
        directory.mkdir(parents=True, exist_ok=True)
        for name in new:
            _file(directory, name).write_text(today[name], encoding="utf-8", newline="\n")
        for name in gone:
            _file(directory, name).unlink()
    removed = f" {len(gone)} removed, whose tables are no more." if gone else ""
    console.print(
        f"{len(today)} contracts are in {directory}, {len(new)} of them new or changed.{removed}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def run_diff(
    console: Console, directory: Path, *, allow_breaking: bool, check: bool, agreed: Path | None = None
) -> int:
    """The console shows what changed since the export; 1 where that breaks, or where `check` finds an export old.

    What breaks tables that the lines of `agreed` name was agreed to. A new table may be without an export: adding one
    stays one file.
    """
    today, there = exports(judgeable(load_tables())), exported(directory)
    if not there:
        raise EnvironmentProblem(
            f"{directory} holds no exported contracts to compare with. "
            f"Write them first: dataops contracts export {directory}"
        )
    found = changes(parsed(directory, there), parsed(directory, today))
    show(console, directory, found)
    breaks = {change.table for change in found if change.kind == "breaking"} - agreed_tables(agreed)
    if breaks and not allow_breaking:
        _fail(
            console,
            "Whoever delivers these files or reads these tables has to agree to what is breaking. Once they do"
            + (_SAY_SO.format(min(breaks)) if agreed else ": dataops contracts diff --allow-breaking"),
        )
    old = [name for name in there if today.get(name) != there[name]] if check else []
    if old:
        names = ", ".join(f"{name}{_SUFFIX}" for name in old)
        _fail(
            console,
            f"Not as today's contracts: {names}. Write them anew: dataops contracts export {directory}",
        )
    return 1 if (breaks and not allow_breaking) or old else 0


def agreed_tables(path: Path | None) -> set[str]:
    """The tables whose breaking changes were agreed to: a line `- Breaking: …` names each between backticks."""
    if path is None:
        return set()
    with _told_where(path, "read"):
        lines = path.read_text(encoding="utf-8").splitlines()
    return {name for line in lines if line.startswith("- Breaking: ") for name in re.findall("`(.+?)`", line)}


def show(console: Console, directory: Path, found: Sequence[Change]) -> None:
    """A line for each change, and how many there are of each kind."""
    for change in found:
        kind = (f"{change.kind:<9}", _STYLES[change.kind])
        console.print(Text.assemble(kind, f" {change.table}: {change.text}"), soft_wrap=True)
    count = Counter[str](change.kind for change in found)
    told = ", ".join(f"{count[kind]} {kind}" for kind in _STYLES) if found else "none"
    console.print(f"Changes since {directory}: {told}.", highlight=False, soft_wrap=True)


def judgeable(tables: Sequence[Table]) -> Sequence[Table]:
    """The tables, every rule of which can be judged; see `refuse_unjudgeable`."""
    for table in tables:
        refuse_unjudgeable(table.contract)
    return tables


def exports(tables: Sequence[Table]) -> dict[str, str]:
    """The text of each table's export, by the table's name."""
    return {table.name: written(table) for table in tables}


def exported(directory: Path) -> dict[str, str]:
    """The text of each export in the folder, by the table's name.

    Raises:
        EnvironmentProblem: there is no such folder, or a file in it cannot be read or is somebody else's.
    """
    if not directory.is_dir():
        raise EnvironmentProblem(
            f"There is no folder {directory} with exported contracts. "
            f"Write them first: dataops contracts export {directory}"
        )
    with _told_where(directory, "read"):
        paths = sorted(directory.glob(f"*{_SUFFIX}"))
        texts = {path.name.removesuffix(_SUFFIX): path.read_text(encoding="utf-8") for path in paths}
    for name, text in texts.items():
        if not text.startswith(MARK):
            raise EnvironmentProblem(
                f"{_file(directory, name)} was not written by dataops contracts export. Move it to another folder: "
                f"what ends in {_SUFFIX} here is compared and replaced."
            )
    return texts


def parsed(directory: Path, texts: Mapping[str, str]) -> dict[str, Document]:
    """The documents of the exports.

    Raises:
        EnvironmentProblem: one of them is no YAML.
    """
    found = {}
    for name, text in texts.items():
        try:
            found[name] = read(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            raise EnvironmentProblem(
                f"{_file(directory, name)}{where}: this is no YAML. Restore the file, or write it anew: "
                f"dataops contracts export {directory}"
            ) from error
    return found


def _file(directory: Path, name: str) -> Path:
    return directory / f"{name}{_SUFFIX}"


def _fail(console: Console, text: str) -> None:
    say(console, f"  {text}", label="failed", style="red")


@contextmanager
def _told_where(directory: Path, done: str) -> Iterator[None]:
    """What the machine refuses is told in one sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise EnvironmentProblem(
            f"An export in {directory} is no UTF-8 text. Restore it or remove it."
        ) from error
    except OSError as error:
        raise EnvironmentProblem(
            f"{error.filename or directory} cannot be {done}: {error.strerror}. Mend that, or name another folder."
        ) from error
