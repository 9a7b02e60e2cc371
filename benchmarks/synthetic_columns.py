"""Columns of synthetic rows: seeded, skewed and blemished the way landed files are."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]


def ids(prefix: str, numbers: Numbers, width: int) -> pa.Array:
    """Identifiers as text: the prefix and the number, padded to `width` digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def drawn(words: tuple[str, ...], count: int, rng: np.random.Generator) -> pa.Array:
    """Words drawn evenly."""
    return pa.array(words).take(pa.array(rng.integers(0, len(words), count)))


def skewed(customers: int, count: int, shape: float, rng: np.random.Generator) -> Numbers:
    """Customer numbers, a few drawn very often and many never: the smaller the shape the more so."""
    weights = rng.gamma(shape, size=customers)
    return rng.choice(customers, count, p=weights / weights.sum())


def days(first: str, span: int, count: int, rng: np.random.Generator) -> pa.Array:
    """Dates as `yyyy-MM-dd` text, drawn evenly from the `span` days that begin with `first`."""
    calendar = np.datetime64(first) + np.arange(span)
    return pa.array(calendar.astype(str).tolist()).take(pa.array(rng.integers(0, span, count)))


def money(cents: Numbers) -> pa.Array:
    """Exact decimals: no double is involved, neither here nor in what the benchmarks do with them."""
    halves = np.zeros((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(halves)])


def some(count: int, ratio: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A mask that is true for about `ratio` of the rows."""
    return rng.random(count) < ratio


def nulls(column: pa.Array, where: npt.NDArray[np.bool_]) -> pa.Array:
    """The column without its values where the mask is true."""
    return pc.if_else(pa.array(where), pa.scalar(None, column.type), column)


def blanks(column: pa.Array, rng: np.random.Generator) -> pa.Array:
    """The column with blanks around one value in fifty."""
    padded = pc.binary_join_element_wise("  ", column, " ", "")
    return pc.if_else(pa.array(some(len(column), 0.02, rng)), padded, column)
