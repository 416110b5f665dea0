"""Each operation, by numpy and by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.graph import ops as graph_ops
from automl.graph.onnx import to_onnx
from automl.graph.session import Session, open_session
from automl.ops import bulk
from automl.ops import expr as ops
from automl.ops.expr import Expr, walk

Array = np.ndarray[Any, Any]
Row = tuple[float, float, float, str]

A, B, C = ops.Stub("a"), ops.Stub("b"), ops.Stub("c")
WIDE = ops.Concat((A, B, C))
FEATURES = ops.Features(3)
TEXT = ops.Column('köln "x"', "text")
KEYS = ("red", "", "Ärger ☃", "a b", "2134", "a b Red red 2134 a", "red\n\x00b ÄRGER Ärger")
TABLE = np.arange(16.0).reshape(8, 2) / 7
FLAG = ops.Less(A, B)
WORDS = "[0-9A-Za-z\\x{C0}-\\x{1FFF}]+"
TOKENS = ops.Tokens(TEXT, WORDS, ("red", "Red", "a", "b", "2134", "Ärger"), (0, 0, 1, 2, 3, 4), 5)
NEIGHBOURS = ops.Pair(ops.Pick(TOKENS, (0, 1, 2, 3)), ops.Pick(TOKENS, (1, 2, 3, 4)), 6, np.array([1, 8, 11, 35]))
CELL = ops.Pair(ops.AsIndex(A, 4), ops.AsIndex(B, 3), 3, np.array([0, 4, 5, 11]))
FOREST = ops.Ensemble(
    feature=np.array([0, 1]),
    threshold=np.array([0.5, -2.0]),
    mode=np.array([0, 1], dtype=np.int8),
    nan_true=np.array([True, False]),
    true_child=np.array([1, -1]),
    false_child=np.array([-2, -3]),
    sets={},
    leaf_value=np.array([1.5, -2.5, 3.25]),
    leaf_target=np.array([0, 1, 1]),
    roots=np.array([0, -3]),
    base=np.array([0.1, 0.0]),
)

CASES: dict[str, Expr] = {
    "add": ops.Add(WIDE, A),
    "subtract": ops.Subtract(A, ops.constant(1, 2)),
    "multiply": ops.Multiply(WIDE, WIDE),
    "divide": ops.Divide(A, B),
    "minimum": ops.Minimum(WIDE, B),
    "maximum": ops.Maximum(A, B),
    "absolute": ops.Absolute(WIDE),
    "floor": ops.Floor(WIDE),
    "logarithm": ops.Logarithm(A),
    "logarithm of many": ops.Logarithm(WIDE),
    "exponential": ops.Exponential(WIDE),
    "square root": ops.SquareRoot(WIDE),
    "sigmoid": ops.Sigmoid(WIDE),
    "softmax": ops.Softmax(WIDE),
    "less": ops.Less(WIDE, B),
    "less or equal": ops.LessEqual(A, B),
    "equal": ops.Equal(WIDE, A),
    "and": ops.And(FLAG, ops.IsMissing(WIDE)),
    "or": ops.Or(FLAG, ops.IsMissing(A)),
    "not": ops.Not(FLAG),
    "is missing": ops.IsMissing(WIDE),
    "is missing text": ops.IsMissing(TEXT),
    "equal text": ops.EqualText(TEXT, "Ärger ☃"),
    "where": ops.Where(FLAG, WIDE, ops.constant(np.nan)),
    "as number of flag": ops.AsNumber(ops.IsMissing(WIDE)),
    "as number of index": ops.AsNumber(ops.IndexOf(TEXT, KEYS)),
    "as number of no keys": ops.AsNumber(ops.IndexOf(TEXT, ())),
    "index of": ops.IndexOf(TEXT, KEYS),
    "index of no keys": ops.IndexOf(TEXT, ()),
    "tokens": TOKENS,
    "tokens without keys": ops.Tokens(TEXT, WORDS, (), (), 3),
    "take by tokens": ops.Take(TOKENS, TABLE),
    "letters": ops.Tokens(TEXT, r"[\s\S]", ("a", "b", "\n", "☃"), (0, 1, 1, 2), 4),
    "count matches": ops.CountMatches(TEXT, "[A-Za-z]"),
    "pair": CELL,
    "pair without keys": ops.Pair(ops.AsIndex(A, 4), ops.AsIndex(B, 3), 3, np.array([], dtype=np.int64)),
    "pairs of tokens": NEIGHBOURS,
    "take by pair": ops.Take(CELL, TABLE[:, :1]),
    "take two by pair": ops.Take(CELL, TABLE),
    "take by pairs of tokens": ops.Take(NEIGHBOURS, TABLE),
    "as index": ops.AsIndex(A, 3),
    "take by text": ops.Take(ops.IndexOf(TEXT, KEYS), TABLE),
    "take one by text": ops.Take(ops.IndexOf(TEXT, KEYS), TABLE[:, :1]),
    "take by number": ops.Take(ops.AsIndex(A, 8), TABLE),
    "take several": ops.Take(ops.AsIndex(ops.Concat((A, B)), 8), TABLE),
    "take text": ops.TakeText(ops.AsIndex(A, 3), ("", "é", '☃ "')),
    "interpolate": ops.Interpolate(A, np.array([-1e6, 0.0, 0.5, 3.0]), np.array([3.0, 3.0, -1.0, 1e3])),
    "interpolate one knot": ops.Interpolate(A, np.array([1.0]), np.array([2.0])),
    "concat": ops.Concat((A, ops.constant(1, 2), WIDE)),
    "pick": ops.Pick(FEATURES, (2, 0, 2)),
    "pick all": ops.Pick(FEATURES, (0, 1, 2)),
    "row sum": ops.RowSum(WIDE),
    "arg min": ops.ArgMin(WIDE),
    "mat mul": ops.MatMul(
        ops.Where(ops.Less(ops.Absolute(WIDE), ops.constant(1e6)), WIDE, ops.constant(0.5)), TABLE[:3]
    ),
    "trees": ops.Trees(FEATURES, FOREST),
    "trees of float32": ops.Trees(FEATURES, replace(FOREST, float32_inputs=True)),
    "column": TEXT,
    "stub": A,
    "constant": ops.constant(3, np.nan),
    "constant text": ops.TakeText(ops.ArgMin(ops.constant(2, 1)), ("no", "yes")),
}
ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 2.0, 3.0, 0.5, -1.0, 5e-324, 1e-308, 1e308, -1e308, 2.0**53 + 2, 1e19]
DATES = [-62_135_596_800_000_000.0, 253_402_300_799_999_999.0]  # the years 1 and 9999 in microseconds

numbers = st.one_of(st.sampled_from(ODD + DATES), st.floats(-700, 700), st.floats(width=32))
texts = st.one_of(st.sampled_from(KEYS), st.text(st.characters(exclude_categories=["Cs"])))
rows = st.lists(st.tuples(numbers, numbers, numbers, texts), min_size=1, max_size=20)


@settings(max_examples=100)
@given(data=rows)
def test_the_graph_computes_what_numpy_computes(data: list[Row]) -> None:
    """Missing, infinite, huge and tiny numbers, extreme dates, odd and unseen texts: one answer, to 1e-12."""
    _agree(data)


def test_they_agree_on_ten_thousand_rows() -> None:
    """The same for many rows at once: half of the cells odd, texts of any characters beside the known ones."""
    draw = np.random.default_rng(11)
    shape = (10_000, 3)
    values = np.where(draw.random(shape) < 0.5, draw.normal(size=shape) * 200, draw.choice(ODD + DATES, shape))
    letters = [*KEYS, *"ab Ä☃\x00\u0301ßǅ🚀"]
    made = ["".join(draw.choice(letters, draw.integers(0, 6))) for _ in range(len(values))]
    _agree([(*row, text) for row, text in zip(values.tolist(), made, strict=True)])


def _agree(data: list[Row]) -> None:
    expected, computed = _numpy(data), _graph(data)
    for case in CASES:
        assert computed[case].shape == expected[case].shape, case
        assert computed[case].dtype == expected[case].dtype, case
        if expected[case].dtype == object:
            assert computed[case].tolist() == expected[case].tolist(), case
        else:
            np.testing.assert_allclose(computed[case], expected[case], rtol=1e-12, atol=1e-300, err_msg=case)


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_one_row_gives_the_same_bits_as_many(size: int) -> None:
    """However rows are cut into batches, the last digit is the same: a file, a frame and one row agree."""
    draw = np.random.default_rng(3)
    values = np.concatenate([draw.normal(size=(150, 3)) * 10, draw.choice(ODD, (51, 3))])
    data = [(*row, str(draw.choice(KEYS))) for row in values.tolist()]
    whole = _graph(data)
    parts = [_graph(data[start : start + size]) for start in range(0, len(data), size)]
    for case in CASES:
        assert _bits(np.concatenate([part[case] for part in parts])) == _bits(whole[case]), case


@pytest.mark.parametrize("columns", [2, 50, 300])
def test_wide_sums_keep_their_bits(columns: int) -> None:
    """Products and sums over many columns add in one order, for one row as for many."""
    draw = np.random.default_rng(columns)
    leaf = ops.Stub("x", columns)
    outputs = {"product": ops.MatMul(leaf, draw.normal(size=(columns, 7))), "sum": ops.RowSum(leaf)}
    outputs["shares"] = ops.Softmax(outputs["product"])
    session, x = open_session(to_onnx(outputs, inputs=[leaf])), draw.normal(size=(203, columns))
    whole = session.run({"x": x})
    for size in (1, 3, 4, 100):
        parts = [session.run({"x": x[start : start + size]}) for start in range(0, len(x), size)]
        for name in outputs:
            assert np.concatenate([part[name] for part in parts]).tobytes() == whole[name].tobytes()


def test_no_rows_give_no_rows() -> None:
    """An empty batch has an empty answer of the right width."""
    expected, computed = _numpy([]), _graph([])
    for case, expr in CASES.items():
        assert computed[case].shape == expected[case].shape == (0, expr.width), case


def test_both_interpreters_know_every_operation() -> None:
    """An operation stands in numpy, in the graph and in the cases of this file, or it does not exist."""
    every = set(_concrete(Expr))
    assert set(graph_ops.RULES) == every
    assert set(bulk.RULES) | set(bulk.LEAVES) == every
    assert {type(expr) for expr in walk(*CASES.values())} == every


def _concrete(kind: type[Expr]) -> Iterator[type[Expr]]:
    below = [sub for sub in kind.__subclasses__() if sub.__module__ == ops.__name__]
    if not below:
        yield kind
    for sub in below:
        yield from _concrete(sub)


@cache
def _session() -> Session:
    return open_session(to_onnx(CASES, inputs=[A, B, C, FEATURES, TEXT]))


def _graph(data: list[Row]) -> dict[str, Array]:
    text = np.array([row[3] for row in data], dtype=object)
    return _session().run({**_stubs(data), "features": _matrix(data), TEXT.name: text})


def _numpy(data: list[Row]) -> dict[str, Array]:
    frame = pl.DataFrame({TEXT.name: [row[3] for row in data]}, schema={TEXT.name: pl.String})
    values = bulk.evaluate(CASES, frame, features=_matrix(data), stubs=_stubs(data))
    return {
        case: value.to_numpy().astype(object).reshape(-1, 1) if isinstance(value, pl.Series) else value
        for case, value in values.items()
    }


def _stubs(data: list[Row]) -> dict[str, Array]:
    return dict(zip("abc", np.split(_matrix(data), 3, axis=1), strict=True))


def _matrix(data: list[Row]) -> Array:
    return np.array([row[:3] for row in data], dtype=np.float64).reshape(-1, 3)


def _bits(values: Array) -> list[Any] | bytes:
    """The cells to the last bit; which NaN a missing number is does not count."""
    if values.dtype == np.float64:
        values = np.where(np.isnan(values), np.nan, values)
    return values.tolist() if values.dtype == object else values.tobytes()
