"""How each operation is written as ONNX nodes that give the same bits for one row as for many.

ONNX Runtime computes Exp, Log, Sigmoid and Softmax of doubles in vector registers and the rest of a batch
one by one, with a last digit that may differ. Pow and ReduceLogSum go one by one always, so they stand in.
ReduceSum adds in another order for one row than for many; MatMul does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from automl.graph.build import MICROSOFT, ML, Builder
from automl.graph.trees import stairs, tree_ensemble
from automl.ops import expr as ops
from automl.ops.expr import Expr, Floats

Rule = Callable[..., str]  # (builder, expr, *names of the operands) -> name of the value


def translate(builder: Builder, expr: Expr) -> str:
    """The name of the value of `expr`, whose operands have been translated."""
    return RULES[type(expr)](builder, expr, *(builder.values[id(part)] for part in expr.parts()))


def _simple(kind: str) -> Rule:
    return lambda builder, _, *parts: builder.op(kind, *parts)


def _leaf(builder: Builder, expr: Any) -> str:
    return builder.inputs[ops.leaf_name(expr)]


def _power(builder: Builder, base: float, x: str) -> str:
    return builder.op("Pow", builder.constant(np.array(base)), x)


def _exponential(builder: Builder, _: Expr, x: str) -> str:
    return _power(builder, np.e, x)


def _sigmoid(builder: Builder, _: Expr, x: str) -> str:
    return builder.op("Reciprocal", builder.op("Add", _power(builder, 1 / np.e, x), builder.constant(np.array(1.0))))


def _softmax(builder: Builder, expr: Expr, x: str) -> str:
    axis = builder.constant(np.array([1]))
    powers = _power(builder, np.e, builder.op("Sub", x, builder.op("ReduceMax", x, axis)))
    return builder.op("Div", powers, _sum(builder, powers, expr.width))


def _sum(builder: Builder, x: str, width: int) -> str:
    return builder.op("MatMul", x, builder.constant(np.ones((width, 1))))


def _logarithm(builder: Builder, expr: Expr, x: str) -> str:
    """The logarithm of the sum of one number."""
    if expr.width == 1:
        return builder.op("ReduceLogSum", x, builder.constant(np.array([1])))
    last = builder.constant(np.array([-1]))
    return builder.op("ReduceLogSum", builder.op("Unsqueeze", x, last), last, keepdims=0)


def _is_missing(builder: Builder, expr: ops.IsMissing, x: str) -> str:
    return _equals(builder, x, "") if expr.of.dtype == "text" else builder.op("IsNaN", x)


def _equal_text(builder: Builder, expr: ops.EqualText, x: str) -> str:
    return _equals(builder, x, expr.value)


def _equals(builder: Builder, x: str, text: str) -> str:
    return builder.op("Equal", x, builder.constant(np.array([[text]], dtype=object)))


def _index_of(builder: Builder, expr: ops.IndexOf, x: str) -> str:
    keys = list(expr.keys) or [""]  # without keys, every text has index 0
    places = [min(place, len(expr.keys)) for place in range(len(keys))]
    attributes = {"keys_strings": keys, "values_int64s": places, "default_int64": len(expr.keys)}
    return builder.op("LabelEncoder", x, domain=ML, **attributes)


def _tokens(builder: Builder, expr: ops.Tokens, x: str) -> str:
    """ONNX Runtime's tokenizer gives as many places as the longest text needs; here each row gets `most`."""
    other = builder.constant(np.full((1, 1, expr.most), expr.size - 1, dtype=np.int64))
    if not expr.keys:
        return builder.repeat(builder.constant(np.full((1, expr.most), expr.size - 1, dtype=np.int64)), expr.most)
    attributes = {"keys_strings": list(expr.keys), "values_int64s": list(expr.codes), "default_int64": expr.size - 1}
    found = builder.op("LabelEncoder", _parts(builder, x, expr.pattern), domain=ML, **attributes)
    height = builder.op("Shape", x, start=0, end=1)
    shape = builder.op("Concat", height, builder.constant(np.array([1, expr.most])), axis=0)
    longer = builder.op("Concat", found, builder.op("Expand", other, shape), axis=2)
    ends = (builder.constant(np.array([number])) for number in (0, expr.most, 2))
    return builder.op("Squeeze", builder.op("Slice", longer, *ends), builder.constant(np.array([1])))


