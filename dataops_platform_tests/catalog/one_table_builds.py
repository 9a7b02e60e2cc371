"""Small builds of one table: an operator each, and what its columns come from, by hand."""

from pyspark.sql import Window
from pyspark.sql import functions as F
from pyspark.sql.types import LongType

from dataops_platform_tests.catalog.small_build import build


def _windowed(o, _p):
    by_who = Window.partitionBy("who").orderBy("y", "id")
    return o.select(F.lag("x").over(by_who).alias("before"), F.row_number().over(by_who).alias("nth"))


def _names_of_columns(o, _p):
    return o.select(*(F.col(name).alias(f"{name}_2") for name in o.columns if name != "s"))


def _numbers_of_columns(o, _p):
    return o.groupBy("who").sum("x").toDF("who", "total")


def _per_person(o):
    return o.groupBy("who").agg(F.sum("x").alias("spent"), F.count(F.lit(1)).alias("n"))


def _struct(o, _p):
    packed = o.select(F.struct("x", F.col("y").alias("why")).alias("both"))
    return packed.select("both.x", F.col("both").getField("why").alias("y"), F.col("both").alias("whole"))


def _new_field(o, _p):
    packed = o.select(F.struct("x", "y").alias("both"))
    return packed.select(F.col("both").withField("y", F.lit(1)).alias("both")).select("both.x", "both.y")


