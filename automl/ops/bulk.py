"""Runs expressions on many rows with numpy, so that training sees the numbers that the graph will compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.errors import AutomlError
from automl.ops import expr as ops
from automl.ops.expr import Expr, Floats, Ints, walk
from automl.ops.forest import score

Flags: TypeAlias = NDArray[np.bool_]
Value: TypeAlias = NDArray[Any] | pl.Series


def evaluate(
    exprs: Mapping[str, Expr],
    columns: pl.DataFrame | Mapping[str, Value],
    *,
    features: Floats | None = None,
    stubs: Mapping[str, Floats] | None = None,
) -> dict[str, Value]:
    """The values of `exprs` on N rows; a part that several share is computed once.

    `columns` are read rows: numbers as float64 with NaN, text with ``""`` (a null counts as either).
    `features` [N, F] stands for the `Features` leaf, `stubs` [N, width] for the `Stub` leaves.
    Numbers come back as float64 [N, width], flags as bool [N, width], an index as int64 [N, 1], text as a
    polars String series [N]. An `AutomlError` tells of a leaf that has no values.
    """
    source = _Source(columns=columns, features=features, stubs=stubs or {})
    values: dict[int, Value] = {}
    with np.errstate(all="ignore"):  # NaN and infinities are values here, as in the graph
        for expr in walk(*exprs.values()):
            values[id(expr)] = _run(expr, [values[id(part)] for part in expr.parts()], source)
    rows = source.rows()
    return {name: _stretch(values[id(expr)], rows) for name, expr in exprs.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where leaves find their values."""

    columns: pl.DataFrame | Mapping[str, Value]
    features: Floats | None
    stubs: Mapping[str, Floats] = field(default_factory=dict)

    def column(self, leaf: ops.Column) -> Value:
        try:  # whether a frame has a column is asked of a list of all its names: there may be thousands
            given = self.columns[leaf.name]
        except (KeyError, pl.exceptions.ColumnNotFoundError):
            raise AutomlError(f"no values for column '{leaf.name}'") from None
        if leaf.of == "text":
            return _series(given)
        numbers = as_floats(given) if isinstance(given, pl.Series) else given
        return np.asarray(numbers, dtype=np.float64).reshape(-1, 1)

    def matrix(self, leaf: ops.Features) -> Value:
        if self.features is None or self.features.shape[1] != leaf.columns:
            raise AutomlError(f"the expression needs a feature matrix of {leaf.columns} columns")
        return self.features

    def stub(self, leaf: ops.Stub) -> Value:
        if leaf.name not in self.stubs:
            raise AutomlError(f"no values for stub '{leaf.name}'")
        return np.asarray(self.stubs[leaf.name], dtype=np.float64).reshape(-1, leaf.columns)

    def rows(self) -> int:
        """How many rows there are; 1 where nothing says so."""
        if isinstance(self.columns, pl.DataFrame) and self.columns.width:
            return self.columns.height
        given = [*self.columns.values()] if isinstance(self.columns, Mapping) else []
        given += [self.features] if self.features is not None else []
        given += self.stubs.values()
        return len(given[0]) if given else 1


def as_floats(given: pl.Series) -> Floats:
    """The numbers of a column [n], NaN where it has none; a column without gaps is as it is."""
    numbers = given.cast(pl.Float64)
    return (numbers.fill_null(np.nan) if numbers.null_count() else numbers).to_numpy()


def _series(given: Value) -> pl.Series:
    series = (
        given if isinstance(given, pl.Series) else pl.Series(np.asarray(given).reshape(-1).tolist(), dtype=pl.String)
    )
    return series.cast(pl.String).fill_null("")


def _run(expr: Expr, parts: list[Any], source: _Source) -> Value:
    leaf = LEAVES.get(type(expr))
    return leaf(source, expr) if leaf else RULES[type(expr)](expr, *parts)


def _stretch(value: Value, rows: int) -> Value:
    """A value without leaves has one row: the same for all."""
    if len(value) == rows:
        return value
    if isinstance(value, pl.Series):
        return value.gather(np.zeros(rows, dtype=np.int64))
    return np.repeat(value, rows, axis=0)


def _softmax(_: Expr, x: Floats) -> Floats:
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _is_missing(_: Expr, x: Value) -> Flags:
    return (x == "").to_numpy().reshape(-1, 1) if isinstance(x, pl.Series) else np.isnan(x)


def _equal_text(expr: ops.EqualText, x: pl.Series) -> Flags:
    return (x == expr.value).to_numpy().reshape(-1, 1)


def _where(_: Expr, flag: Flags, then: Floats, other: Floats) -> Floats:
    chosen: Floats = np.where(flag, then, other)
    return chosen


def _index_of(expr: ops.IndexOf, x: pl.Series) -> Ints:
    if not expr.keys:
        return np.zeros((len(x), 1), dtype=np.int64)
    places = np.arange(len(expr.keys))
    found = x.replace_strict(list(expr.keys), places, default=len(expr.keys), return_dtype=pl.Int64)
    return found.to_numpy().reshape(-1, 1)