def _count_matches(builder: Builder, expr: ops.CountMatches, x: str) -> str:
    there = builder.op("Not", _equals(builder, _parts(builder, x, expr.pattern), ""))
    count = builder.op("Cast", there, to=TensorProto.DOUBLE)  # whole numbers: their sum is exact in any order
    return builder.op("ReduceSum", count, builder.constant(np.array([2])), keepdims=0)


def _parts(builder: Builder, x: str, pattern: str) -> str:
    """What matches, [N, 1, places]; "" where a text has fewer."""
    attributes = {"mark": 0, "mincharnum": 1, "pad_value": "", "tokenexp": pattern}
    return builder.op("Tokenizer", x, domain=MICROSOFT, **attributes)


def _pair(builder: Builder, expr: ops.Pair, left: str, right: str) -> str:
    keys = expr.keys.tolist() or [0]
    places = [min(place, len(expr.keys)) for place in range(len(keys))]
    attributes = {"keys_int64s": keys, "values_int64s": places, "default_int64": len(expr.keys)}
    return builder.op("LabelEncoder", _pair_key(builder, expr, left, right), domain=ML, **attributes)


def _pair_key(builder: Builder, expr: ops.Pair, left: str, right: str) -> str:
    return builder.op("Add", builder.op("Mul", left, builder.constant(np.array(expr.size))), right)


def _as_number(builder: Builder, expr: ops.AsNumber, x: str) -> str:
    if isinstance(expr.of, ops.IndexOf) and expr.of.keys:
        return _look_up(builder, expr.of, np.arange(len(expr.of.keys) + 1.0))
    return builder.op("Cast", x, to=TensorProto.DOUBLE)


def _take(builder: Builder, expr: ops.Take, index: str) -> str:
    place = expr.index
    if isinstance(place, ops.IndexOf) and place.keys and expr.width == 1:
        return _look_up(builder, place, expr.table[: len(place.keys) + 1, 0])
    if isinstance(place, ops.Pair) and len(place.keys) and place.width == expr.width == 1:
        left, right = (builder.values[id(part)] for part in place.parts())
        values = expr.table[: len(place.keys) + 1, 0]
        return _look_up_keys(builder, _pair_key(builder, place, left, right), place.keys, values)
    if place.width == 1:
        return builder.op("GatherND", builder.constant(expr.table), index)
    rows = builder.op("Gather", builder.constant(expr.table), index, axis=0)
    return builder.op("MatMul", builder.constant(np.ones(place.width)), rows)  # a vector's axis goes away


def _look_up(builder: Builder, index: ops.IndexOf, values: Floats) -> str:
    """Text to number in one node; the last of `values` is for texts that are no key."""
    return _look_up_keys(builder, builder.values[id(index.of)], np.array(index.keys, dtype=object), values)


def _look_up_keys(builder: Builder, x: str, keys: NDArray[np.generic], values: Floats) -> str:
    attributes = {"keys_tensor": keys, "values_tensor": values[:-1], "default_tensor": values[-1:]}
    tensors = {name: numpy_helper.from_array(np.ascontiguousarray(values)) for name, values in attributes.items()}
    return builder.op("LabelEncoder", x, domain=ML, **tensors)


def _take_text(builder: Builder, expr: ops.TakeText, index: str) -> str:
    return builder.op("Gather", builder.constant(np.array(expr.texts, dtype=object)), index, axis=0)


