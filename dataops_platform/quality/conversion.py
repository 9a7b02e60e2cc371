"""This room's conversions: landed text → the contract's types, where what does not convert is null and is told.

Every engine casts a little differently (rounding of decimals, dates such as `2018-1-1`), so a pattern decides first
what converts, and the cast that follows can only succeed or, for a day no calendar has, be null.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import Column
from pyspark.sql import functions as F

from dataops_platform.core.contract import ContractColumn

_ISO_DATE = (
    r"([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"  # Python knows no year 0
)
_ISO_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"


def converted(column: ContractColumn) -> Column:
    """The landed text of `column` in the contract's type, trimmed; null where it does not convert."""
    text = F.trim(F.col(column.name))
    if column.kind == "text":
        return text
    if column.format:
        moment = F.try_to_timestamp(text, F.lit(column.format))
        return F.when(_is_in_calendar(moment), moment).cast(column.spark_type)
    if column.kind == "boolean":
        # Compared as a whole: to a pattern without regard to case, a long s is an s.
        truth = F.lower(text)
        return F.when(truth.isin("true", "t", "yes", "1"), F.lit(True)).when(
            truth.isin("false", "f", "no", "0"), F.lit(False)
        )
    looks_right = text.rlike(_pattern(column))
    if column.kind == "timestamp":
        text = F.replace(text, F.lit("T"), F.lit(" "))
    if column.kind == "date":
        # By way of a timestamp: the embedded engine parses those three times as fast as dates.
        return F.when(looks_right, text.try_cast("timestamp_ntz").cast("date"))
    value = text.try_cast(column.spark_type)
    if column.kind == "timestamp":
        looks_right &= _is_in_calendar(value)
    if column.kind == "double":
        looks_right &= F.abs(value) < F.lit(float("inf"))  # 1e999 looks like a number and is none
        value = value + F.lit(0.0)  # -0.0 becomes 0.0: the engine sorts those two as different keys
    return F.when(looks_right, value)


def _is_in_calendar(moment: Column) -> Column:
    """Whether its year is one that Python knows: an offset can take the first and the last day out of them."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return moment.between(F.lit(first), F.lit(last))


def _pattern(column: ContractColumn) -> str:
    whole = column.precision - column.scale
    before_point = f"0*[0-9]{{1,{whole}}}" if whole else "0+"
    return {  # never `$`, before which Java lets a line break pass
        "date": rf"^{_ISO_DATE}\z",
        "timestamp": rf"^{_ISO_DATE}([T ]{_ISO_TIME})?\z",
        "decimal": rf"^[+-]?{before_point}(\.[0-9]{{0,{column.scale}}}0*)?\z",
        "integer": r"^[+-]?[0-9]{1,18}\z",
        "double": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\z",
    }[column.kind]


def expectation(column: ContractColumn) -> str:
    """What a value has to look like, for people who read a quarantine reason."""
    if column.format:
        return f"is no {column.kind} written as {column.format}"
    return {
        "date": "is no date written as yyyy-MM-dd",
        "timestamp": "is no timestamp written as yyyy-MM-dd HH:mm:ss",
        "decimal": f"is no number with at most {column.scale} decimals",
        "integer": "is no whole number",
        "double": "is no number",
        "boolean": "is neither true nor false",
        "text": "is no text",
    }[column.kind]
