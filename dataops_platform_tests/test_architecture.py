"""The shape of the package, read from its syntax trees: who may import whom, and what no file of it may do.

Nothing is imported to be judged. Every finding reads `file:line what is wrong there, and what to do instead`.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# Which rooms (or top-level modules) a room may import besides itself. All may import errors; "*" is all.
ALLOWED = {
    "__init__": set(),
    "errors": set(),
    "core": set(),
    "tables": {"core"},
    "quality": {"core"},
    "layers": {"core", "landing", "observability", "quality"},
    "landing": {"core"},
    "observability": {"core", "quality"},
    "catalog": {"core", "layers", "observability", "quality"},  # its assets fail as those of the layers do
    "engines": {"core"},
    "databricks": {"core"},
    "resources": {
        "core",
        "databricks",
        "engines",
        "observability",
    },  # environments.py puts the platform together
    # A program of its own, which puts itself together.
    "lambda_function": {"core", "databricks", "landing", "resources"},
    "demo": {"core", "engines", "landing", "resources"},
    "commands": {"*"},
    "definitions": {"*"},
    "cli": {"*"},
}

# What reaches outside, and the only rooms that may import it. Everyone else sees the ports in core/ports.py.
CONFINED = {
    "boto3": {"resources", "demo"},
    "botocore": {"resources", "demo"},
    "databricks": {"databricks"},
    "dagster_databricks": {"databricks"},
    "deltalake": {"resources"},
    "pysail": {"engines"},
    "pyspark.sql.SparkSession": {"engines", "resources", "core"},  # core names it as a port's type
    "pyspark.sql.connect": {"engines", "resources"},
}

DATAFRAME_ROOMS = {"layers", "quality", "tables"}
# What Spark Connect does not have, or an engine without a JVM cannot do.
NO_CALL = {"cache", "checkpoint", "localCheckpoint", "persist", "unpersist"}
NO_ATTRIBUTE = {"_jdf", "_jsc", "_jvm", "rdd", "sparkContext"}
# 300 of these in a chain kill the embedded engine; their plural form takes any number.
ONE_AT_A_TIME = {"withColumn", "withColumnRenamed"}
# Column lineage is read from a table's plan, where SQL in a string is opaque.
STRING_SQL = {"expr", "selectExpr", "sql"}

# What asks the machine, the clock or a server: on import, it makes a module work only where its author sat.
ASKS_OUTSIDE = {"client", "connect", "cwd", "getOrCreate", "getcwd", "getenv", "get_value", "home"}
ASKS_OUTSIDE |= {"now", "open", "read_bytes", "read_text", "today", "utcnow"}

MOST_LINES = 300
# A name that says nothing gathers what has no home.
NAMELESS = {"base", "common", "helper", "helpers", "manager", "processor", "util", "utils"}
NAMELESS_ALONE = {"data", "info", "misc"}

ROOT = Path(__file__).parents[1]
PACKAGE = "dataops_platform"
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
HARMLESS = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef, *FUNCTIONS)

Findings = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class Source:
    """One file of the package: where it lies, and what is written in it."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The file's syntax tree."""
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        """The folder right below the package, or the name of a top-level module."""
        return Path(self.path).parts[1].removesuffix(".py")