def _as_index(builder: Builder, expr: ops.AsIndex, x: str) -> str:
    low, high, other = (builder.constant(np.array(float(value))) for value in (0, expr.size, expr.size - 1))
    inside = builder.op("And", builder.op("GreaterOrEqual", x, low), builder.op("Less", x, high))
    whole = builder.op("Equal", builder.op("Floor", x), x)
    chosen = builder.op("Where", builder.op("And", inside, whole), x, other)
    return builder.op("Cast", chosen, to=TensorProto.INT64)


def _interpolate(builder: Builder, expr: ops.Interpolate, x: str) -> str:
    """A balanced tree finds the segment in log(knots) steps and needs no [N, knots] table."""
    clipped = builder.op("Clip", x, *(builder.constant(np.array(expr.x[end])) for end in (0, -1)))
    segment = tree_ensemble(builder, stairs(expr.x, ops.segments(expr)), clipped)
    start, value, slope = builder.split("Split", segment, outputs=3, axis=1, num_outputs=3)
    rise = builder.op("Mul", slope, builder.op("Sub", clipped, start))
    return builder.op("Add", value, rise)


def _concat(builder: Builder, expr: ops.Concat, *items: str) -> str:
    varying = [id(part) in builder.varying for part in expr.items]
    if len(items) == 1:
        return items[0]
    names = [
        name if varies or not any(varying) else builder.repeat(name, part.width)
        for name, varies, part in zip(items, varying, expr.items, strict=True)
    ]
    return builder.op("Concat", *names, axis=1)


def _pick(builder: Builder, expr: ops.Pick, x: str) -> str:
    if expr.columns == tuple(range(expr.of.width)):
        return x
    return builder.op("Gather", x, builder.constant(np.array(expr.columns, dtype=np.int64)), axis=1)


def _arg_min(builder: Builder, _: Expr, x: str) -> str:
    infinite = builder.op("Where", builder.op("IsNaN", x), builder.constant(np.array(np.inf)), x)
    return builder.op("ArgMin", infinite, axis=1, keepdims=1)


RULES: dict[type[Expr], Rule] = {
    ops.Column: _leaf,
    ops.Features: _leaf,
    ops.Stub: _leaf,
    ops.Constant: lambda builder, expr: builder.constant(expr.values.reshape(1, -1)),
    ops.Add: _simple("Add"),
    ops.Subtract: _simple("Sub"),
    ops.Multiply: _simple("Mul"),
    ops.Divide: _simple("Div"),
    ops.Minimum: _simple("Min"),
    ops.Maximum: _simple("Max"),
    ops.Absolute: _simple("Abs"),
    ops.Floor: _simple("Floor"),
    ops.Logarithm: _logarithm,
    ops.Exponential: _exponential,
    ops.SquareRoot: _simple("Sqrt"),
    ops.Sigmoid: _sigmoid,
    ops.Softmax: _softmax,
    ops.Less: _simple("Less"),
    ops.LessEqual: _simple("LessOrEqual"),
    ops.Equal: _simple("Equal"),
    ops.And: _simple("And"),
    ops.Or: _simple("Or"),
    ops.Not: _simple("Not"),
    ops.IsMissing: _is_missing,
    ops.EqualText: _equal_text,
    ops.Where: _simple("Where"),
    ops.AsNumber: _as_number,
    ops.IndexOf: _index_of,
    ops.Tokens: _tokens,
    ops.CountMatches: _count_matches,
    ops.Pair: _pair,
    ops.AsIndex: _as_index,
    ops.Take: _take,
    ops.TakeText: _take_text,
    ops.Interpolate: _interpolate,
    ops.Concat: _concat,
    ops.Pick: _pick,
    ops.RowSum: lambda builder, expr, x: _sum(builder, x, expr.of.width),
    ops.ArgMin: _arg_min,
    ops.MatMul: lambda builder, expr, x: builder.op("MatMul", x, builder.constant(expr.weights)),
    ops.Trees: lambda builder, expr, x: tree_ensemble(builder, expr.ensemble, x),
}
