"""Small builds of two tables, or of one with itself, and what their columns come from, by hand."""

from pyspark.sql import functions as F

from dataops_platform_tests.catalog.small_build import build


def _self_join(o, _p):
    every, bigger = o.select("*"), o.filter(o.x > 2).select("id", F.col("y").alias("x"))
    joined = every.join(bigger, every.id == bigger.id, "left")
    return joined.select(every.id, every.x, bigger["x"].alias("bigger_y"))


def _aliases(o, _p):
    one, other = o.alias("one"), o.alias("other")
    return one.join(other, F.col("one.id") == F.col("other.x")).select("one.y", F.col("other.s").alias("s"))


def _hidden_key(o, p):
    return o.join(p, ["who"], "left").select("who", p["who"].alias("found"))


def _per_person(o):
    return o.groupBy("who").agg(F.sum("x").alias("spent"), F.count(F.lit(1)).alias("n"))


BUILDS = [
    build(
        "inner join by name",
        lambda o, p: o.join(p, ["who"]).select("who", "x", "z"),
        who="o.who",
        x="o.x",
        z="p.z",
        rows="o.who p.who",
    ),
    build(
        "inner join by condition",
        lambda o, p: o.join(p, (o.who == p.who) & (o.x < p.z)).select(o.who, "t"),
        who="o.who",
        t="p.t",
        rows="o.who p.who o.x p.z",
    ),
    build(
        "left join",
        lambda o, p: o.join(p, ["who"], "left").select("x", "z"),
        x="o.x",
        z=("p.z", "o.who p.who"),
        rows="o.who p.who",
    ),
    build(
        "left join of what is there once",
        lambda o, p: p.join(_per_person(o), ["who"], "left").select("t", "n"),
        t="p.t",
        n=("", "o.who p.who"),
    ),
    build(
        "left join of what is there once, by condition",
        lambda o, p: p.join(
            _per_person(o).withColumnsRenamed({"who": "w"}), F.col("who") == F.col("w"), "left"
        ).select("t", "spent"),
        t="p.t",
        spent=("o.x", "o.who p.who"),
    ),
    build(
        "left join that a range alone decides",
        lambda o, p: p.join(_per_person(o), p.z < F.col("spent"), "left").select("t"),
        t="p.t",
        rows="p.z o.x o.who",
    ),
    build(
        "right join",
        lambda o, p: _per_person(o).join(p, ["who"], "right").select("who", "n", "t"),
        who="p.who",
        n=("", "o.who p.who"),
        t="p.t",
    ),
    build(
        "full join",
        lambda o, p: o.join(p, ["who"], "full").select("who", "x", "z"),
        who=("o.who p.who", "o.who p.who"),
        x=("o.x", "o.who p.who"),
        z=("p.z", "o.who p.who"),
        rows="o.who p.who",
    ),
    build(
        "semi join",
        lambda o, p: o.join(p.filter(p.z > 1), ["who"], "left_semi").select("x"),
        x="o.x",
        rows="o.who p.who p.z",
    ),
    build("anti join", lambda o, p: o.join(p, ["who"], "left_anti").select("x"), x="o.x", rows="o.who p.who"),
    build(
        "cross join",
        lambda o, p: o.crossJoin(p.filter(p.z > 1)).select("x", "t"),
        x="o.x",
        t="p.t",
        rows="p.z",
    ),
    build("self-join", _self_join, id="o.id", x="o.x", bigger_y=("o.y", "o.id o.x")),
    build("self-join by alias", _aliases, y="o.y", s="o.s", rows="o.id o.x"),
    build(
        "the other side's key of a join by name",
        _hidden_key,
        who="o.who",
        found=("p.who", "o.who p.who"),
        rows="o.who p.who",
    ),
    build(
        "union by position",
        lambda o, p: o.select("x", "s").union(p.select("z", "t")),
        x="o.x p.z",
        s="o.s p.t",
    ),
    build(
        "union by name",
        lambda o, p: o.select("who", "x").unionByName(p.select(F.col("z").alias("x"), "who")),
        who="o.who p.who",
        x="o.x p.z",
    ),
    build(
        "union by name with columns of one side alone",
        lambda o, p: o.select("who", "x").unionByName(p.select("z", "who"), allowMissingColumns=True),
        runs=False,
        who="o.who p.who",
        x="o.x",
        z="p.z",
    ),
    build(
        "intersect", lambda o, p: o.select("who").intersect(p.select("who")), who="o.who", rows="o.who p.who"
    ),
    build("except", lambda o, p: o.select("who").subtract(p.select("who")), who="o.who", rows="o.who p.who"),
]
