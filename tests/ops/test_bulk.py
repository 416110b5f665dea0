"""Expressions on many rows with numpy; `tests/graph/test_ops.py` runs every operation in both interpreters."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

from automl.errors import AutomlError
from automl.ops import bulk
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

AGE, JOB = ops.Column("age"), ops.Column("job", "text")


def test_columns_may_be_a_frame_series_or_arrays() -> None:
    """A frame, series and arrays give the same values; a null is NaN or the empty text."""
    exprs = {"age": AGE, "missing": ops.IsMissing(JOB), "job": JOB}
    series = {"age": pl.Series([1, None, 3]), "job": pl.Series(["a", None, ""])}
    arrays = {"age": np.array([1, np.nan, 3]), "job": np.array([["a"], [""], [""]], dtype=object)}
    for columns in (pl.DataFrame(series), series, arrays):
        values = evaluate(exprs, columns)
        np.testing.assert_array_equal(values["age"], [[1.0], [np.nan], [3.0]])
        assert values["missing"].tolist() == [[False], [True], [True]]
        assert values["job"].to_list() == ["a", "", ""]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (ops.Less(AGE, ops.constant(2)), [True, False, False]),
        (ops.Not(ops.Less(AGE, ops.constant(2))), [False, True, True]),
        (ops.Divide(AGE, ops.constant(0)), [np.inf, np.nan, np.inf]),
        (ops.AsIndex(ops.Subtract(AGE, ops.constant(0.5)), 3), [2, 2, 2]),
        (ops.AsIndex(ops.Subtract(AGE, ops.constant(1)), 3), [0, 2, 2]),
        (ops.AsIndex(AGE, 3), [1, 2, 2]),
        (ops.IndexOf(JOB, ("b", "a")), [1, 2, 0]),
        (ops.Interpolate(AGE, np.array([0.0, 2.0]), np.array([0.0, 1.0])), [0.5, np.nan, 1.0]),
        (ops.ArgMin(ops.Concat((ops.constant(3), AGE, ops.constant(3)))), [1, 0, 0]),
        (ops.RowSum(ops.Concat((AGE, ops.constant(1, 2)))), [4.0, np.nan, 6.0]),
        (ops.Where(ops.IsMissing(AGE), ops.constant(-1), AGE), [1.0, -1.0, 3.0]),
        (ops.Sigmoid(ops.Multiply(AGE, ops.constant(-1e6))), [0.0, np.nan, 0.0]),
    ],
)
def test_operations_mean_what_they_say(expr: ops.Expr, expected: list[float]) -> None:
    """The corners of the contract in `ops.expr`, written out by hand."""
    values = evaluate({"out": expr}, {"age": np.array([1, np.nan, 3]), "job": np.array(["a", "?", "b"], dtype=object)})
    np.testing.assert_array_equal(values["out"][:, 0], expected)


def test_a_shared_part_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expressions are equal by identity, so that a part under several outputs runs once."""
    calls = []
    add = bulk.RULES[ops.Add]
    monkeypatch.setitem(bulk.RULES, ops.Add, lambda *given: calls.append(1) or add(*given))
    shared = ops.Add(AGE, AGE)
    evaluate({"a": shared, "b": ops.Multiply(shared, shared)}, {"age": np.ones(3)})
    assert len(calls) == 1


def test_a_constant_has_all_rows() -> None:
    """What no column enters is as long as the frame, the matrix or the stubs are."""
    exprs = {"number": ops.constant(1, 2), "text": ops.TakeText(ops.ArgMin(ops.constant(1, 0)), ("a", "b"))}
    sources = [
        {"columns": pl.DataFrame({"age": [1.0, 2.0]})},
        {"columns": {}, "features": np.zeros((2, 5))},
        {"columns": {}, "stubs": {"raw": np.zeros((2, 1))}},
    ]
    for source in sources:
        values = evaluate(exprs, **source)
        assert values["number"].tolist() == [[1.0, 2.0]] * 2
        assert values["text"].to_list() == ["b", "b"]


def test_leaves_without_values_are_named() -> None:
    """A column, stub or matrix that is not given is told by its name or width."""
    with pytest.raises(AutomlError, match="column 'age'"):
        evaluate({"out": AGE}, {})
    with pytest.raises(AutomlError, match="stub 'raw_0'"):
        evaluate({"out": ops.Stub("raw_0")}, {})
    with pytest.raises(AutomlError, match="3 columns"):
        evaluate({"out": ops.Pick(ops.Features(3), (0,))}, {}, features=np.zeros((2, 2)))


def test_a_frame_is_not_asked_for_all_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding a column does not list those of a frame: thousands would be listed thousands of times."""
    frame = pl.DataFrame({"a": [1, None], "b": ["x", None]})
    monkeypatch.setattr(pl.DataFrame, "columns", property(lambda _: pytest.fail("all names were listed")))
    found = evaluate({"a": ops.Column("a"), "b": ops.Column("b", "text")}, frame)
    assert np.array_equal(found["a"], [[1.0], [np.nan]], equal_nan=True)
    assert list(found["b"]) == ["x", ""]


def test_no_warning_leaks() -> None:
    """NaN, infinities and logarithms of zero are values, not warnings."""
    exprs = {
        "log": ops.Logarithm(AGE),
        "root": ops.SquareRoot(AGE),
        "ratio": ops.Divide(AGE, ops.Subtract(AGE, AGE)),
        "power": ops.Exponential(ops.Multiply(AGE, ops.constant(1e300))),
        "index": ops.AsIndex(AGE, 2),
        "soft": ops.Softmax(ops.Concat((AGE, AGE))),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(exprs, {"age": np.array([np.nan, np.inf, -np.inf, 0, -1, 1e308])})