BUILDS = [
    build("select", lambda o, _: o.select("x", F.col("y").alias("b")), x="o.x", b="o.y"),
    build("select by plan", lambda o, _: o.select(o.x, o["y"]), x="o.x", y="o.y"),
    build(
        "star", lambda o, _: o.select("*", (o.x + 1).alias("more")).select("s", "more"), s="o.s", more="o.x"
    ),
    build("literal", lambda o, _: o.select(F.lit(1).alias("one"), "x"), one="", x="o.x"),
    build("function of several", lambda o, _: o.select((o.x * o.y + 1).alias("b")), b="o.x o.y"),
    build("cast", lambda o, _: o.select(o.x.cast("string")), x="o.x"),
    build("a column without a name", lambda o, _: o.select("y", o.x + 1).toDF("y", "b"), y="o.y", b="o.x"),
    build(
        "an alias used later in its list",
        lambda o, _: o.select(o.x.alias("b"), (F.col("b") + 1).alias("c")),
        runs=False,
        b="o.x",
        c="o.x",
    ),
    build(
        "with_columns",
        lambda o, _: o.withColumns({"x": o.x + o.y, "new": F.upper("s")}),
        id="o.id",
        who="o.who",
        x="o.x o.y",
        y="o.y",
        s="o.s",
        new="o.s",
    ),
    build(
        "two in one with_columns see what was",
        lambda o, _: o.withColumns({"x": o.y, "y": o.x}).select("x", "y"),
        x="o.y",
        y="o.x",
    ),
    build(
        "when",
        lambda o, _: o.select(F.when(o.x > 2, o.y).when(o.id <= 3, o.who).otherwise(0).alias("b")),
        b=("o.y o.who", "o.x o.id"),
    ),
    build("when without otherwise", lambda o, _: o.select(F.when(o.x > 2, 1).alias("b")), b=("", "o.x")),
    build("coalesce", lambda o, _: o.select(F.coalesce("x", "y").alias("b")), b="o.x o.y"),
    build("nullif", lambda o, _: o.select(F.nullif("x", "y").alias("b")), b=("o.x", "o.y")),
    build("a test as a value", lambda o, _: o.select((o.x > o.y).alias("b")), b="o.x o.y"),
    build("struct", _struct, x="o.x", y="o.y", whole="o.x o.y"),
    build("a struct's new field", _new_field, x="o.x", y=""),
    build(
        "lambda",
        lambda o, _: o.select(F.transform(F.array("x"), lambda one: one + F.col("y")).alias("b")),
        b="o.x o.y",
    ),
    build(
        "user-defined function",
        lambda o, _: o.select(F.udf(lambda n: n, LongType())("x").alias("b")),
        b="o.x",
    ),
    build("filter", lambda o, _: o.filter(o.y > 2).select("x"), x="o.x", rows="o.y"),
    build("drop", lambda o, _: o.drop("id", "who", o.y), x="o.x", s="o.s"),
    build(
        "rename",
        lambda o, _: o.withColumnsRenamed({"x": "b", "y": "c"}).select("b", "c", "s"),
        b="o.x",
        c="o.y",
        s="o.s",
    ),
    build(
        "renames that swap",
        lambda o, _: o.withColumnsRenamed({"x": "y", "y": "x"}).select("x", "y"),
        runs=False,
        x="o.y",
        y="o.x",
    ),
    build("toDF", lambda _, p: p.toDF("a", "b", "c"), a="p.who", b="p.z", c="p.t"),
    build("distinct", lambda o, _: o.select("x").distinct(), x="o.x", rows="o.x"),
    build(
        "dropDuplicates",
        lambda o, _: o.select("x", "y").dropDuplicates(["x", "y"]).select("x"),
        x="o.x",
        rows="o.x o.y",
    ),
    build("sort", lambda o, _: o.orderBy(F.desc("y"), "id").limit(2).select("x"), x="o.x", rows="o.y o.id"),
    build("dropna", lambda o, _: o.dropna(subset=["y"]).select("x"), x="o.x", rows="o.y"),
    build("fillna", lambda o, _: o.fillna(0, ["y"]).select("x", "y"), x="o.x", y="o.y"),
    build(
        "group",
        lambda o, _: _per_person(o),
        who="o.who",
        spent=("o.x", "o.who"),
        n=("", "o.who"),
        rows="o.who",
    ),
    build(
        "group of what was filtered",
        lambda o, _: _per_person(o.filter(o.y > 1)).select("n"),
        n=("", "o.who o.y"),
        rows="o.who o.y",
    ),
    build(
        "group by a computed column",
        lambda o, _: o.groupBy((o.x % 2).alias("odd")).agg(F.max("y").alias("m")),
        odd="o.x",
        m=("o.y", "o.x"),
        rows="o.x",
    ),
    build(
        "count of a condition",
        lambda o, _: o.groupBy("who").agg(F.count(F.when(o.s == "a", 1)).alias("n")),
        who="o.who",
        n=("", "o.s o.who"),
        rows="o.who",
    ),
    build(
        "count of a star",
        lambda o, _: o.groupBy("who").agg(F.count("*").alias("n")),
        who="o.who",
        n=("", "o.who"),
        rows="o.who",
    ),
    build(
        "total of all", lambda o, _: o.filter(o.y > 1).agg(F.sum("x").alias("total")), total=("o.x", "o.y")
    ),
    build(
        "the one with the greatest",
        lambda o, _: o.agg(F.max_by("s", F.col("y") * 100 + F.col("id")).alias("b")),
        b=("o.s", "o.y o.id"),
    ),
    build(
        "pivot",
        lambda o, _: o.groupBy("who").pivot("s", ["a", "b"]).agg(F.sum("x")).select("who", "a"),
        who="o.who",
        a=("o.x", "o.s o.who"),
        rows="o.who",
    ),
    build("window", _windowed, before=("o.x", "o.who o.y o.id"), nth=("", "o.who o.y o.id")),
    build(
        "explode",
        lambda o, _: o.select("y", F.explode(F.array_repeat("s", F.col("x").cast("int"))).alias("b")),
        y="o.y",
        b="o.s o.x",
        rows="o.s o.x",
    ),
    build(
        "unpivot",
        lambda o, _: o.unpivot(["id"], ["x", "y"], "name", "value"),
        id="o.id",
        name="",
        value="o.x o.y",
    ),
    build("columns by their names", _names_of_columns, id_2="o.id", who_2="o.who", x_2="o.x", y_2="o.y"),
    build("columns by their types", _numbers_of_columns, who="o.who", total=("o.x", "o.who"), rows="o.who"),
]
