"""What of a plan cannot be read is shown as unknown, with all that may take part in it, and stops nothing."""

import pytest
from pyspark.sql import functions as F
from pyspark.sql.connect.proto import Expression, Relation
from pyspark.sql.types import LongType, NumericType, StructField, StructType

from dataops_platform.catalog.expressions import traced
from dataops_platform.catalog.lineage import table_lineage
from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.catalog.relations import PlanReader
from dataops_platform.core.lineage import Edge, How, Part, Recipe
from dataops_platform.resources.plans import SparkPlans
from dataops_platform_tests.catalog.small_build import GIVEN

# What the readers know. Whatever else Spark Connect has, today or in a later version, is unknown.
RELATIONS = {
    *(
        "read",
        "project",
        "with_columns",
        "drop",
        "with_columns_renamed",
        "to_df",
        "subquery_alias",
        "unpivot",
    ),
    *(
        "filter",
        "sort",
        "deduplicate",
        "aggregate",
        "drop_na",
        "fill_na",
        "replace",
        "limit",
        "offset",
        "tail",
    ),
    *("sample", "hint", "repartition", "repartition_by_expression", "with_watermark", "collect_metrics"),
    *("join", "set_op"),
}
EXPRESSIONS = {
    *("literal", "unresolved_attribute", "unresolved_function", "call_function", "alias", "cast", "window"),
    *("unresolved_star", "sort_order", "lambda_function", "unresolved_named_lambda_variable"),
    *("unresolved_extract_value", "update_fields", "named_argument_expression"),
    "common_inline_user_defined_function",
}
ALL_OF_ORDERS = {f"silver/orders.{name}" for name in GIVEN["silver/orders"].columns}
NUMBER = StructType([StructField("b", LongType())])


def kinds(message, group):
    return [one.name for one in message.DESCRIPTOR.oneofs_by_name[group].fields]


def orders():
    """A plan that reads the orders."""
    relation = Relation()
    relation.read.named_table.unparsed_identifier = "silver/orders"
    return relation


@pytest.mark.parametrize("kind", sorted(set(kinds(Relation, "rel_type")) - RELATIONS))
def test_no_column_of_a_relation_that_is_not_known_is_guessed(kind):
    relation = Relation()
    message = getattr(relation, kind)
    message.SetInParent()
    inputs = [one.name for one in message.DESCRIPTOR.fields if one.message_type is Relation.DESCRIPTOR]
    for name in inputs:
        if not message.DESCRIPTOR.fields_by_name[name].is_repeated:
            getattr(message, name).CopyFrom(orders())

    found = PlanReader(GIVEN).read(relation)

    assert found.named("x").unknown == {f"{kind} is not read"}
    assert found.rows.unknown == {f"{kind} is not read"}
    if "input" in inputs:
        assert found.named("x").edges == {Edge(name, How.UNKNOWN) for name in ALL_OF_ORDERS}


@pytest.mark.parametrize("kind", sorted(set(kinds(Expression, "expr_type")) - EXPRESSIONS))
def test_no_expression_that_is_not_known_is_guessed(kind):
    expression = Expression()
    getattr(expression, kind).SetInParent()

    found = traced(expression, PlanReader(GIVEN).read(orders()))

    assert found.unknown == {f"{kind} is not read"}
    assert found.edges == {Edge(name, How.UNKNOWN) for name in ALL_OF_ORDERS}


def test_every_kind_that_is_known_is_one_that_spark_has():
    assert set(kinds(Relation, "rel_type")) >= RELATIONS
    assert set(kinds(Expression, "expr_type")) >= EXPRESSIONS