def sources() -> list[Source]:
    """Every file of the package; never none, as a rule that looked at nothing would pass."""
    found = sorted((ROOT / PACKAGE).rglob("*.py"))
    assert found, f"no Python file in {ROOT / PACKAGE}"
    return [Source(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")) for file in found]


def imported(source: Source) -> Findings:
    """Each imported name with its full path, relative ones resolved."""
    folder = Path(source.path).parent.parts
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def code(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Every expression and statement below a node, and the node itself."""
    return (each for each in ast.walk(node) if isinstance(each, ast.expr | ast.stmt))


def run_on_import(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Each node evaluated on import: of a function its defaults and decorators, not its body."""
    if isinstance(node, ast.expr | ast.stmt):
        yield node
    children: list[ast.AST | None] = list(ast.iter_child_nodes(node))
    if isinstance(node, FUNCTIONS):
        children = [*getattr(node, "decorator_list", []), *node.args.defaults, *node.args.kw_defaults]
    for child in children:
        if child is not None and not is_main_guard(child):
            yield from run_on_import(child)


def is_main_guard(node: ast.AST) -> bool:
    """Whether this is `if __name__ == "__main__":`, the one block that an import leaves out."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def called(node: ast.AST) -> str:
    """The last name of what is called here; empty where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def rooms_import_one_way(source: Source) -> Findings:
    """Imports follow ALLOWED, and every room is in it."""
    if source.room not in ALLOWED:
        yield 1, f"the room {source.room} is not in ALLOWED: say there what it may import"
        return
    allowed = ALLOWED[source.room] | {source.room, "errors"}
    for line, name in imported(source):
        package, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if package == PACKAGE and rest and "*" not in allowed and room not in allowed:
            may = ", ".join(sorted(allowed))
            yield line, f"{source.room} imports {room}, not one of {may}: go through a port in core"


def the_outside_is_behind_ports(source: Source) -> Findings:
    """What is in CONFINED is imported in its rooms only."""
    for line, name in imported(source):
        for outside, rooms in CONFINED.items():
            if f"{name}.".startswith(f"{outside}.") and source.room not in rooms:
                yield line, f"{outside} is imported outside {sorted(rooms)}: use a port of core/ports.py"


def nothing_runs_on_import(source: Source) -> Findings:
    """A module's own lines import, assign and define; none asks the machine, the clock or a server."""
    for node in source.tree.body:
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        types = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if not (text or types or isinstance(node, HARMLESS) or is_main_guard(node)):
            yield node.lineno, f"`{type(node).__name__.lower()}` runs on import: put it into a function"
    for part in run_on_import(source.tree):
        if called(part) in ASKS_OUTSIDE:
            yield part.lineno, f"`{called(part)}()` is called on import: put it into a function"
        elif isinstance(part, ast.Attribute) and part.attr == "environ":
            yield part.lineno, "the environment is read on import: put it into a function"


def files_are_short(source: Source) -> Findings:
    """A file is read in one sitting."""
    lines = len(source.text.splitlines())
    if lines > MOST_LINES:
        yield (
            MOST_LINES + 1,
            f"the file has {lines} lines, {MOST_LINES} at most: split it by what it is about",
        )


def names_say_something(source: Source) -> Findings:
    """A file or folder is named for what it holds, and lies in the package or in one of its rooms."""
    *folders, stem = Path(source.path).with_suffix("").parts
    for name in (*folders[1:], stem):
        if NAMELESS & set(name.split("_")) or name in NAMELESS_ALONE:
            yield 1, f"the name {name} does not say what is inside: name it for what it holds"
    if len(folders) > 2:
        yield 1, "a room has no rooms: put the file right into it"


def tables_hold_no_string_sql(source: Source) -> Findings:
    """Every expression of a table is a Column, which lineage can read."""
    if source.room != "tables":
        return
    for line, name in imported(source):
        if name == "pyspark.sql.functions.expr":
            yield line, "expr takes SQL as a string, which hides lineage: build the column with functions"
    for node in code(source.tree):
        if called(node) in STRING_SQL:
            yield node.lineno, f"{called(node)}() takes SQL as a string, which hides lineage: use columns"
        elif called(node) in {"filter", "where"} and any(
            isinstance(a, ast.Constant) for a in getattr(node, "args", ())
        ):
            yield node.lineno, f"{called(node)}() with a string hides lineage: pass a column"


def dataframes_run_on_every_engine(source: Source) -> Findings:
    """No DataFrame code needs a JVM, or chains a plan deeper than the embedded engine bears."""
    if source.room not in DATAFRAME_ROOMS:
        return
    for node in code(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in NO_ATTRIBUTE:
            yield node.lineno, f".{node.attr} is not there on Spark Connect: use the DataFrame API"
        elif called(node) in NO_CALL:
            yield (
                node.lineno,
                f".{called(node)}() is not there on every engine: write a plan that is read once",
            )
        elif isinstance(node, LOOPS) or called(node) == "reduce":
            for call in filter(called, code(node)):
                if called(call) in ONE_AT_A_TIME:
                    yield call.lineno, f"{called(call)}() in a loop: call {called(call)}s() once"


RULES: list[Callable[[Source], Findings]] = [
    rooms_import_one_way,
    the_outside_is_behind_ports,
    nothing_runs_on_import,
    files_are_short,
    names_say_something,
    tables_hold_no_string_sql,
    dataframes_run_on_every_engine,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule_that(rule):
    found = {f"{source.path}:{line} {text}" for source in sources() for line, text in rule(source)}

    assert not found, "\n" + "\n".join(sorted(found))


BREACHES = [
    (rooms_import_one_way, "core/a.py", "import dataops_platform.layers.silver"),
    (rooms_import_one_way, "tables/a.py", "from dataops_platform import quality"),
    (rooms_import_one_way, "layers/a.py", "def f():\n    from ..resources import lake"),
    (rooms_import_one_way, "attic/a.py", ""),
    (the_outside_is_behind_ports, "landing/a.py", "import boto3.session"),
    (the_outside_is_behind_ports, "layers/a.py", "from pyspark.sql import DataFrame, SparkSession"),
    (the_outside_is_behind_ports, "definitions.py", "from deltalake import DeltaTable"),
    (nothing_runs_on_import, "core/a.py", "import os\nREGION = os.environ['AWS_REGION']"),
    (nothing_runs_on_import, "core/a.py", "def f(day=date.today()): ..."),
    (nothing_runs_on_import, "core/a.py", "class Job:\n    started = datetime.now()"),
    (nothing_runs_on_import, "core/a.py", "for name in NAMES:\n    register(name)"),
    (nothing_runs_on_import, "core/a.py", "register()"),
    (files_are_short, "core/a.py", "A = 1\n" * 301),
    (names_say_something, "core/date_utils.py", ""),
    (names_say_something, "core/data.py", ""),
    (names_say_something, "core/dates/day.py", ""),
    (tables_hold_no_string_sql, "tables/a.py", "def f(df): return df.selectExpr('a + 1')"),
    (tables_hold_no_string_sql, "tables/a.py", "def f(df): return df.where('a > 1')"),
    (tables_hold_no_string_sql, "tables/a.py", "from pyspark.sql.functions import expr"),
    (dataframes_run_on_every_engine, "layers/a.py", "def f(df): return df.cache()"),
    (dataframes_run_on_every_engine, "quality/a.py", "def f(df): return df.rdd"),
    (dataframes_run_on_every_engine, "layers/a.py", "for c in C:\n    df = df.withColumn(c, c)"),
    (dataframes_run_on_every_engine, "layers/a.py", "reduce(lambda d, c: d.withColumn(c, c), C, df)"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found_by_the_rule(rule, path, text):
    assert list(rule(Source(f"{PACKAGE}/{path}", text)))


SOUND = [
    ("cli.py", "from dataops_platform.layers import silver\nif __name__ == '__main__':\n    silver.main()"),
    ("resources/a.py", "import boto3\ndef client(): return boto3.client(os.environ['SERVICE'])"),
    (
        "layers/a.py",
        "from pyspark.sql import DataFrame\nfrom . import gold\nfrom dataops_platform.errors import E",
    ),
    ("tables/database_a.py", "def f(df): return df.where(F.col('a')).withColumns({c: F.col(c) for c in C})"),
]


@pytest.mark.parametrize(("path", "text"), SOUND)
def test_sound_code_breaks_no_rule(path, text):
    assert not [found for rule in RULES for found in rule(Source(f"{PACKAGE}/{path}", text))]