def _tokens(expr: ops.Tokens, x: pl.Series) -> Ints:
    parts = x.str.extract_all(expr.pattern).list.head(expr.most)
    lengths = parts.list.len().to_numpy().astype(np.int64)
    codes: Ints = np.full((len(x), expr.most), expr.size - 1, dtype=np.int64)
    if not expr.keys or not lengths.any():
        return codes
    words = parts.filter(lengths > 0).explode()
    found = words.replace_strict(list(expr.keys), list(expr.codes), default=expr.size - 1, return_dtype=pl.Int64)
    before = np.cumsum(lengths) - lengths
    place = np.arange(lengths.sum()) - np.repeat(before, lengths)
    codes[np.repeat(np.arange(len(x)), lengths), place] = found.to_numpy()
    return codes


def _count_matches(expr: ops.CountMatches, x: pl.Series) -> Floats:
    return x.str.count_matches(expr.pattern).to_numpy().astype(np.float64).reshape(-1, 1)


def _pair(expr: ops.Pair, left: Ints, right: Ints) -> Ints:
    key = left * expr.size + right
    if not len(expr.keys):
        return np.zeros_like(key)
    place = np.minimum(np.searchsorted(expr.keys, key), len(expr.keys) - 1)
    return np.where(expr.keys[place] == key, place, len(expr.keys))


def _take(expr: ops.Take, index: Ints) -> Floats:
    """Column by column: all rows at once would be [N, width of the index, width]."""
    return reduce(np.add, (expr.table[column] for column in index.T))


def _take_text(expr: ops.TakeText, index: Ints) -> pl.Series:
    return pl.Series(expr.texts, dtype=pl.String).gather(index[:, 0])


def _interpolate(expr: ops.Interpolate, x: Floats) -> Floats:
    """`x0 + slope * (x - x0)` of the last knot at or before x; the graph does the same steps in the same order."""
    table = ops.segments(expr)
    clipped = np.minimum(np.maximum(x, expr.x[0]), expr.x[-1])
    start, value, slope = table[np.searchsorted(expr.x, clipped[:, 0], side="right")].T
    return np.asarray(value[:, None] + slope[:, None] * (clipped - start[:, None]))


def _concat(_: Expr, *items: Floats) -> Floats:
    rows = next((len(item) for item in items if len(item) != 1), 1)
    return np.concatenate([np.broadcast_to(item, (rows, item.shape[1])) for item in items], axis=1)


def _arg_min(_: Expr, x: Floats) -> Ints:
    places: Ints = np.where(np.isnan(x), np.inf, x).argmin(axis=1)
    return places.reshape(-1, 1)


LEAVES: dict[type[Expr], Callable[[_Source, Any], Value]] = {
    ops.Column: _Source.column,
    ops.Features: _Source.matrix,
    ops.Stub: _Source.stub,
}

RULES: dict[type[Expr], Callable[..., Value]] = {
    ops.Constant: lambda expr: expr.values.reshape(1, -1),
    ops.Add: lambda _, left, right: left + right,
    ops.Subtract: lambda _, left, right: left - right,
    ops.Multiply: lambda _, left, right: left * right,
    ops.Divide: lambda _, left, right: left / right,
    ops.Minimum: lambda _, left, right: np.minimum(left, right),
    ops.Maximum: lambda _, left, right: np.maximum(left, right),
    ops.Absolute: lambda _, x: np.abs(x),
    ops.Floor: lambda _, x: np.floor(x),
    ops.Logarithm: lambda _, x: np.log(x),
    ops.Exponential: lambda _, x: np.exp(x),
    ops.SquareRoot: lambda _, x: np.sqrt(x),
    ops.Sigmoid: lambda _, x: 1.0 / (1.0 + np.exp(-x)),
    ops.Softmax: _softmax,
    ops.Less: lambda _, left, right: left < right,
    ops.LessEqual: lambda _, left, right: left <= right,
    ops.Equal: lambda _, left, right: left == right,
    ops.And: lambda _, left, right: left & right,
    ops.Or: lambda _, left, right: left | right,
    ops.Not: lambda _, x: ~x,
    ops.IsMissing: _is_missing,
    ops.EqualText: _equal_text,
    ops.Where: _where,
    ops.AsNumber: lambda _, x: x.astype(np.float64),
    ops.IndexOf: _index_of,
    ops.Tokens: _tokens,
    ops.CountMatches: _count_matches,
    ops.Pair: _pair,
    ops.AsIndex: lambda expr, x: ops.as_index(x, expr.size),
    ops.Take: _take,
    ops.TakeText: _take_text,
    ops.Interpolate: _interpolate,
    ops.Concat: _concat,
    ops.Pick: lambda expr, x: x[:, list(expr.columns)],
    ops.RowSum: lambda _, x: x.sum(axis=1, keepdims=True),
    ops.ArgMin: _arg_min,
    ops.MatMul: lambda expr, x: x @ expr.weights,
    ops.Trees: lambda expr, x: score(expr.ensemble, x),
}
