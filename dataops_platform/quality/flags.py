"""This room's flags: what may be true of a row → bits of whole numbers, which cost a fifth of the same told as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

#: Bits of one column: as many as a signed 64-bit number holds, less the sign and one to spare.
_BITS = 62


@dataclass(frozen=True)
class Flags:
    """Texts of which any number may apply to a row; each is a bit of a column `{prefix}_0`, `{prefix}_1` or so on.

    Attributes:
        texts: all different; their order decides which bit is whose.
    """

    prefix: str
    texts: tuple[str, ...]

    @cached_property
    def columns(self) -> list[str]:
        """The columns that hold the bits."""
        return [f"{self.prefix}_{number}" for number in range(-(-len(self.texts) // _BITS))]

    def none(self) -> dict[str, Column]:
        """The columns of a row to which nothing applies."""
        return {column: F.lit(0).cast("long") for column in self.columns}

    def raised(self, conditions: Iterable[tuple[str, Column]]) -> dict[str, Column]:
        """The columns, in which the texts whose condition is true apply as well as those that did before."""
        values = {column: [F.col(column)] for column in self.columns}
        for text, condition in conditions:
            column, bit = self._place(text)
            values[column].append(F.when(condition, F.lit(bit).cast("long")).otherwise(F.lit(0).cast("long")))
        return {column: _in_pairs(Column.bitwiseOR, bits) for column, bits in values.items()}

    def any(self) -> Column:
        """True where at least one applies."""
        return _in_pairs(Column.__or__, [F.col(column) != 0 for column in self.columns])

    def listed(self, *also: str) -> Column:
        """The texts that apply to a row, in their order, and those named here: an array."""
        told = [F.when(F.col(column).bitwiseAND(bit) != 0, F.lit(text)) for text, column, bit in self._bits()]
        return F.array_compact(F.array(*told, *map(F.lit, also)))

    def of(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """The texts that apply to a row of these columns, in their order."""
        return tuple(text for text, column, bit in self._bits() if row[column] & bit)

    def _bits(self) -> Iterable[tuple[str, str, int]]:
        return ((text, *self._place(text)) for text in self.texts)

    def _place(self, text: str) -> tuple[str, int]:
        column, bit = divmod(self._numbers[text], _BITS)
        return self.columns[column], 1 << bit

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {text: number for number, text in enumerate(self.texts)}


def _in_pairs(combine: Callable[[Column, Column], Column], values: Sequence[Column]) -> Column:
    """All values combined; as a tree, since Spark Connect refuses expressions a hundred levels deep."""
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    return combine(_in_pairs(combine, values[:middle]), _in_pairs(combine, values[middle:]))