def lineage(make):
    recipe = Recipe("gold/small", {"b": ""}, GIVEN, lambda frames, _keep: make(*frames.values()))
    return table_lineage(recipe, SparkPlans).columns["b"]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda o, _: o.mapInArrow(lambda batches: batches, NUMBER), "map_partitions is not read"),
        (lambda o, _: o.groupBy("who").applyInPandas(lambda rows: rows, NUMBER), "group_map is not read"),
        (lambda o, _: o.select(F.expr("x + 1").alias("b")), "expression_string is not read"),
        (lambda o, p: o.filter(p.exists()).select(o.x.alias("b")), "with_relations is not read"),
        (lambda o, _: o.select(F.inline("x").alias("b", "c")), "inline() is not read"),
        (lambda o, _: o.select(o.nothing.alias("b")), "nothing is no column that can be told"),
        (
            lambda o, _: o.select("x", o.y.alias("x")).select(F.col("x").alias("b")),
            "x is more than one column",
        ),
        (lambda o, _: o, "b is no column that can be told"),
        (lambda o, _: o.withColumns({"b": F.lit(o.count())}), "a plan alone does not answer to_table"),
        (lambda o, _: o.sparkSession.table("elsewhere"), "a plan alone does not answer table"),
        (
            lambda o, _: o.select(
                *(
                    o.x.alias("b")
                    for one in o.select(o.x + 1).toDF("n").schema
                    if isinstance(one.dataType, NumericType)
                )
            ),
            "a plan alone does not tell the type of a computed column",
        ),
        (
            lambda o, _: o.select(o.groupBy("who").pivot("s").agg(F.sum("x")).columns[0]),
            "a plan alone does not tell the names of these columns",
        ),
        (lambda o, _: o.no_such_method(), "planning it raised TypeError"),
    ],
)
def test_a_build_that_a_plan_cannot_tell_all_of_is_unknown_and_says_why(make, why):
    found = lineage(make)

    assert why in found.unknown
    assert not found.values
    assert found.influences >= (
        {"silver/orders.x", "silver/orders.y"} if "more than one" in why else ALL_OF_ORDERS
    )


def test_a_column_beside_one_that_cannot_be_read_is_told_all_the_same():
    recipe = Recipe(
        "gold/small",
        {"b": "", "x": ""},
        GIVEN,
        lambda frames, _keep: frames["silver/orders"].withColumns({"b": F.expr("x + 1")}),
    )

    found = table_lineage(recipe, SparkPlans)

    assert found.columns["b"].unknown
    assert found.columns["x"].values == {"silver/orders.x"}
    assert not found.columns["x"].unknown
    assert not found.rows.unknown


def test_a_column_made_of_one_that_cannot_be_read_is_unknown_too():
    found = lineage(lambda o, _: o.withColumns({"c": F.expr("x + 1")}).select((F.col("c") * o.y).alias("b")))

    assert found.unknown == {"expression_string is not read"}
    assert found.values == {"silver/orders.y"}
    assert found.influences == ALL_OF_ORDERS


@pytest.mark.parametrize("column", ["x", "nothing"])
def test_what_several_assets_take_from_one_frame_is_planned_once_and_read_as_if_each_had_its_own(column):
    planned = []

    def whole(frames, _keep):
        planned.append(1)
        return frames["silver/orders"].withColumns({"b": F.col(column) + 1})

    def kept(rows):
        return rows.filter("x IS NULL" if column == "nothing" else F.col("y").isNull())

    def dropped(rows):
        return rows.filter(F.col("who").isNull()).drop("x")

    own, shared = (
        [
            Recipe(name, {"b": "", "y": ""}, GIVEN, made)
            for name, made in (("silver/a", of(kept)), ("quarantine/a", of(dropped)))
        ]
        for of in (
            lambda taken: lambda frames, keep: taken(whole(frames, keep)),
            lambda taken: Part(whole, taken),
        )
    )
    alone = {recipe.asset: table_lineage(recipe, SparkPlans) for recipe in own}
    planned.clear()

    together = LineageGraph({recipe.asset: recipe for recipe in shared}, SparkPlans).tables()

    assert together == alone
    assert together["silver/a"].rows != together["quarantine/a"].rows
    assert planned == [1]
