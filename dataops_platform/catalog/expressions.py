"""This room's expressions: an `Expression` of a Spark Connect plan → what its value comes from.

Conditions (of `when`, `if` and their like) are influences: they choose among values and are none of them. A
comparison or test that is itself the value is a value of what it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from dataops_platform.catalog.traces import NOTHING, Field, Trace, Traced, merged, unread
from dataops_platform.core.lineage import How

#: Functions that make several rows of one, and the columns they make.
GENERATORS = {"explode": 1, "explode_outer": 1, "posexplode": 2, "posexplode_outer": 2}
#: Functions whose columns or rows cannot be told from their arguments.
_UNREADABLE = {"inline", "inline_outer", "stack", "json_tuple"}


def traced(expression: Any, scope: Traced) -> Trace:
    """What the value of `expression` comes from, where it is computed for the rows of `scope`."""
    kind = expression.WhichOneof("expr_type")
    rule = _RULES.get(kind)
    if rule is None:
        return unread(f"{kind} is not read", scope.everything())
    return rule(getattr(expression, kind), scope)


def influence(expressions: Iterable[Any], scope: Traced, how: How) -> Trace:
    """What is decided by these expressions without being made of them."""
    return merged(traced(one, scope) for one in expressions).influencing(how)


def orders(sort_orders: Iterable[Any], scope: Traced, how: How) -> Trace:
    """What is decided by an order."""
    return influence((order.child for order in sort_orders), scope, how)


def _attribute(attribute: Any, scope: Traced) -> Trace:
    return scope.named(attribute.unparsed_identifier, plan_of(attribute))


def plan_of(attribute: Any) -> int | None:
    """The plan through which a column is named, where it is."""
    return attribute.plan_id if attribute.HasField("plan_id") else None


def _alias(alias: Any, scope: Traced) -> Trace:
    return traced(alias.expr, scope)


def _cast(cast: Any, scope: Traced) -> Trace:
    child, type_ = traced(cast.expr, scope), cast.type_str or None
    is_same = type_ is not None and child.type == type_
    return child if is_same else replace(child.computed(), type=type_)


def _window(window: Any, scope: Traced) -> Trace:
    value = traced(window.window_function, scope).computed()
    chosen = influence(window.partition_spec, scope, How.WINDOW), orders(window.order_spec, scope, How.WINDOW)
    return merged([value, *chosen, scope.rows])


def _star(star: Any, scope: Traced) -> Trace:
    return merged(field.trace for field in starred(star, scope)).computed()


def starred(star: Any, scope: Traced) -> list[Any]:
    """The columns that a star stands for."""
    target = star.unparsed_target.removesuffix(".*")
    found = list(scope.shown)
    if target:
        return [field for field in found if target in field.qualifiers]
    if star.HasField("plan_id"):
        return [field for field in found if star.plan_id in field.plans]
    return found


def _lambda(function: Any, scope: Traced) -> Trace:
    return traced(function.function, scope)


def _extract(extract: Any, scope: Traced) -> Trace:
    child, extraction = traced(extract.child, scope), extract.extraction
    if extraction.WhichOneof("expr_type") == "literal" and extraction.literal.HasField("string"):
        return child.part(extraction.literal.string)
    return merged([child.computed(), traced(extraction, scope).influencing(How.CONDITIONAL)])


def _update(update: Any, scope: Traced) -> Trace:
    struct = traced(update.struct_expression, scope)
    value = traced(update.value_expression, scope) if update.HasField("value_expression") else NOTHING
    kept = tuple((name, trace) for name, trace in struct.parts if name.lower() != update.field_name.lower())
    parts = (*kept, (update.field_name, value)) if struct.parts else ()
    whole = merged([*(trace for _, trace in parts)] if parts else [struct, value]).computed()
    return Trace(whole.edges, whole.unknown, parts)


def _function(call: Any, scope: Traced) -> Trace:
    name, arguments = call.function_name.lower(), list(call.arguments)
    if name in _UNREADABLE:
        return unread(f"{name}() is not read", scope.everything())
    if name == "count" and arguments and arguments[0].WhichOneof("expr_type") == "unresolved_star":
        return NOTHING
    if name == "struct":
        return _struct([(name_of(argument) or "", argument) for argument in arguments], scope)
    if name == "named_struct":
        names = [argument.literal.string for argument in arguments[::2]]
        return _struct(list(zip(names, arguments[1::2], strict=True)), scope)
    values, conditions = _CHOICES.get(name, _all_are_values)(arguments)
    return merged(
        [
            merged(traced(one, scope) for one in values).computed(),
            influence(conditions, scope, How.CONDITIONAL),
        ]
    )


def _struct(named: Sequence[tuple[str, Any]], scope: Traced) -> Trace:
    parts = tuple((name, traced(argument, scope)) for name, argument in named)
    whole = merged(trace for _, trace in parts).computed()
    return Trace(whole.edges, whole.unknown, parts)


def _user_defined(call: Any, scope: Traced) -> Trace:
    """What a function does is not looked at, but it sees no more than its arguments."""
    return merged(traced(one, scope) for one in call.arguments).computed()


_Split = tuple[list[Any], list[Any]]


def _all_are_values(arguments: list[Any]) -> _Split:
    return arguments, []


def _when(arguments: list[Any]) -> _Split:
    """Condition, value, condition, value, and so on; one at the end stands alone: otherwise."""
    otherwise = arguments[-1:] if len(arguments) % 2 else []
    pairs = arguments[: len(arguments) - len(otherwise)]
    return [*pairs[1::2], *otherwise], pairs[::2]


def _first_decides(arguments: list[Any]) -> _Split:
    return arguments[1:], arguments[:1]


def _second_decides(arguments: list[Any]) -> _Split:
    return [*arguments[:1], *arguments[2:]], arguments[1:2]


_CHOICES: dict[str, Callable[[list[Any]], _Split]] = {
    "when": _when,
    "if": _first_decides,
    "nvl2": _first_decides,
    "nullif": _second_decides,
    "max_by": _second_decides,
    "min_by": _second_decides,
}

_RULES: dict[str | None, Callable[[Any, Traced], Trace]] = {
    "literal": lambda _literal, _scope: NOTHING,
    "unresolved_attribute": _attribute,
    "unresolved_function": _function,
    "call_function": _function,
    "alias": _alias,
    "cast": _cast,
    "window": _window,
    "unresolved_star": _star,
    "sort_order": lambda order, scope: traced(order.child, scope),
    "lambda_function": _lambda,
    "unresolved_named_lambda_variable": lambda _variable, _scope: NOTHING,
    "unresolved_extract_value": _extract,
    "update_fields": _update,
    "named_argument_expression": lambda named, scope: traced(named.value, scope),
    "common_inline_user_defined_function": _user_defined,
}


def plain(expression: Any, scope: Traced) -> Field | None:
    """The column that an expression is as it is; None where it computes anything."""
    if expression.WhichOneof("expr_type") != "unresolved_attribute":
        return None
    attribute = expression.unresolved_attribute
    return scope.column(attribute.unparsed_identifier, plan_of(attribute))


def name_of(expression: Any) -> str | None:
    """The name its column has; None where only a server would know."""
    kind = expression.WhichOneof("expr_type")
    if kind == "alias" and len(expression.alias.name) == 1:
        return str(expression.alias.name[0])
    if kind == "unresolved_attribute":
        return str(expression.unresolved_attribute.unparsed_identifier).replace("`", "").rpartition(".")[2]
    if kind == "unresolved_extract_value":
        return expression.unresolved_extract_value.extraction.literal.string or None
    if kind == "cast" and expression.cast.expr.WhichOneof("expr_type") == "unresolved_attribute":
        return name_of(expression.cast.expr)
    return None
